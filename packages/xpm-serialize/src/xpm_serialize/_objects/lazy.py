"""Value objects that are read when they are first looked into.

A task in a long chain holds the one before, which holds the one before it, and so on: each of
them lies in a folder of its own, and most are never looked at. Until then an object is of a
class that derives from its own one and reads the folder on any access; after it, nothing of
that is left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

_raw: Any = object.__getattribute__
_set_raw: Any = object.__setattr__
_LOAD = "__xpm_load__"

# Held while an object is read, so that no other thread meets it half made.
_reading = threading.RLock()
_types: dict[type, type | None] = {}


class _Plain:
    """What the classes are derived from first: one cannot change the bases of ``object``'s."""


def lazy_type(kind: type) -> type | None:
    """The class of the objects of a class that are not read yet.

    Returns:
        ``None`` if there is no such class for it.
    """
    if kind not in _types:
        _types[kind] = _make_type(kind)
    return _types[kind]


def make_lazy(value: Any, kind: type, load: Callable[[Any], None]) -> None:
    """Make a bare object one that is read when it is first looked into.

    Args:
        value: the object.
        kind: the result of :func:`lazy_type` for its class.
        load: reads it: puts its values into its ``__dict__``.
    """
    vars(value)[_LOAD] = load
    _set_raw(value, "__class__", kind)


def mark_loaded(value: Any) -> None:
    """Say that an object has its values, also if nobody has looked into it yet."""
    if attributes(value).pop(_LOAD, None) is not None or type(value) is not value.__class__:
        _set_raw(value, "__class__", value.__class__)


def attributes(value: Any) -> dict[str, Any]:
    """The ``__dict__`` of an object, whether it was read or not."""
    found: dict[str, Any] = _raw(value, "__dict__")
    return found


def _make_type(kind: type) -> type | None:
    def read(value: Any) -> None:
        with _reading:
            if type(value) is not later:
                return
            own = attributes(value)
            load = own.pop(_LOAD, None)
            if load is None:
                return  # it is being read, by this thread
            try:
                load(value)
            except BaseException:
                own[_LOAD] = load
                raise
            _set_raw(value, "__class__", kind)

    def get(self: Any, name: str) -> Any:
        if name == "__class__":
            # isinstance() asks for it: what it is is known.
            return kind
        read(self)
        return getattr(self, name) if type(self) is not later else _raw(self, name)

    def set_(self: Any, name: str, value: Any) -> None:
        read(self)
        _set_raw(self, name, value)

    def delete(self: Any, name: str) -> None:
        read(self)
        object.__delattr__(self, name)

    def reduce(self: Any, protocol: Any) -> Any:
        read(self)
        return self.__reduce_ex__(protocol)

    namespace = {
        "__slots__": (),
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "__xpm_schema__": vars(kind).get("__xpm_schema__"),
        "__getattribute__": get,
        "__setattr__": set_,
        "__delattr__": delete,
        "__reduce_ex__": reduce,
    }
    # Not derived in the statement: that would run the __init_subclass__ of users' classes.
    bare: Any = kind
    later: Any = type(kind.__name__, (_Plain,), namespace)
    try:
        later.__bases__ = (kind,)
        _set_raw(bare.__new__(kind), "__class__", later)
    except TypeError:
        return None  # its objects are laid out in a way of their own
    found: type = later
    return found
