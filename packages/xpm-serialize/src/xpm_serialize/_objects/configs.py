"""The one place that looks into configuration objects, and makes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from xpm_config import Argument, Config, ConfigInformation, ConfigMixin, ObjectType
from xpm_serialize._format.json_types import Json, Record
from xpm_serialize.exceptions import DefinitionFileError

from .stubs import TaskStub

#: A configuration, or what stands for a task that is not loaded
Loaded = Config | TaskStub


def information(value: object) -> ConfigInformation | None:
    """Return what a configuration object holds (its `__xpm__`); `None` for any other value."""
    if isinstance(value, (Config, TaskStub)):
        found: ConfigInformation | None = getattr(value, "__xpm__", None)
        return found
    return None


def config_class(info: ConfigInformation) -> type[Config]:
    """Return the class of a configuration, as the user has written it."""
    kind: Any = info.xpmtype.basetype
    found: type[Config] = kind
    return found


def items(info: ConfigInformation) -> Iterator[tuple[Argument, object]]:
    """Return arguments and values of a configuration, those that are set."""
    return info.xpmvalues()


def own_tags(info: ConfigInformation) -> dict[str, object]:
    """Return the tags of a configuration itself, without those of what it holds."""
    return {name: value for name, (value, _) in (info.own_tags or {}).items()}


def empty_config(kind: type[Config]) -> Config:
    """Make a configuration with defaults alone."""
    config: Config = kind.C()
    return config


class _Maker(NamedTuple):
    """How configurations of a class are made.

    Attributes:
        config_type: the class of its configuration objects.
        schema: its schema; `None` if their constructor must be called.
        special: the arguments that users set no value for: generated paths and constants.
    """

    config_type: Any
    schema: ObjectType | None
    special: list[tuple[str, Argument]]


_makers: dict[type[Config], _Maker] = {}


def make_config(
    kind: type[Config], bare: Config | None, fields: dict[str, object], file: str, number: int
) -> Config:
    """Make a configuration with the values that were read.

    Args:
        kind: its class.
        bare: the configuration, if it was made before its values (in a loop).
        fields: value by name.
        file: where it was read: messages about the configuration name it.
        number: the record in the file.

    Raises:
        ConfigError: a value does not fit its argument, or there is no such argument.
    """
    maker = _makers.get(kind) or _make_maker(kind)
    config_type, schema, special = maker
    if bare is None and schema is not None and not special:
        return _new_config(config_type, schema, fields, file, number)
    generated: list[str] = []
    fixed: dict[str, object] = {}
    for name, argument in special:
        if name not in fields:
            continue
        if argument.generator is None:
            # Kept as it was written: the class may have another one by now.
            fixed[name] = argument.validate(fields.pop(name))
        elif fields[name] is None:
            # It was written before its path was generated.
            del fields[name]
        else:
            generated.append(name)
    if bare is not None:
        config = bare
        _set_values(bare, kind, config_type, fields)
    elif schema is not None:
        config = _new_config(config_type, schema, fields, file, number)
    else:
        config = config_type(**fields)
    if fixed or generated:
        info = config.__xpm__
        info.values.update(fixed)
        # A copy is to have paths of its own.
        info.generated = {*info.generated, *generated}
    return config


def _new_config(
    config_type: Any, schema: ObjectType, fields: dict[str, object], file: str, number: int
) -> Config:
    """Do what the constructor does; but that notes where it was called, and takes longer."""
    config: Any = object.__new__(config_type)
    config.__xpm__ = info = ConfigInformation(config, schema, file, number)
    info.fill(fields)
    made: Config = config
    return made


def _set_values(
    config: Config, kind: type[Config], config_type: Any, fields: dict[str, object]
) -> None:
    for name, value in fields.items():
        if name not in kind.__xpmtype__.arguments:
            config_type(**{name: value})  # raises the error that names it
        setattr(config, name, value)


def _make_maker(kind: type[Config]) -> _Maker:
    config_type: type[object] = kind.C
    special = [
        (name, argument)
        for name, argument in kind.__xpmtype__.arguments.items()
        if argument.generator is not None or argument.constant
    ]
    usual = (
        config_type.__new__ is ConfigMixin.__new__ and config_type.__init__ is ConfigMixin.__init__
    )
    schema = kind.__xpmtype__ if usual else None
    maker = _makers[kind] = _Maker(config_type, schema, special)
    return maker


def set_tags(config: Config, tags: Mapping[str, object], stopped: Iterable[Any]) -> None:
    """Set a configuration's own tags, and the arguments whose tags do not reach it."""
    info = config.__xpm__
    if tags:
        info.own_tags = {name: (value, None) for name, value in tags.items()}
    if stopped:
        info.stopped = frozenset(stopped)


def mark_submitted(config: Loaded, identifier: Json) -> None:
    """Mark a task as submitted, as one that is a value of another must be.

    Args:
        config: the task.
        identifier: the identifier that it was submitted with, and keeps: its results are in a
            folder of that name. For anything else, the task is identified as it is now.
    """
    info = config.__xpm__
    info.task = config
    if type(identifier) is str and is_digest(identifier):
        info.digest = bytes.fromhex(identifier)


def is_digest(text: str) -> bool:
    """Whether a text is an identifier in hexadecimal digits."""
    return re.fullmatch("[0-9a-f]{64}", text) is not None


def is_task(config: Loaded) -> bool:
    """Whether a configuration is a task."""
    return type(config).__xpm_task__ is True


def make_stub(record: Record, where: str) -> TaskStub:
    """Make what stands for a task that is not loaded."""
    identifier = record.get("identifier")
    if not isinstance(identifier, str) or not is_digest(identifier):
        raise DefinitionFileError(f"{where}: expected an identifier, got {identifier!r}")
    module, name = record["module"], record["type"]
    return TaskStub(identifier, f"{module}.{name}", module)
