"""Identifiers: one iterative visit of each configuration.

Almost all configurations hold neither loops nor instances: what they are identified by
is then a function of themselves alone, and is remembered once they are sealed. Where a
loop or an instance is met, `cycles` takes over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config._encoding.digest import sha256
from xpm_config._encoding.scheme import reference
from xpm_config._model.conversion import convert
from xpm_config._model.traversal import configs_in

from .cycles import identify_with_cycles
from .preimage import counted_children, preimage

if TYPE_CHECKING:
    from xpm_config._model.argument import Argument
    from xpm_config._model.state import ConfigObject, ConfigState


class _NotPlain(Exception):
    """A loop or an instance was met."""


class _Missing(Exception):
    """Submitted tasks must be identified first."""

    def __init__(self, tasks: list[ConfigObject]) -> None:
        super().__init__()
        self.tasks = tasks


class Computation:
    """What one computation of identifiers knows.

    Attributes:
        refs: the encoding of a reference, by `id`, of configurations that neither are
            instances nor hold loops or instances.
        tasks: the same of submitted tasks, whatever they hold.
        keep: objects that must live as long as their `id` is used.
    """

    def __init__(self) -> None:
        self.refs: dict[int, bytes] = {}
        self.tasks: dict[int, bytes] = {}
        self.converted: dict[int, ConfigObject] = {}
        self.keep: list[ConfigObject] = []
        self._alone: Computation | None = None

    def target(self, config: ConfigObject) -> ConfigObject:
        """Return what a configuration is identified as."""
        if not config.__xpm__.xpmtype.converts:
            return config
        found = self.converted.get(id(config))
        if found is None:
            found = self.converted[id(config)] = convert(config)
            self.keep.append(config)
        return found

    def digest(self, config: ConfigObject) -> bytes:
        """Return the digest of a configuration as if it were alone."""
        return digest(config)

    def default_bytes(self, argument: Argument) -> bytes:
        """Return the encoding of an argument's default value."""
        return argument.default_bytes(lambda value: self.standalone_bytes(argument, value))

    def task_reference(self, task: ConfigObject) -> bytes:
        """Return the encoding of a reference to a submitted task."""
        found = self.tasks.get(id(task))
        if found is None:
            found = self.tasks[id(task)] = reference(digest(task))
        return found

    def standalone_bytes(self, argument: Argument, value: object) -> bytes:
        """Return the encoding of a value as if it were alone."""
        found = configs_in(value) if argument.type.holds_configs else []
        refs = {id(config): self._alone_reference(config) for config in found}
        return argument.encode(value, refs, False, False)

    def same(self, first: ConfigObject, second: ConfigObject) -> bool:
        """Return whether two configurations have the same identifier."""
        return self._alone_reference(first) == self._alone_reference(second)

    def _alone_reference(self, config: ConfigObject) -> bytes:
        """Return the encoding of a reference to a configuration as if it were alone."""
        if config.__xpm__.digest is not None:
            return reference(config.__xpm__.digest)
        # a computation of its own: this one may be in the middle of a visit
        if self._alone is None:
            self._alone = Computation()
        alone = self._alone
        found = alone.refs.get(id(config)) or alone.tasks.get(id(config))
        if found is None:
            self.keep.append(config)
            found = reference(digest_in(alone, config))
        return found


def digest(config: ConfigObject) -> bytes:
    """Return the digest that identifies a configuration."""
    info = config.__xpm__
    if info.digest is not None:
        return info.digest
    return digest_in(Computation(), config)


def digest_in(computation: Computation, config: ConfigObject) -> bytes:
    """Return the digest of a configuration, submitted tasks in it being identified before it."""
    waiting = [config]
    found = b""
    while waiting:
        current = waiting[-1]
        try:
            found = _digest(computation, current)
        except _Missing as missing:
            waiting.extend(missing.tasks)
            continue
        computation.tasks[id(current)] = reference(found)
        waiting.pop()
    return found


def _digest(computation: Computation, config: ConfigObject) -> bytes:
    target = computation.target(config)
    info = target.__xpm__
    if info.digest is None:
        try:
            found = _identify_plain(computation, target)
            plain = True
        except _NotPlain:
            found, info.has_loops = identify_with_cycles(computation, target)
            plain = False
        if not info.sealed:
            return found
        info.digest, info.plain = found, plain
    if target is not config and config.__xpm__.sealed:
        config.__xpm__.digest = info.digest
        config.__xpm__.plain = info.plain
    return info.digest


def _identify_plain(computation: Computation, root: ConfigObject) -> bytes:
    """Identify a configuration that holds neither loops nor instances.

    Raises:
        _NotPlain: it does hold one.
        _Missing: a submitted task in it has not been identified.
    """
    refs = computation.refs
    stack = [root]
    path: set[int] = set()
    found = b""
    refs.pop(id(root), None)
    while stack:
        config = stack[-1]
        key = id(config)
        if key in refs:
            stack.pop()
            continue
        info = config.__xpm__
        if info.xpmtype.converts:
            _visit_target(computation, config, stack, path)
            continue
        data = None
        if key not in path:
            if refs and info.xpmtype.holds_many:
                data = _try(computation, info)
            if data is None:
                path.add(key)
                waiting = _waiting(computation, counted_children(info), path)
                if waiting:
                    stack.extend(waiting)
                    continue
        found = sha256(data or preimage(info, refs, computation.default_bytes))
        if not info.xpmtype.is_instance:
            refs[key] = reference(found)
        if info.sealed and info.digest is None:
            info.digest, info.plain = found, True
        stack.pop()
    return found


def _try(computation: Computation, info: ConfigState) -> bytes | None:
    """Return the encoding of a configuration that shares all that it holds with others met before.

    To look for what is still to be identified, and then encode, would take twice as long.
    """
    try:
        return preimage(info, computation.refs, computation.default_bytes)
    except KeyError:
        return None


def _visit_target(
    computation: Computation, config: ConfigObject, stack: list[ConfigObject], path: set[int]
) -> None:
    """Visit what a deprecated configuration stands for: it is identified as that."""
    target = computation.target(config)
    refs = computation.refs
    found = refs.get(id(target))
    if found is not None:
        refs[id(config)] = found
        stack.pop()
    elif id(target) in path or target.__xpm__.xpmtype.is_instance:
        raise _NotPlain
    else:
        stack.append(target)


def _waiting(
    computation: Computation, found: list[ConfigObject], path: set[int]
) -> list[ConfigObject]:
    """Return the configurations among these that must be identified before."""
    refs = computation.refs
    waiting, missing = [], []
    for child in found:
        key = id(child)
        if key in refs:
            continue
        if key in path:
            raise _NotPlain
        info = child.__xpm__
        if info.task is child:
            if info.digest is not None:
                refs[key] = reference(info.digest)
            elif key in computation.tasks:
                refs[key] = computation.tasks[key]
            else:
                missing.append(child)
        elif info.xpmtype.is_instance:
            raise _NotPlain
        elif info.plain and info.digest is not None:
            refs[key] = reference(info.digest)
        else:
            waiting.append(child)
    if missing:
        raise _Missing(missing)
    return waiting
