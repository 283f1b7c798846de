"""The path that leads to a configuration, in the order in which identifiers are encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from xpm_config._encoding.collections import ordered_items
from xpm_config._encoding.scheme import is_meta
from xpm_config._model.markers import ConfigObject

from .preimage import counted

if TYPE_CHECKING:
    from xpm_config._model.argument import Argument


class Computation(Protocol):
    """What is known so far (see `_identify`)."""

    refs: dict[int, bytes]
    tasks: dict[int, bytes]

    def target(self, config: Any) -> Any: ...
    def default_bytes(self, argument: Argument) -> bytes: ...
    def standalone_bytes(self, argument: Argument, value: Any) -> bytes: ...
    def task_reference(self, task: Any) -> bytes: ...


class Frame:
    """A configuration on the path."""

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
        self, config: Any, source: Any, depth: int, computation: Computation, keep: Any
    ) -> None:
        self.config = config
        # what the parent holds: a deprecated configuration that stands for `config`
        self.source = source
        self.depth = depth
        # depth of each configuration on the path that was referred to
        self.above: dict[int, int] = {}
        # configurations below that refer to the path
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
        """Whether it holds at a depth of another path."""
        for key, distance in self.distances.items():
            if path.get(key) != depth - distance:
                return False
        return self.inside.isdisjoint(path)


def _children(info: Any, computation: Computation, keep: Any) -> tuple[list[Any], frozenset[str]]:
    """The configurations that the encoding refers to, in its order, and the names of the
    arguments that do not count because they have their default value."""
    found: list[Any] = []
    ignored = set()
    if info.task is not None and info.task is not info.pyobject:
        found.append(info.task)
    for entry, value in counted(info):
        name, argument, _, _, holds_configs, _, ignore_default, _ = entry
        if keep is not None and not keep(argument):
            continue
        if ignore_default:
            alone = computation.standalone_bytes(argument, value)
            if alone == computation.default_bytes(argument):
                ignored.add(name)
                continue
        if holds_configs:
            _ordered(value, found)
    found.extend(info.init_tasks)
    return found, frozenset(ignored)


def _ordered(value: Any, found: list[Any]) -> None:
    """Appends the configurations in a value in the order of its encoding."""
    if isinstance(value, ConfigObject):
        if not is_meta(value):
            found.append(value)
    elif isinstance(value, dict):
        for name, item in ordered_items(value):
            if not is_meta(name) and not is_meta(item):
                _ordered(name, found)
                _ordered(item, found)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _ordered(item, found)
    elif isinstance(value, (set, frozenset)):
        configs: list[Any] = []
        for item in value:
            _ordered(item, configs)
        # the order of a set is no order: configurations in it are sealed
        configs.sort(key=lambda config: config.__xpm__.identifier.main)
        found.extend(configs)
