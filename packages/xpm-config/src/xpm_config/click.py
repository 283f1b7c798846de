"""Options of click commands made from the arguments of configurations (the extra `click`).

>>> import click
>>> from xpm_config import Config, Param, field
>>> from xpm_config.click import arguments, forwardoption
>>> class Optimizer(Config):
...     rate: Param[float] = field(default=0.1)
>>> class Learn(Config):
...     optimizer: Param[Optimizer]
...     epochs: Param[int]
...     size: Param[int]
>>> @click.command()
... @forwardoption.optimizer.rate(Learn)
... @forwardoption.epochs(Learn, "max-epochs", default=10)
... @forwardoption(arguments(Learn).size)
... def main(rate: float, max_epochs: int, size: int) -> None:
...     print(rate, max_epochs, size)
>>> main(["--rate", "0.5", "--size", "3"], standalone_mode=False)
0.5 10 3
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from ._documents.writer import unwrapped
from ._model.argument import UNSET, Argument
from ._model.checks import is_config_class
from ._model.names import nearest
from ._model.state import ConfigClass
from ._model.type import Type
from ._types.collections import ListType, SetType, TupleType
from ._types.configs import ConfigType
from ._types.enumerations import EnumType, LiteralType
from ._types.scalars import PathType
from ._types.unions import AnyType, UnionType
from .exceptions import DefinitionError, UnknownArgumentError

F = TypeVar("F", bound=Callable[..., Any])


class _ArgumentParameter(click.ParamType):  # type: ignore[type-arg,unused-ignore] # generic since click 8.3
    """A type of argument as click sees it: texts are converted as in a configuration."""

    def __init__(self, type: Type) -> None:
        self.type = type
        self.name = str(type).lower()

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            return self.type.validate(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Named(click.Choice):  # type: ignore[type-arg,unused-ignore] # generic since click 8.2
    """One of some values, by the texts that name them."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(list(values))
        self.values = values

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if any(value is known for known in self.values.values()):
            return value
        return self.values[super().convert(value, param, ctx)]


def _parameter(type: Type) -> Any:
    type = unwrapped(type)
    if isinstance(type, EnumType):
        members: Any = type.cls
        return _Named(dict(members.__members__))
    if isinstance(type, LiteralType):
        return _Named({str(getattr(v, "name", v)): v for v in type.values})
    if isinstance(type, TupleType) and type.rest is None:
        return click.Tuple([_parameter(part) for part in type.elements])
    scalars = isinstance(type, UnionType) and not type.holds_configs
    if (type.parts() and not scalars) or (type.holds_configs and not isinstance(type, AnyType)):
        raise DefinitionError(f"an argument of type {type} cannot be an option of a command")
    if isinstance(type, PathType):
        import pathlib

        return click.Path(path_type=pathlib.Path)
    known = {"int": click.INT, "float": click.FLOAT, "bool": click.BOOL, "str": click.STRING}
    return known.get(str(type)) or _ArgumentParameter(type)


def _inner_class(type: Type) -> type[ConfigClass] | None:
    """Return the configuration class of a type, or None."""
    inner = unwrapped(type)
    return inner.cls if isinstance(inner, ConfigType) and is_config_class(inner.cls) else None


def _find(cls: type[ConfigClass], path: list[str]) -> Argument:
    """Return the argument at the end of a path.

    Raises:
        UnknownArgumentError: a class on the way has no argument of that name.
        DefinitionError: the path goes on after an argument that holds no configuration.
    """
    found: Argument | None = None
    for name in path:
        if found is not None:
            inner = _inner_class(found.type)
            if inner is None:
                raise DefinitionError(
                    f"forwardoption.{'.'.join(path)}: '{found.name}' holds no configuration "
                    f"({found.type}), so it has no '{name}'"
                )
            cls = inner
        known = cls.__xpmtype__.arguments
        if name not in known:
            raise UnknownArgumentError(
                f"{cls.__xpmtype__.full_name} has no argument '{name}'{nearest(name, known)}"
            )
        found = known[name]
    assert found is not None
    return found


def _option(argument: Argument, name: str | None, changes: dict[str, object]) -> Callable[[F], F]:
    if argument.constant or argument.generator is not None:
        raise DefinitionError(f"'{argument.name}' is not set by users: it cannot be an option")
    kind, type = _collection(unwrapped(argument.type))
    settings: dict[str, Any] = {"help": argument.help, "show_default": True}
    settings["type"] = _parameter(type)
    if kind is not None:
        settings["multiple"] = True
        # click collects a tuple, which is empty where the option is not given
        none = not argument.required and argument.default in (None, UNSET)
        none = none and argument.default_factory is None
        settings["callback"] = lambda ctx, param, value: kind(value) if value or not none else None
    if argument.has_default:
        settings["default"] = _shown_default(argument.make_default())
    elif argument.required:
        settings["required"] = True
    if "default" in changes:
        settings.pop("required", None)
    settings.update(changes)
    option = (name or argument.name).lstrip("-").replace("_", "-")
    return click.option(f"--{option}", **settings)


def _collection(type: Type) -> tuple[Callable[[Iterable[object]], object] | None, Type]:
    """Return what collects the values of an option given many times, and the type of each.

    The first is None for the type of one value.
    """
    if isinstance(type, ListType):
        return list, type.element
    if isinstance(type, SetType):
        return set, type.element
    if isinstance(type, TupleType) and type.rest is not None:
        return tuple, type.rest
    return None, type


def _shown_default(value: object) -> object:
    """Return a default as click can show it, and convert it to the same value."""
    return getattr(value, "name", value) if hasattr(type(value), "__members__") else value


class _Path:
    """The path to an argument of a class: `arguments(Learn).optimizer.rate`."""

    def __init__(self, cls: type[ConfigClass], path: list[str]) -> None:
        self._cls = cls
        self._path = path

    def __getattr__(self, name: str) -> _Path:
        if name.startswith("__"):
            raise AttributeError(name)
        path = [*self._path, name]
        _find(self._cls, path)
        return _Path(self._cls, path)


def arguments(cls: type) -> Any:
    """Return the arguments of a configuration class, for `forwardoption(arguments(C).path)`.

    Args:
        cls: a configuration class.
    """
    if not is_config_class(cls):
        raise TypeError(f"arguments(...): expected a configuration class, got {cls!r}")
    return _Path(cls, [])


class _Forward(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls([name])


class forwardoption(metaclass=_Forward):  # the name users know
    """Makes a click option of an argument, with its type, documentation and default.

    Write `forwardoption.path.to.argument(MyConfig)`, with the option's name as second
    argument if it is not that of the argument, or `forwardoption(arguments(MyConfig).path)`.
    Keyword arguments are those of `click.option`; `default` replaces the argument's.
    """

    def __init__(self, path: Any = (), name: str | None = None, **settings: Any) -> None:
        self._path = path
        self._name = name
        self._settings = settings

    def __getattr__(self, name: str) -> forwardoption:
        if name.startswith("__"):
            raise AttributeError(name)
        return forwardoption([*self._path, name])

    def __call__(self, target: Any, name: str | None = None, **settings: Any) -> Any:
        """Decorate a command (made from `arguments(...)`), or return the decorator."""
        if isinstance(self._path, _Path):
            found = _find(self._path._cls, self._path._path)
            return _option(found, self._name, self._settings)(target)
        if not isinstance(target, type) or not is_config_class(target):
            raise TypeError(f"forwardoption: expected a configuration class, got {target!r}")
        return _option(_find(target, list(self._path)), name, settings)
