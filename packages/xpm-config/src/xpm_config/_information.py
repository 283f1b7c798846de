"""What a configuration object knows: `c.__xpm__`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._arguments import Argument
from ._base import UNSET, Location, nearest, qualified
from ._copying import convert, copy_one, warn_deprecated
from ._generics import bind
from ._identify import identify, identify_partial
from ._sealing import seal
from ._tagging import TagDict, Wrapped, collect_tags, set_tag, tags
from ._types import Refused
from ._validation import validate
from .exceptions import ReadOnlyError, SealedError, UnknownArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._context import ConfigWalkContext
    from ._groups import Partial
    from ._identifier import Identifier
    from ._schema import ObjectType

_NO_NAMES: frozenset[str] = frozenset()


class ConfigInformation:
    """Values and state of one configuration object.

    Attributes:
        pyobject: the configuration object.
        xpmtype: the schema of its class.
        values: value by argument name, with the defaults.
        task: the task that produces it (itself for a submitted task), or None.
        init_tasks: lightweight tasks that run before it is used.
        dependencies: dependencies that were added to it.
        job: the job of a submitted task; this package does not look into it.
        meta: True or False where `setmeta` said so, else None.
        sealed: whether it is frozen.
        generated: names of the arguments whose values were generated when sealing.
        has_generated: whether it, or what it holds, has generated paths.
        pending: whether paths are still to be generated although it is sealed.
        owner: the configuration with which it was sealed.
    """

    __slots__ = (
        "_code",
        "_offset",
        "bindings",
        "dependencies",
        "digest",
        "generated",
        "has_generated",
        "has_loops",
        "init_tasks",
        "job",
        "known_tags",
        "meta",
        "own_tags",
        "owner",
        "partial_digests",
        "pending",
        "plain",
        "pyobject",
        "sealed",
        "stopped",
        "task",
        "validated",
        "values",
        "xpmtype",
    )

    def __init__(self, pyobject: Any, xpmtype: ObjectType, code: Any, offset: int) -> None:
        self.pyobject = pyobject
        self.xpmtype = xpmtype
        self._code = code
        self._offset = offset
        self.values: dict[str, Any] = {}
        self.task: Any = None
        self.init_tasks: list[Any] = []
        self.dependencies: list[Any] = []
        self.job: Any = None
        self.meta: bool | None = None
        self.sealed = False
        self.pending = False
        self.validated = False
        self.generated: frozenset[str] | set[str] = _NO_NAMES
        self.stopped: frozenset[str] | set[str] = _NO_NAMES
        self.has_generated = False
        self.owner: Any = None
        # what the type variables of a generic class stand for
        self.bindings: dict[Any, Any] | None = None
        self.own_tags: dict[str, Any] | None = None
        self.known_tags: tuple[int, dict[str, Any]] | None = None
        # identifiers, once it is sealed: the digest, and whether it is the same wherever
        # the configuration is nested (it holds neither loop nor instance)
        self.digest: bytes | None = None
        self.plain = False
        self.has_loops = False
        self.partial_digests: dict[Any, bytes] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: all but what belongs to this process."""
        state = {name: getattr(self, name) for name in self.__slots__}
        state["_code"], state["_offset"] = self.location
        state.update(job=None, dependencies=[], known_tags=None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    # --- values

    def fill(self, given: Mapping[str, Any]) -> None:
        """Sets the values that a constructor was given, then the defaults.

        Raises:
            UnknownArgumentError: there is no argument of a name.
            ArgumentTypeError: a value does not have its argument's type.
        """
        xpmtype = self.xpmtype
        arguments, values = xpmtype.arguments, self.values
        if xpmtype.deprecated:
            warn_deprecated(xpmtype)
        for name, value in given.items():
            argument = arguments.get(name)
            if argument is None:
                self._set_unknown(name, value)
            elif type(value) is Wrapped:
                self.set_wrapped(argument, value)
            elif argument.kind == "constant":
                self._check_constant(argument, value)
            else:
                try:
                    values[name] = argument.coerce(value)
                except Refused:
                    argument.validate(value)
                if argument.type.holds_configs:
                    self._check_held(argument, values[name])
        for argument in xpmtype.defaults:
            if argument.name not in values:
                if argument.default is UNSET and argument.default_factory is None:
                    values[argument.name] = None
                elif argument.fresh_default or argument.default_factory is not None:
                    values[argument.name] = argument.make_default()
                else:
                    values[argument.name] = argument.default

    def set(self, argument: Argument, value: Any) -> None:
        """Sets the value of an argument.

        Raises:
            SealedError: the configuration is sealed.
            ReadOnlyError: the argument is a constant.
            ArgumentTypeError: the value does not have the argument's type.
        """
        if self.sealed:
            raise SealedError(
                f"{self.xpmtype.title} (created at {self.location}) is sealed: "
                f"'{argument.name}' cannot be set; change a copy (`.copy()`)"
            )
        if type(value) is Wrapped:
            self.set_wrapped(argument, value)
            return
        if argument.constant:
            self._check_constant(argument, value)
            return
        coerced = argument.validate(value)
        if argument.type.holds_configs:
            self._check_held(argument, coerced)
        self.values[argument.name] = coerced
        self.validated = False
        if argument.name in self.stopped:
            self.stopped = set(self.stopped) - {argument.name}

    def set_wrapped(self, argument: Argument, wrapped: Wrapped) -> None:
        """Sets a value that comes with a tag, or whose tags are to stop."""
        self.set(argument, wrapped.value)
        if wrapped.tagged:
            set_tag(self, argument.name, wrapped.value)
        if wrapped.stopped:
            self.stopped = {*self.stopped, argument.name}

    def _check_constant(self, argument: Argument, value: Any) -> None:
        if value != argument.default:
            raise ReadOnlyError(
                f"{qualified(argument.owner)}.{argument.name} is a constant "
                f"({argument.default!r}): it cannot be set to {value!r}"
            )

    def _check_held(self, argument: Argument, value: Any) -> None:
        if self.xpmtype.is_task and not argument.ignore_generated:
            argument.check_generated(value, self.xpmtype.title)
        if argument.type.generic:
            bind(self, argument, value)

    def _set_unknown(self, name: str, value: Any) -> None:
        old = self.xpmtype.old_arguments.get(name)
        if old is None:
            known = self.xpmtype.arguments
            takes = f"it has {', '.join(known)}" if known else "it has none"
            raise UnknownArgumentError(
                f"{self.xpmtype.title} has no argument '{name}'{nearest(name, known)} ({takes})"
            )
        setattr(self.pyobject, name, value)

    def xpmvalues(self) -> Iterator[tuple[Argument, Any]]:
        """The arguments that have a value, with it, in the order of declaration."""
        values = self.values
        for name, argument in self.xpmtype.arguments.items():
            if name in values:
                yield argument, values[name]

    def get(self, name: str) -> Any:
        """The value of an argument.

        Raises:
            KeyError: it has none.
        """
        return self.values[name]

    @property
    def location(self) -> Location:
        """Where the configuration was created."""
        return Location(self._code, self._offset)

    def set_location(self, location: Location) -> None:
        """Says where the configuration was created."""
        self._code, self._offset = location.code, location.offset

    def owner_title(self) -> str:
        """The configuration that it was sealed with, for messages."""
        return self.owner.__xpm__.xpmtype.title if self.owner is not None else "another task"

    # --- state

    def validate(self) -> None:
        """Checks that all is set, here and below, and runs `__validate__` (bottom-up).

        Raises:
            UnsetArgumentError: an argument without a default has no value.
            ConfigValidationError: a `__validate__` refused a configuration.
        """
        validate(self.pyobject)

    def seal(self, context: ConfigWalkContext | None = None) -> None:
        """Freezes the configuration and all that it holds, and generates paths.

        Args:
            context: tells where generated paths lie; without one they are generated by a
                later call that has one.
        """
        seal(self.pyobject, context)

    @property
    def identifier(self) -> Identifier:
        """The identifier; remembered once the configuration is sealed."""
        return identify(self.pyobject)

    def get_partial_identifier(self, partial: Partial) -> Identifier:
        """The identifier without the arguments that a partial leaves out."""
        return identify_partial(self.pyobject, partial)

    def tags(self) -> TagDict:
        """Tags of the configuration and of what it holds."""
        return tags(self.pyobject)

    def tag_places(self) -> dict[str, tuple[Any, Location | None]]:
        """Tags with the place where each was set."""
        return dict(collect_tags(self.pyobject))

    def set_meta(self, flag: bool | None) -> None:
        """Says whether the configuration counts where it is held (see `setmeta`)."""
        if self.sealed and self.meta is not flag:
            raise SealedError(f"{self.xpmtype.title} (created at {self.location}) is sealed")
        self.meta = flag

    def add_dependencies(self, *dependencies: Any) -> None:
        """Adds dependencies, which the scheduler understands."""
        self.dependencies.extend(dependencies)

    def converted(self) -> Any:
        """What a deprecated configuration stands for (itself without `__convert__`)."""
        return convert(self.pyobject)

    def copied(self) -> Any:
        """A copy that is not sealed."""
        return copy_one(self.pyobject, {})
