"""Decorators of methods, and functions that say something about a configuration."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

from xpm_config._model.checks import checked_info
from xpm_config._model.generation import EmptyContext
from xpm_config._model.names import qualified
from xpm_config._model.state import ConfigObject
from xpm_config._objects.sealing import seal
from xpm_config._objects.values import set_meta

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
F = TypeVar("F", bound="Callable[..., Any]")


def _like(method: F, wrapper: Any) -> F:
    """Return what wraps a method as what type checkers take for it: the signature is the same."""
    made: F = wrapper
    return made


def initializer(method: F) -> F:
    """Make a method run once for each object; later calls return the first result.

    Args:
        method: a method.
    """
    key = f"__initialized_{method.__name__}"

    @functools.wraps(method)
    def once(self: Any, *args: Any, **kwargs: Any) -> Any:
        known = self.__dict__
        if key not in known:
            known[key] = method(self, *args, **kwargs)
        return known[key]

    return _like(method, once)


def config_only(method: F) -> F:
    """Make a method one of configuration objects alone.

    Args:
        method: a method; called on a value object, it is an `AttributeError`.
    """

    @functools.wraps(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(self, ConfigObject):
            raise AttributeError(
                f"{qualified(type(self))}.{method.__name__}() is for configurations: "
                f"expected {type(self).__qualname__}.C(...), got a value object"
            )
        return method(self, *args, **kwargs)

    return _like(method, checked)


def documentation(method: F) -> F:
    """Mark a method that describes a configuration, for documentation tools.

    Args:
        method: a method; it is called as before.
    """
    method.__experimaestro_documentation__ = True  # type: ignore[attr-defined] # the mark
    return method


def setmeta(config: T, flag: bool | None) -> T:
    """Set whether a configuration counts in the identifier of what holds it.

    Args:
        config: a configuration.
        flag: True: it does not count; False: it does, even as the value of a `Meta`
            argument; None: the argument decides.

    Returns:
        The configuration.

    >>> from typing import Optional
    >>> from xpm_config import Config, Param, setmeta
    >>> class Model(Config):
    ...     size: Param[int]
    ...     teacher: Param[Optional["Model"]]
    >>> taught = Model.C(size=1, teacher=setmeta(Model.C(size=9), True))
    >>> taught.__identifier__() == Model.C(size=1).__identifier__()
    True
    """
    set_meta(checked_info(config), flag)
    return config


def sealed_set(*elements: T) -> set[T]:
    """Return a set of configurations, which are sealed so that they can be hashed.

    Args:
        elements: configurations; other values are taken as they are.

    Raises:
        TypeError: an element cannot be hashed.

    >>> from xpm_config import Config, Param, sealed_set
    >>> class Model(Config):
    ...     size: Param[int]
    >>> len(sealed_set(Model.C(size=1), Model.C(size=2), Model.C(size=1)))
    2
    """
    for element in elements:
        if isinstance(element, ConfigObject):
            # paths are generated when what holds the set is sealed
            seal(element, EmptyContext())
    return set(elements)
