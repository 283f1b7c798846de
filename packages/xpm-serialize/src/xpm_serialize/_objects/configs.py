"""The one place that knows how a configuration object is looked into, and made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from xpm_config import Config, ConfigInformation, ConfigMixin
from xpm_serialize.exceptions import DefinitionFileError

from .stubs import TaskStub


def information(value: Any) -> Any:
    """What a configuration object holds (its ``__xpm__``); ``None`` for anything else."""
    if isinstance(value, (Config, TaskStub)):
        return getattr(value, "__xpm__", None)
    return None


def config_class(info: Any) -> type[Config]:
    """The class that the user has written, of a configuration's information."""
    kind: type[Config] = info.xpmtype.basetype
    return kind


def items(info: Any) -> Iterator[tuple[Any, Any]]:
    """Arguments and values of a configuration, those that are set."""
    found: Iterator[tuple[Any, Any]] = info.xpmvalues()
    return found


def own_tags(info: Any) -> dict[str, Any]:
    """The tags set on a configuration itself, not on what it holds."""
    return {name: value for name, (value, _) in (info.own_tags or {}).items()}


def empty_config(kind: type[Config]) -> Any:
    """A configuration with defaults alone."""
    return kind.C()


def make_config(
    kind: type[Config], early: Any, fields: dict[str, Any], file: str, number: int
) -> Any:
    """A configuration with the values that were read.

    Args:
        kind: its class.
        early: the configuration, if it is there already (in a loop).
        fields: value by name.
        file: where it comes from: messages about the configuration name it.
        number: the record in the file.

    Raises:
        ConfigError: a value does not fit its argument, or there is no such argument.
    """
    config_type, xpmtype, special = _makers.get(kind) or _maker(kind)
    if not special and early is None and xpmtype is not None:
        return _new_config(config_type, xpmtype, fields, file, number)
    generated: list[str] = []
    fixed: dict[str, Any] = {}
    for name, argument in special:
        if name not in fields:
            continue
        if argument.generator is not None:
            if fields[name] is None:
                # It was written before its path was generated.
                del fields[name]
            else:
                generated.append(name)
        else:
            # Kept as it was: the class may have another one by now.
            fixed[name] = argument.validate(fields.pop(name))
    if early is not None:
        config = early
        for name, value in fields.items():
            if name not in kind.__xpmtype__.arguments:
                config_type(**{name: value})  # raises the error that names it
            setattr(config, name, value)
    elif xpmtype is not None:
        config = _new_config(config_type, xpmtype, fields, file, number)
    else:
        config = config_type(**fields)
    if not fixed and not generated:
        return config
    info = config.__xpm__
    info.values.update(fixed)
    # A copy is to have paths of its own.
    info.generated = {*info.generated, *generated}
    return config


def _new_config(
    config_type: Any, xpmtype: Any, fields: dict[str, Any], file: str, number: int
) -> Any:
    """What the constructor does; that says where it was called, and takes longer."""
    config = object.__new__(config_type)
    config.__xpm__ = info = ConfigInformation(config, xpmtype, file, number)
    info.fill(fields)
    return config


# Class → that of its configurations; its schema, unless more than that is done to make one;
# and the arguments that no value is given for: generated paths and constants.
_makers: dict[type[Config], tuple[Any, Any, list[tuple[str, Any]]]] = {}


def _maker(kind: type[Config]) -> tuple[Any, Any, list[tuple[str, Any]]]:
    config_type: Any = kind.C
    special = [
        (name, argument)
        for name, argument in kind.__xpmtype__.arguments.items()
        if argument.generator is not None or argument.constant
    ]
    usual = (
        config_type.__new__ is ConfigMixin.__new__ and config_type.__init__ is ConfigMixin.__init__
    )
    xpmtype = kind.__xpmtype__ if usual else None
    found = _makers[kind] = config_type, xpmtype, special
    return found


def set_tags(config: Any, tags: Mapping[str, Any], stopped: list[str]) -> None:
    """Set a configuration's own tags, and the arguments whose tags do not reach it."""
    info = config.__xpm__
    if tags:
        info.own_tags = {name: (value, None) for name, value in tags.items()}
    if stopped:
        info.stopped = frozenset(stopped)


def mark_submitted(config: Any, identifier: Any) -> None:
    """Say that a task was submitted, as one that is a value of another must be.

    Args:
        config: the task.
        identifier: the identifier that it was submitted with, and keeps: results lie in a
            folder of that name. If it is none, the task is identified as it is now.
    """
    info = config.__xpm__
    info.task = config
    if is_digest(identifier):
        info.digest = bytes.fromhex(identifier)


def is_digest(identifier: Any) -> bool:
    """Whether a value is an identifier in hexadecimal digits."""
    return type(identifier) is str and re.fullmatch("[0-9a-f]{64}", identifier) is not None


def is_task(config: Any) -> bool:
    """Whether a configuration is a task."""
    return type(config).__xpm_task__ is True


def stub_of(record: Mapping[str, Any], where: str) -> TaskStub:
    """What stands for a task that is not loaded."""
    identifier = record.get("identifier")
    if not isinstance(identifier, str) or not is_digest(identifier):
        raise DefinitionFileError(f"{where}: expected an identifier, got {identifier!r}")
    module, name = record["module"], record["type"]
    return TaskStub(identifier, f"{module}.{name}", module)
