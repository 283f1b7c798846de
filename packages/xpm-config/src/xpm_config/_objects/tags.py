"""Tags: names for the values that distinguish the members of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from xpm_config._model.checks import checked_info
from xpm_config._model.locations import user_location, warn_user
from xpm_config._model.traversal import append_configs, fold

if TYPE_CHECKING:
    from xpm_config._model.locations import Location
    from xpm_config._model.state import ConfigObject, ConfigState

    Tag = tuple[Any, Location | None]
    Tags = dict[str, Tag]

T = TypeVar("T")


class TagDict(dict[str, Any]):
    """Tags of a configuration, by name."""


class Wrapped:
    """A value on its way into a configuration, with what `tag` and `stop_tags` ask for.

    Attributes:
        value: the value.
        tagged: whether it is a tag of the configuration.
        stopped: whether its own tags do not reach the configuration.
    """

    __slots__ = ("stopped", "tagged", "value")

    def __init__(self, value: object, tagged: bool, stopped: bool) -> None:
        self.value = value
        self.tagged = tagged
        self.stopped = stopped

    def __repr__(self) -> str:
        return f"{'tag' if self.tagged else 'stop_tags'}({self.value!r})"


def _as_given(value: T, wrapped: Any) -> T:
    """Return a wrapped value as what type checkers take for the value: it is unwrapped soon."""
    made: T = wrapped
    return made


def tag(value: T) -> T:
    """Tag the value of an argument with the argument's name.

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
    given: object = value
    if isinstance(given, Wrapped):
        return _as_given(value, Wrapped(given.value, True, given.stopped))
    return _as_given(value, Wrapped(given, True, False))


def stop_tags(value: T) -> T:
    """Keep the tags of a configuration from those of the one that holds it.

    Args:
        value: a configuration, given to an argument; `stop_tags(tag(c))` tags with `c` itself.

    Returns:
        The value, wrapped until the configuration takes it.
    """
    given: object = value
    if isinstance(given, Wrapped):
        return _as_given(value, Wrapped(given.value, given.tagged, True))
    return _as_given(value, Wrapped(given, False, True))


def _sources(info: ConfigState) -> list[ConfigObject]:
    """Return the configurations whose tags reach this one, from the farthest to the nearest."""
    found: list[ConfigObject] = []
    task = info.task
    if task is not None and task is not info.pyobject:
        found.append(task)
    found.extend(info.init_tasks)
    values, stopped = info.values, info.stopped
    for argument in info.xpmtype.config_arguments:
        value = values.get(argument.name)
        if value is not None and argument.name not in stopped:
            append_configs(value, found)
    return found


_NO_TAGS: Tags = {}

# Counts the tags set on sealed configurations: what was remembered before may lack them.
_late_tags = 0


def _known(info: ConfigState) -> Tags | None:
    """Return the tags remembered for a sealed configuration, if they are still true."""
    known = info.known_tags
    return known[1] if known is not None and known[0] == _late_tags else None


def collect_tags(config: object) -> Tags:
    """Return the tags of a configuration: name → value and the place where it was set.

    Each configuration is visited once; those of sealed configurations are remembered.
    """
    root = checked_info(config)
    known = _known(root)
    if known is not None:
        return known
    return fold(root.pyobject, _known, _sources, _merge, _remember)


def _remember(info: ConfigState, tags: Tags) -> None:
    info.known_tags = (_late_tags, tags)


def _merge(info: ConfigState, inherited: list[Tags | None]) -> Tags:
    own = info.own_tags
    sources = [tags for tags in inherited if tags]
    if not sources:
        return own or _NO_TAGS
    if len(sources) == 1 and not own:
        return sources[0]
    merged: Tags = {}
    for tags in (*sources, own or _NO_TAGS):
        for name, (value, place) in tags.items():
            known = merged.get(name)
            if known is not None and known[0] is not value and known[0] != value:
                _warn_conflict(info, name, known, (value, place))
            merged[name] = (value, place)
    return merged


def _warn_conflict(info: ConfigState, name: str, first: Tag, last: Tag) -> None:
    warn_user(
        f"conflicting values for the tag '{name}' of {info.xpmtype.full_name} "
        f"(created at {info.location}): {first[0]!r} (set at {first[1]}) and {last[0]!r} "
        f"(set at {last[1]}); the last is taken",
        UserWarning,
    )


def tags(value: object) -> TagDict:
    """Return the tags of a configuration and of all that it holds.

    Args:
        value: a configuration.

    Returns:
        Values by tag name, in a dictionary of the caller's own.
    """
    return TagDict({name: found[0] for name, found in collect_tags(value).items()})


def tagspath(value: object) -> str:
    """Return the tags as a text that can name a file: sorted `key=value`, joined by `_`.

    Args:
        value: a configuration.

    Returns:
        For example `"epochs=100_learning_rate=0.001"`; a `/` becomes `-`.
    """
    found = tags(value)
    return "_".join(f"{name}={found[name]}".replace("/", "-") for name in sorted(found))


def set_tag(info: ConfigState, name: str, value: object) -> None:
    """Set a tag of the configuration itself."""
    if info.sealed:
        global _late_tags
        _late_tags += 1
    if info.own_tags is None:
        info.own_tags = {}
    info.own_tags[name] = (value, user_location())
