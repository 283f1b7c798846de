"""Why two configurations have different identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from xpm_config._encoding.collections import ordered_items
from xpm_config._model.checks import checked_info, is_meta
from xpm_config._model.conversion import convert
from xpm_config._model.display import show_value
from xpm_config._model.state import ConfigObject

from .computation import Computation, digest
from .preimage import counted_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from xpm_config._model.state import ConfigState

    # a path, and the values there
    _Pair = tuple[str, object, object]


class _Absent:
    """The absence of a value from one of two configurations."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Any = _Absent()


@attrs.frozen
class Difference:
    """One value that counts and is not the same in two configurations.

    Attributes:
        path: where, such as `model.layers[3].size` ("" for the configurations themselves).
        first: the value in the first one (`ABSENT` if it has none that counts).
        second: the value in the second one.
    """

    path: str
    first: object
    second: object

    def __str__(self) -> str:
        return f"{self.path or '(root)'}: {show_value(self.first)} ≠ {show_value(self.second)}"


class _Comparison:
    def __init__(self) -> None:
        self.computation = Computation()
        self.found: list[Difference] = []
        self.seen: set[tuple[int, int]] = set()
        self.stack: list[_Pair] = []

    def run(self, first: object, second: object) -> list[Difference]:
        self.stack.append(("", first, second))
        while self.stack:
            self._compare(*self.stack.pop())
        return self.found

    def _add(self, path: str, first: object, second: object) -> None:
        self.found.append(Difference(path, first, second))

    def _compare(self, path: str, first: object, second: object) -> None:
        if isinstance(first, ConfigObject) and isinstance(second, ConfigObject):
            self._compare_configs(path, convert(first), convert(second))
        elif isinstance(first, dict) and isinstance(second, dict):
            self._compare_items(path, dict(ordered_items(first)), dict(ordered_items(second)))
        elif isinstance(first, (list, tuple)) and type(first) is type(second):
            self._compare_items(path, _numbered(first), _numbered(second))
        elif isinstance(first, (set, frozenset)) and isinstance(second, (set, frozenset)):
            self._compare_items(path, self._keyed(first), self._keyed(second))
        elif type(first) is not type(second) or first != second:
            self._add(path, first, second)

    def _keyed(self, items: AbstractSet[object]) -> dict[object, object]:
        """Return the elements of a set, by what identifies each."""
        return {digest(i) if isinstance(i, ConfigObject) else i: i for i in items}

    def _compare_items(
        self, path: str, first: dict[Any, object], second: dict[Any, object]
    ) -> None:
        pairs: list[_Pair] = []
        for key in [*first, *(key for key in second if key not in first)]:
            one, other = first.get(key, ABSENT), second.get(key, ABSENT)
            shown = "*" if isinstance(key, bytes) else repr(key)
            if is_meta(one):
                one = ABSENT
            if is_meta(other):
                other = ABSENT
            if one is not other:
                pairs.append((f"{path}[{shown}]", one, other))
        self.stack.extend(reversed(pairs))

    def _compare_configs(self, path: str, first: ConfigObject, second: ConfigObject) -> None:
        if first is second or (id(first), id(second)) in self.seen:
            return
        self.seen.add((id(first), id(second)))
        one, other = first.__xpm__, second.__xpm__
        if one.xpmtype.identifier != other.xpmtype.identifier:
            self._add(path, first, second)
            return
        if self.computation.same(first, second):
            return
        before = len(self.found), len(self.stack)
        pairs = list(self._arguments(path, one, other))
        tasks = (_producer(one), _producer(other))
        if tasks[0] is not tasks[1]:
            pairs.append((_join(path, "(task)"), *tasks))
        for index in range(max(len(one.init_tasks), len(other.init_tasks))):
            ours, theirs = _at(one.init_tasks, index), _at(other.init_tasks, index)
            pairs.append((_join(path, f"(init task {index})"), ours, theirs))
        self.stack.extend(reversed(pairs))
        if not pairs and before == (len(self.found), len(self.stack)):
            # nothing but the way in which instances are shared, or loops closed
            self._add(_join(path, "(sharing)"), first, second)

    def _arguments(self, path: str, one: ConfigState, other: ConfigState) -> Iterator[_Pair]:
        ours, theirs = self._counted(one), self._counted(other)
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            first, second = ours.get(name, (ABSENT, b"")), theirs.get(name, (ABSENT, b""))
            if first[1] != second[1]:
                yield _join(path, name), first[0], second[0]

    def _counted(self, info: ConfigState) -> dict[str, tuple[object, bytes]]:
        """Return the values that count, with what they are identified by alone."""
        values = {}
        for counted, value in counted_values(info):
            argument = counted.argument
            alone = self.computation.standalone_bytes(argument, value)
            if counted.ignore_default and alone == self.computation.default_bytes(argument):
                continue
            values[argument.name] = (value, alone)
        return values


def _numbered(items: Sequence[object]) -> dict[int, object]:
    return dict(enumerate(item for item in items if not is_meta(item)))


def _producer(info: ConfigState) -> object:
    return ABSENT if info.task is None or info.task is info.pyobject else info.task


def _at(items: Sequence[object], index: int) -> object:
    return items[index] if index < len(items) else ABSENT


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def differences(first: object, second: object) -> list[Difference]:
    """Return the values that count and make two configurations different.

    Args:
        first: a configuration.
        second: another one.

    Returns:
        One `Difference` for each place, in the order of the arguments' names; nothing if
        the identifiers are equal.
    """
    one, other = checked_info(first).pyobject, checked_info(second).pyobject
    return _Comparison().run(one, other)


def explain(first: object, second: object) -> str:
    """Return the differences between two configurations, as text for people.

    Args:
        first: a configuration.
        second: another one.

    Returns:
        A line for each difference, or one line for no difference.
    """
    found = differences(first, second)
    if not found:
        identifier = digest(checked_info(first).pyobject).hex()
        return f"no difference that counts (identifier {identifier})"
    return "\n".join(map(str, found))
