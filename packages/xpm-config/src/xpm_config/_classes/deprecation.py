"""Deprecated classes and arguments keep the identifiers of what replaces them."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

from xpm_config._model.locations import warn_user
from xpm_config._model.names import qualified
from xpm_config._model.state import ConfigClass
from xpm_config.exceptions import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_config._declarations.schema import ObjectType


class _Converter:
    """Calls `__convert__` of a deprecated configuration."""

    __slots__ = ("replace",)

    def __init__(self, replace: bool) -> None:
        self.replace = replace

    def __call__(self, config: Any) -> Any:
        return config.__convert__()


def deprecate(config_or_target: Any = None, *, replace: bool = False) -> Any:
    """Mark a configuration class, or an argument, as replaced by another.

    - `@deprecate` on a class derived from its replacement, with an empty body;
    - `@deprecate(Target)` on a class with a method `__convert__` that returns a
      configuration of type `Target`;
    - `@deprecate` on a method `def old(self, value)`: it is called when the old argument is set.

    >>> from xpm_config import Config, Param, deprecate
    >>> class Model(Config):
    ...     sizes: Param[list[int]]
    >>> @deprecate(Model)
    ... class OldModel(Config):
    ...     size: Param[int]
    ...     def __convert__(self):
    ...         return Model.C(sizes=[self.size])
    >>> OldModel.C(size=3).__identifier__() == Model.C(sizes=[3]).__identifier__()
    True

    Args:
        config_or_target: the class or method, or the class that replaces it.
        replace: making the deprecated configuration gives what replaces it.

    Raises:
        DefinitionError: the class has neither a parent that replaces it nor `__convert__`.
    """
    if config_or_target is None:
        return functools.partial(deprecate, replace=replace)
    if not isinstance(config_or_target, type):
        return _old_argument(config_or_target)
    if "__convert__" in vars(config_or_target) and not _is_bound(config_or_target):
        return _convert(config_or_target, replace)
    if _is_empty(config_or_target) and not _is_bound(config_or_target):
        return _rename(config_or_target)
    return _Awaiting(config_or_target, replace)


class _Awaiting:
    """`@deprecate(Target)`, before it is given the class.

    A class that `@deprecate` alone cannot deprecate may look the same (see `_is_bound`):
    the error is raised when it is used.
    """

    def __init__(self, target: type, replace: bool) -> None:
        self._target = target
        self._replace = replace

    def __call__(self, cls: Any) -> Any:
        return _convert(cls, self._replace)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__xpmtype__":
            raise AttributeError(name)
        raise _no_replacement(self._target)


def _is_bound(cls: type) -> bool:
    """Return whether a class has its name already; the one that a decorator is given has not.

    This distinguishes `@deprecate` above a class from `@deprecate(Target)`.
    """
    frame = sys._getframe(2)
    for names in (frame.f_locals, frame.f_globals):
        if any(value is cls for value in list(names.values())):
            return True
    found: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is cls


def _is_empty(cls: type) -> bool:
    known = {"__module__", "__qualname__", "__doc__", "__xpmid__", "__annotations__"}
    known |= {"__firstlineno__", "__static_attributes__", "__xpm_frames__", "__annotate_func__"}
    known |= {"__xpm_hooks__", "__xpm_defined__"}
    known |= {"__parameters__", "__abstractmethods__", "_abc_impl", "__orig_bases__"}
    annotated = vars(cls).get("__annotations__") or vars(cls).get("__annotate_func__")
    return not annotated and set(vars(cls)) <= known


def _no_replacement(cls: type) -> DefinitionError:
    return DefinitionError(
        f"@deprecate {qualified(cls)}: expected an empty class derived from the one configuration "
        "class that replaces it; else write @deprecate(Target), with a method __convert__"
    )


def _rename(cls: Any) -> Any:
    parents = [base for base in cls.__bases__ if issubclass(base, ConfigClass)]
    if len(parents) != 1 or ConfigClass in parents[0].__bases__:
        raise _no_replacement(cls)

    def apply(schema: ObjectType) -> None:
        replacement = parents[0].__xpmtype__
        schema.deprecated = parents[0]
        schema.converts = replacement.converts
        schema.set_identifier(replacement.identifier)

    cls.__xpm_deprecation__ = staticmethod(apply)
    return cls


def _convert(cls: Any, replace: bool) -> Any:
    if "__convert__" not in vars(cls):
        raise DefinitionError(
            f"@deprecate {qualified(cls)}: expected a method __convert__(self) that returns "
            "the configuration that replaces it"
        )

    def apply(schema: ObjectType) -> None:
        schema.deprecated = True
        schema.converts = _Converter(replace)

    cls.__xpm_deprecation__ = staticmethod(apply)
    return cls


def _old_argument(method: Callable[..., Any]) -> Any:
    @functools.wraps(method)
    def called(self: Any, value: Any) -> None:
        title = self.__xpm__.xpmtype.full_name
        warn_user(f"the argument '{method.__name__}' of {title} is deprecated", DeprecationWarning)
        method(self, value)

    called.__xpm_old_argument__ = True  # type: ignore[attr-defined] # read by the schema
    return called
