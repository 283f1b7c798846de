"""The encoding of one configuration, and the configurations that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._model.markers import UNSET, ConfigObject
from xpm_config._model.nested import nested_configs
from xpm_config.exceptions import EncodingError, UnsetArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    # gives the standalone encoding of a reference to a configuration
    Standalone = Callable[[Any], bytes]


def children(info: Any) -> list[Any]:
    """The configurations whose identifiers the encoding of this one may hold."""
    found: list[Any] = []
    task = info.task
    if task is not None and task is not info.pyobject:
        found.append(task)
    values = info.values
    for name, _, _, _, holds_configs, is_meta, _, _ in info.xpmtype.plan():
        if not holds_configs:
            continue
        value = values.get(name)
        if value is None:
            continue
        if isinstance(value, ConfigObject):
            meta = value.__xpm__.meta
            if meta is False or (meta is None and not is_meta):
                found.append(value)
        elif not is_meta:
            start = len(found)
            nested_configs(value, found)
            found[start:] = [c for c in found[start:] if c.__xpm__.meta is not True]
    if info.init_tasks:
        found.extend(info.init_tasks)
    return found


def counted(info: Any) -> list[tuple[Any, Any]]:
    """The arguments that may count, with their values (defaults are still among them).

    Raises:
        UnsetArgumentError: an argument that is required has no value.
    """
    found = []
    values = info.values
    for entry in info.xpmtype.plan():
        name, argument, _, _, holds_configs, is_meta, _, droppable = entry
        value = values.get(name, UNSET)
        if value is UNSET:
            if argument.required and not is_meta:
                raise unset(info, [name])
            continue
        if value is None and droppable:
            continue
        if holds_configs and isinstance(value, ConfigObject):
            meta = value.__xpm__.meta
            if meta is True or (is_meta and meta is None):
                continue
        elif is_meta:
            continue
        found.append((entry, value))
    return found


def unset(info: Any, names: list[str]) -> UnsetArgumentError:
    """The error that required arguments have no value."""
    shown = ", ".join(f"'{name}'" for name in names)
    return UnsetArgumentError(
        f"{info.shown}: no value for the required argument{'s' if len(names) > 1 else ''} {shown}"
    )


def encode_body(
    info: Any,
    refs: Mapping[int, bytes],
    default_bytes: Callable[[Any], bytes],
    keep: Callable[[Any], bool] | None = None,
    ignored: frozenset[str] | None = None,
) -> bytes:
    """The bytes whose digest is the identifier.

    Args:
        info: what the configuration knows.
        refs: the encoding of each configuration in it, by `id`.
        default_bytes: gives the encoding of an argument's default.
        keep: says whether an argument is part of a partial identifier.
        ignored: names of the arguments known to have their default value; None: compare.
    """
    parts = [b"\0"]
    task = info.task
    if task is not None and task is not info.pyobject:
        parts.append(b"\x08" + refs[id(task)])
    parts.append(info.xpmtype.body_start)
    for (_, argument, prefix, encode, _, _, ignore_default, _), value in counted(info):
        if keep is not None and not keep(argument):
            continue
        if ignored is not None and argument.name in ignored:
            continue
        try:
            encoded = encode(value, refs, False, False)
        except EncodingError as error:
            raise EncodingError(
                f"{info.xpmtype.full_name}.{argument.name} (created at {info.location}): {error}"
            ) from None
        if ignore_default and ignored is None and encoded == default_bytes(argument):
            continue
        parts.append(prefix)
        parts.append(encoded)
    if info.init_tasks:
        parts.append(b"\x0c")
        parts.extend([refs[id(init_task)] for init_task in info.init_tasks])
    return b"".join(parts)
