"""The types of arguments: configurations, generic or not, and type variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._encoding.scheme import encode_config
from xpm_config._model.checks import check_submitted
from xpm_config._model.conversion import convert
from xpm_config._model.state import ConfigObject
from xpm_config._model.type import Refused, Type

from .unions import AnyType

if TYPE_CHECKING:
    from typing import TypeVar


class ConfigType(Type):
    """A configuration class: takes its configuration objects and those of sub-classes."""

    __slots__ = ("cls",)

    def __init__(self, cls: type) -> None:
        super().__init__()
        self.cls = cls
        self.holds_configs = True
        self.encode = encode_config

        def coerce(value: object) -> Any:
            if not isinstance(value, cls) or not isinstance(value, ConfigObject):
                return self._convert(value)
            if value.__xpm_task__:
                check_submitted(value)
            return value

        self.coerce = coerce

    def _convert(self, value: object) -> Any:
        """Return a deprecated configuration that stands for one of this type, or an error."""
        if isinstance(value, ConfigObject) and value.__xpm__.xpmtype.converts:
            converted = convert(value)
            if isinstance(converted, self.cls):
                return value
        if isinstance(value, self.cls):
            raise Refused(f"a configuration {self.cls.__qualname__}.C(...)", value)
        raise Refused(f"a configuration of type {self.cls.__qualname__}", value)

    def __str__(self) -> str:
        return self.cls.__qualname__

    def exact(self, value: object) -> bool:
        # the most precise class first: a sub-class is taken by conversion-free acceptance too
        return isinstance(value, self.cls) and isinstance(value, ConfigObject)


class VariableType(AnyType):
    """A type variable of a generic configuration."""

    __slots__ = ("bound", "variable")

    def __init__(self, variable: TypeVar, bound: Type | None) -> None:
        super().__init__()
        self.generic = True
        self.variable = variable
        self.bound = bound
        if bound is not None:
            self.coerce = bound.coerce
            self.encode = bound.encode

    def __str__(self) -> str:
        return self.variable.__name__


class BoundType(ConfigType):
    """A generic configuration with its arguments: `Box[int]`."""

    __slots__ = ("parameters",)

    def __init__(self, cls: type, parameters: tuple[Type, ...]) -> None:
        super().__init__(cls)
        self.generic = True
        self.parameters = parameters

    def parts(self) -> tuple[Type, ...]:
        return self.parameters

    def rebuilt(self, parts: tuple[Type, ...]) -> Type:
        return BoundType(self.cls, parts)

    def __str__(self) -> str:
        return f"{self.cls.__qualname__}[{', '.join(map(str, self.parameters))}]"
