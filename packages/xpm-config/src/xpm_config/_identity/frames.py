"""The path that leads to a configuration, in the order in which identifiers are encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from xpm_config._encoding.collections import ordered_items
from xpm_config._model.checks import is_meta
from xpm_config._model.state import ConfigObject

from .preimage import counted_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_config._model.argument import Argument
    from xpm_config._model.state import ConfigState

    Keep = Callable[[Argument], bool] | None


class Computation(Protocol):
    """What is known so far (see `computation`)."""

    refs: dict[int, bytes]

    def target(self, config: ConfigObject) -> ConfigObject: ...
    def digest(self, config: ConfigObject) -> bytes: ...
    def default_bytes(self, argument: Argument) -> bytes: ...
    def standalone_bytes(self, argument: Argument, value: object) -> bytes: ...
    def task_reference(self, task: ConfigObject) -> bytes: ...


class Frame:
    """A configuration on the path.

    Attributes:
        config: the configuration.
        source: what the parent holds: a deprecated configuration that stands for `config`.
        depth: how many configurations on the path are above it.
        above: depth of each configuration on the path that was referred to, by `id`.
        inside: configurations below that refer to the path, by `id`.
        instances: whether an instance was met in it.
        refs: the encoding of a reference to each of its children, by `id`.
        children: the children that are still to be visited.
        ignored: names of the arguments that have their default value, and do not count.
    """

    __slots__ = (
        "above",
        "children",
        "config",
        "depth",
        "ignored",
        "inside",
        "instances",
        "refs",
        "source",
    )

    def __init__(
        self,
        config: ConfigObject,
        source: ConfigObject,
        depth: int,
        computation: Computation,
        keep: Keep,
    ) -> None:
        self.config = config
        self.source = source
        self.depth = depth
        self.above: dict[int, int] = {}
        self.inside: set[int] = set()
        self.instances = False
        self.refs: dict[int, bytes] = {}
        found, self.ignored = _children(config.__xpm__, computation, keep)
        self.children = iter(found)


class Known:
    """What was found for a configuration that refers to the path."""

    __slots__ = ("digest", "distances", "inside", "instances")

    def __init__(self, frame: Frame, digest: bytes) -> None:
        self.digest = digest
        self.distances = {key: frame.depth - depth for key, depth in frame.above.items()}
        self.inside = frozenset(frame.inside)
        self.instances = frame.instances

    def holds(self, depth: int, path: dict[int, int]) -> bool:
        """Return whether it holds at a depth of another path."""
        for key, distance in self.distances.items():
            if path.get(key) != depth - distance:
                return False
        return self.inside.isdisjoint(path)


def _children(
    info: ConfigState, computation: Computation, keep: Keep
) -> tuple[list[ConfigObject], frozenset[str]]:
    """Return the configurations that the preimage refers to, and the arguments that are ignored.

    The configurations come in the order of the preimage; an argument is ignored, by name,
    if it has its default value, and so does not count.
    """
    found: list[ConfigObject] = []
    ignored = set()
    if info.task is not None and info.task is not info.pyobject:
        found.append(info.task)
    for counted, value in counted_values(info):
        argument = counted.argument
        if keep is not None and not keep(argument):
            continue
        if counted.ignore_default:
            alone = computation.standalone_bytes(argument, value)
            if alone == computation.default_bytes(argument):
                ignored.add(counted.name)
                continue
        if counted.holds_configs:
            _append_ordered(value, found, computation)
    found.extend(info.init_tasks)
    return found, frozenset(ignored)


def _append_ordered(value: object, found: list[ConfigObject], computation: Computation) -> None:
    """Append the configurations in a value in the order of its encoding."""
    if isinstance(value, ConfigObject):
        if not is_meta(value):
            found.append(value)
    elif isinstance(value, dict):
        for name, item in ordered_items(value):
            if not is_meta(name) and not is_meta(item):
                _append_ordered(name, found, computation)
                _append_ordered(item, found, computation)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _append_ordered(item, found, computation)
    elif isinstance(value, (set, frozenset)):
        configs: list[ConfigObject] = []
        for item in value:
            _append_ordered(item, configs, computation)
        # the order of a set is no order: configurations in it are sealed
        configs.sort(key=computation.digest)
        found.extend(configs)
