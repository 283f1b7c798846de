"""The preimage of a configuration: the bytes whose digest identifies it, and what they refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config._model.argument import UNSET
from xpm_config._model.checks import unset
from xpm_config._model.state import ConfigObject
from xpm_config._model.traversal import append_configs
from xpm_config.exceptions import EncodingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xpm_config._model.argument import Argument, CountedArgument
    from xpm_config._model.state import ConfigState


def counted_children(info: ConfigState) -> list[ConfigObject]:
    """Return the configurations whose identifiers the preimage of this one may hold."""
    found: list[ConfigObject] = []
    task = info.task
    if task is not None and task is not info.pyobject:
        found.append(task)
    values = info.values
    for counted in info.xpmtype.counted_arguments():
        if not counted.holds_configs:
            continue
        value = values.get(counted.name)
        if value is None:
            continue
        if isinstance(value, ConfigObject):
            meta = value.__xpm__.meta
            if meta is False or (meta is None and not counted.is_meta):
                found.append(value)
        elif not counted.is_meta:
            start = len(found)
            append_configs(value, found)
            found[start:] = [c for c in found[start:] if c.__xpm__.meta is not True]
    if info.init_tasks:
        found.extend(info.init_tasks)
    return found


def counted_values(info: ConfigState) -> list[tuple[CountedArgument, object]]:
    """Return the arguments that may count, with their values (defaults are still among them).

    Raises:
        UnsetArgumentError: an argument that is required has no value.
    """
    found = []
    values = info.values
    for counted in info.xpmtype.counted_arguments():
        name = counted.name
        value: object = values.get(name, UNSET)
        if value is UNSET:
            if counted.argument.required and not counted.is_meta:
                raise unset(info, [name])
            continue
        if value is None and counted.ignore_none:
            continue
        if counted.holds_configs and isinstance(value, ConfigObject):
            meta = value.__xpm__.meta
            if meta is True or (counted.is_meta and meta is None):
                continue
        elif counted.is_meta:
            continue
        found.append((counted, value))
    return found


def preimage(
    info: ConfigState,
    refs: Mapping[int, bytes],
    default_bytes: Callable[[Argument], bytes],
    keep: Callable[[Argument], bool] | None = None,
    ignored: frozenset[str] | None = None,
) -> bytes:
    """Return the bytes whose digest is the identifier.

    Args:
        info: the state of the configuration.
        refs: the encoding of each configuration in it, by `id`.
        default_bytes: gives the encoding of an argument's default.
        keep: says whether an argument is part of a partial identifier.
        ignored: names of the arguments known to have their default value; None: compare.
    """
    parts = [b"\0"]
    task = info.task
    if task is not None and task is not info.pyobject:
        parts.append(b"\x08" + refs[id(task)])
    parts.append(info.xpmtype.preimage_start)
    for counted, value in counted_values(info):
        if keep is not None and not keep(counted.argument):
            continue
        if ignored is not None and counted.name in ignored:
            continue
        try:
            encoded = counted.encode(value, refs, False, False)
        except EncodingError as error:
            raise EncodingError(
                f"{info.xpmtype.full_name}.{counted.name} (created at {info.location}): {error}"
            ) from None
        if (
            counted.ignore_default
            and ignored is None
            and encoded == default_bytes(counted.argument)
        ):
            continue
        parts.append(counted.prefix)
        parts.append(encoded)
    if info.init_tasks:
        parts.append(b"\x0c")
        parts.extend([refs[id(init_task)] for init_task in info.init_tasks])
    return b"".join(parts)
