"""Tags: names for the values that distinguish the members of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from xpm_config._model.markers import ConfigObject, Location, checked_info, user_location, warn_user
from xpm_config._model.nested import nested_configs

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class TagDict(dict[str, Any]):
    """Tags of a configuration, by name."""


class Wrapped:
    """A value on its way into a configuration, with what was said about it."""

    __slots__ = ("stopped", "tagged", "value")

    def __init__(self, value: Any, tagged: bool, stopped: bool) -> None:
        self.value = value
        self.tagged = tagged
        self.stopped = stopped

    def __repr__(self) -> str:
        return f"{'tag' if self.tagged else 'stop_tags'}({self.value!r})"


def tag(value: T) -> T:
    """Tags the value of an argument with the argument's name.

    Args:
        value: a str, int, float, bool or configuration, given to an argument.

    Returns:
        The value, wrapped until the configuration takes it.

    >>> from xpm_config import Config, Param, tag, tags, tagspath
    >>> class Learn(Config):
    ...     epochs: Param[int]
    ...     rate: Param[float]
    >>> learn = Learn.C(rate=tag(0.001), epochs=tag(100))
    >>> tagspath(learn)
    'epochs=100_rate=0.001'
    """
    if isinstance(value, Wrapped):
        return Wrapped(value.value, True, value.stopped)  # type: ignore[return-value] # unwrapped
    return Wrapped(value, True, False)  # type: ignore[return-value] # by the configuration


def stop_tags(value: T) -> T:
    """Keeps the tags of a configuration from those of the one that holds it.

    Args:
        value: a configuration, given to an argument; `stop_tags(tag(c))` tags with `c` itself.

    Returns:
        The value, wrapped until the configuration takes it.
    """
    if isinstance(value, Wrapped):
        return Wrapped(value.value, value.tagged, True)  # type: ignore[return-value] # unwrapped
    return Wrapped(value, False, True)  # type: ignore[return-value] # by the configuration


def tag_sources(info: Any) -> Iterator[Any]:
    """The configurations whose tags reach this one, from the farthest to the nearest."""
    task = info.task
    if task is not None and task is not info.pyobject:
        yield task
    yield from info.init_tasks
    values, stopped = info.values, info.stopped
    for argument in info.xpmtype.config_arguments:
        value = values.get(argument.name)
        if value is not None and argument.name not in stopped:
            if isinstance(value, ConfigObject):
                yield value
            else:
                found: list[Any] = []
                nested_configs(value, found)
                yield from found


_NONE: dict[str, Any] = {}

# Counts the tags set on sealed configurations: what was remembered before may lack them.
_late_tags = 0


def _known(info: Any) -> dict[str, Any] | None:
    """The tags remembered for a sealed configuration, if they are still true."""
    known = info.known_tags
    return known[1] if known is not None and known[0] == _late_tags else None


def collect_tags(config: Any) -> dict[str, tuple[Any, Location | None]]:
    """Tags of a configuration: name → value and the place where it was set.

    Each configuration is visited once; those of sealed configurations are remembered.
    """
    known = _known(checked_info(config))
    if known is not None:
        return known
    done: dict[int, dict[str, Any]] = {}
    entered: set[int] = set()
    stack = [config]
    while stack:
        current = stack[-1]
        key = id(current)
        info = current.__xpm__
        if key in done:
            stack.pop()
            continue
        known = _known(info)
        if known is not None:
            done[key] = known
            stack.pop()
            continue
        sources = list(tag_sources(info))
        if key not in entered:
            entered.add(key)
            # what was entered and is not done is on the path: a loop adds nothing
            waiting = [s for s in sources if id(s) not in done and id(s) not in entered]
            if waiting:
                stack.extend(reversed(waiting))
                continue
        merged = done[key] = _merge(info, [done.get(id(source), _NONE) for source in sources])
        # inside a loop what is merged depends on where it was entered
        if info.sealed and all(id(source) in done for source in sources):
            info.known_tags = (_late_tags, merged)
        stack.pop()
    return done[id(config)]


def _merge(info: Any, below: list[dict[str, Any]]) -> dict[str, Any]:
    own = info.own_tags
    below = [tags for tags in below if tags]
    if not below:
        return own or _NONE
    if len(below) == 1 and not own:
        return below[0]
    merged: dict[str, Any] = {}
    for tags in (*below, own or _NONE):
        for name, (value, place) in tags.items():
            known = merged.get(name)
            if known is not None and known[0] is not value and known[0] != value:
                _warn_conflict(info, name, known, (value, place))
            merged[name] = (value, place)
    return merged


def _warn_conflict(info: Any, name: str, first: Any, last: Any) -> None:
    warn_user(
        f"conflicting values for the tag '{name}' of {info.xpmtype.full_name} "
        f"(created at {info.location}): {first[0]!r} (set at {first[1]}) and {last[0]!r} "
        f"(set at {last[1]}); the last is taken",
        UserWarning,
    )


def tags(value: Any) -> TagDict:
    """Tags of a configuration and of all that it holds.

    Args:
        value: a configuration.

    Returns:
        Values by tag name, in a dictionary of the caller's own.
    """
    return TagDict({name: found[0] for name, found in collect_tags(value).items()})


def tagspath(value: Any) -> str:
    """Tags as a text that can name a file: sorted `key=value`, joined by `_`.

    Args:
        value: a configuration.

    Returns:
        For example `"epochs=100_learning_rate=0.001"`; a `/` becomes `-`.
    """
    found = tags(value)
    return "_".join(f"{name}={found[name]}".replace("/", "-") for name in sorted(found))


def set_tag(info: Any, name: str, value: Any) -> None:
    """Sets a tag of the configuration itself."""
    if info.sealed:
        global _late_tags
        _late_tags += 1
    if info.own_tags is None:
        info.own_tags = {}
    info.own_tags[name] = (value, user_location())
