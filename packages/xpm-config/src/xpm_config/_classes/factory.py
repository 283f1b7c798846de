"""What is made of a configuration class at its first use: its schema, and `A.C`."""

from __future__ import annotations

import sys
from _thread import RLock  # threading costs start-up time
from typing import TYPE_CHECKING, Any, TypeVar

from xpm_config._declarations.schema import ObjectType
from xpm_config._model.checks import is_config_class
from xpm_config._model.conversion import convert
from xpm_config._model.locations import class_location
from xpm_config._model.state import ConfigClass, ConfigObject
from xpm_config._objects.descriptors import ArgumentAttribute, OldArgumentAttribute
from xpm_config._objects.information import ConfigInformation
from xpm_config.exceptions import DefinitionError

from .mixin import ConfigMixin

if TYPE_CHECKING:
    from types import CodeType, FrameType

T = TypeVar("T")


class SchemaAttribute:
    """`A.__xpmtype__`: the schema of a class, built at first use."""

    def __get__(self, config: object, owner: type) -> ObjectType:
        if issubclass(owner, ConfigObject):
            owner = _base_of(owner)
        found: ObjectType | None = vars(owner).get("__xpm_schema__")
        return _build(owner) if found is None else found


class ConfigTypeAttribute:
    """`A.C`: the class of the configuration objects of a class."""

    def __get__(self, config: T | None, owner: type[T]) -> type[T]:
        if issubclass(owner, ConfigObject):
            owner = _base_of(owner)
        found = vars(owner).get("__xpm_schema__")
        if found is None:
            found = _build(owner)
        config_type: type[T] = found.config_type
        return config_type


class ValueTypeAttribute:
    """`A.XPMValue`: the class of the value objects of a class."""

    def __get__(self, config: T | None, owner: type[T]) -> type[T]:
        value_type: type[T] = SchemaAttribute().__get__(config, owner).value_type
        return value_type


def _base_of(cls: type) -> type:
    return next(base for base in cls.__mro__ if not issubclass(base, ConfigObject))


# One thread at a time builds schemas: it takes defaults off the class while it does.
_building = RLock()
_unfinished: dict[type, ObjectType] = {}


def _build(cls: type) -> ObjectType:
    with _building:
        found = vars(cls).get("__xpm_schema__") or _unfinished.get(cls)
        if found is not None:
            return found
        assert issubclass(cls, ConfigClass)
        try:
            schema = _schema(cls)
            cls.__xpm_schema__ = schema
        finally:
            _unfinished.pop(cls, None)
        return schema


def _schema(cls: type[ConfigClass]) -> ObjectType:
    frames = vars(cls).get("__xpm_frames__", [])
    try:
        schema = ObjectType(cls, frames)
    except DefinitionError as error:
        if error.place is not None:
            raise
        error.place = class_location(cls)
        raise error.with_traceback(None) from None
    schema.value_type = value_type_of(cls)
    _unfinished[cls] = schema
    if frames:
        del cls.__xpm_frames__  # it keeps functions alive
    # A class written as the value class of another one has no schema of its own to offer.
    base = vars(cls).get("__xpm_deprecation__")
    if base is not None:
        base(schema)
    schema.config_type = _config_type(cls, schema)
    return schema


def _config_type(cls: type[ConfigClass], schema: ObjectType) -> type:
    parents = [base.__xpmtype__.config_type for base in cls.__bases__ if is_config_class(base)]
    if not parents:
        parents = [ConfigMixin]
    namespace: dict[str, Any] = {
        "__module__": cls.__module__,
        "__qualname__": f"{cls.__qualname__}.XPMConfig",
        "__doc__": cls.__doc__,
        "__xpmtype__": schema,
    }
    for name, old in schema.old_arguments.items():
        namespace[name] = OldArgumentAttribute(name, old)
    for name, argument in schema.arguments.items():
        namespace[name] = ArgumentAttribute(argument)
    if schema.converts and getattr(schema.converts, "replace", False):
        namespace["__new__"] = _replaced_new
    name = f"{cls.__name__}.XPMConfig"
    metaclass: Any = type(cls)
    made: type = metaclass(name, (*parents, cls), namespace)
    for alias in ("C", "XPMConfig"):
        setattr(made, alias, made)
    if schema.value_type is not cls:
        _allow_abstract(made)
    return made


def _replaced_new(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what a deprecated configuration stands for instead."""
    made = object.__new__(cls)
    frame = sys._getframe(1)
    made.__xpm__ = ConfigInformation(made, cls.__xpmtype__, frame.f_code, frame.f_lasti)
    made.__xpm__.fill(kwargs)
    return convert(made)


def value_type_of(cls: type) -> type:
    """Return the class of the value objects of a class; its schema need not be there yet."""
    found: type = vars(cls).get("__xpm_value_class__", cls)
    return found


def register_value_class(cls: type[ConfigClass], value_type: type[T]) -> type[T]:
    """Set the class of the value objects of a class."""
    for base in cls.__mro__:
        if not is_config_class(base):
            continue
        expected = cls if base is cls else value_type_of(base)
        if not issubclass(value_type, expected):
            raise TypeError(
                f"the value class {value_type.__qualname__} of {cls.__qualname__} is expected to "
                f"derive from {expected.__qualname__}"
            )
    cls.__xpm_value_class__ = value_type
    schema = vars(cls).get("__xpm_schema__")
    if schema is not None:
        schema.value_type = value_type
        _allow_abstract(schema.config_type)
    return value_type


def _allow_abstract(config_type: Any) -> None:
    """Allow objects of a class with abstract methods: the value class has these methods."""
    if getattr(config_type, "__abstractmethods__", None):
        config_type.__abstractmethods__ = frozenset()


def definition_place(cls: type) -> tuple[CodeType, int] | None:
    """Return the code that defines a class, and where in it."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        # metaclasses, and users' own __init_subclass__, stand between
        if (
            frame.f_globals.get("__name__") == cls.__module__
            and code.co_name != "__init_subclass__"
        ):
            return code, frame.f_lasti
        frame = frame.f_back
    return None


def definition_frames(cls: type) -> list[FrameType]:
    """Return the functions around the definition of a class: annotations may use their names."""
    if "<locals>" not in cls.__qualname__:
        return []
    outer = cls.__qualname__.split(".")
    outermost = outer[outer.index("<locals>") - 1]
    frames: list[FrameType] = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_globals.get("__name__") == cls.__module__:
            frames.append(frame)
            if frame.f_code.co_name == outermost:
                return frames
        frame = frame.f_back
    return frames[:1]
