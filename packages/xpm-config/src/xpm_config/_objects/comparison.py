"""Equality of configurations."""

from __future__ import annotations

from xpm_config._model.state import ConfigObject


def equal(first: object, second: object) -> bool:
    """Return whether two configurations are of one type and have equal values.

    Each pair is compared once, without recursion; a pair met again (in a loop) is taken
    to be equal.
    """
    seen: set[tuple[int, int]] = set()
    stack = [(first, second)]
    while stack:
        one, other = stack.pop()
        if one is other or (id(one), id(other)) in seen:
            continue
        if not isinstance(one, ConfigObject) or not isinstance(other, ConfigObject):
            return False
        seen.add((id(one), id(other)))
        ours, theirs = one.__xpm__, other.__xpm__
        if ours.xpmtype is not theirs.xpmtype or ours.values.keys() != theirs.values.keys():
            return False
        for name, argument in ours.xpmtype.arguments.items():
            if name in ours.values:
                values = ours.values[name], theirs.values[name]
                if not argument.type.holds_configs:
                    if values[0] != values[1]:
                        return False
                elif not _match(*values, stack):
                    return False
    return True


def _match(one: object, other: object, pairs: list[tuple[object, object]]) -> bool:
    """Return whether two values may be equal, given that the pairs of configurations are."""
    if isinstance(one, ConfigObject) or isinstance(other, ConfigObject):
        pairs.append((one, other))
        return True
    if isinstance(one, (list, tuple)):
        return (
            type(one) is type(other)
            and len(one) == len(other)
            and all(_match(a, b, pairs) for a, b in zip(one, other, strict=True))
        )
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(_match(item, other[name], pairs) for name, item in one.items())
        )
    return bool(one == other)
