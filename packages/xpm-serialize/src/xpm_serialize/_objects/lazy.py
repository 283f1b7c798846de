"""Value objects that are read when they are first accessed.

A task in a long chain holds the one before, which holds the one before it, and so on: each of
them is in a folder of its own, and most are never accessed. Until then an object is of a class
that derives from its own one and reads the folder on any access; after it, nothing of that is
left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

_get_raw = object.__getattribute__
_set_raw: Callable[[object, str, object], None] = object.__setattr__
_LOAD = "__xpm_load__"

# Held while an object is read, so that no other thread meets it half made.
_reading = threading.RLock()
_lazy_types: dict[type, type | None] = {}


class _Plain:
    """The first base of lazy classes: the bases of those of `object` cannot be changed."""


def lazy_type(kind: type) -> type | None:
    """Return the class of the objects of a class that are not read yet.

    Returns:
        `None` if it cannot have one.
    """
    if kind not in _lazy_types:
        _lazy_types[kind] = _make_lazy_type(kind)
    return _lazy_types[kind]


def make_lazy(value: object, kind: type, load: Callable[[object], None]) -> None:
    """Make a bare object one that is read when it is first accessed.

    Args:
        value: the object.
        kind: the result of `lazy_type` for its class.
        load: reads it: puts its values into its `__dict__`.
    """
    vars(value)[_LOAD] = load
    _set_raw(value, "__class__", kind)


def mark_loaded(value: object) -> None:
    """Note that an object has its values, even if it was never accessed."""
    if attributes(value).pop(_LOAD, None) is not None or type(value) is not value.__class__:
        _set_raw(value, "__class__", value.__class__)


def attributes(value: object) -> dict[str, object]:
    """Return the `__dict__` of an object, without reading it."""
    found: dict[str, object] = _get_raw(value, "__dict__")
    return found


def _make_lazy_type(kind: type) -> type | None:
    lazy: type

    def read(value: object) -> None:
        with _reading:
            if type(value) is not lazy:
                return
            own = attributes(value)
            load: Any = own.pop(_LOAD, None)
            if load is None:
                return  # it is being read, by this thread
            try:
                load(value)
            except BaseException:
                own[_LOAD] = load
                raise
            _set_raw(value, "__class__", kind)

    def get(self: object, name: str) -> object:
        if name == "__class__":
            # isinstance() asks for it: the answer is known.
            return kind
        read(self)
        found: object = getattr(self, name) if type(self) is not lazy else _get_raw(self, name)
        return found

    def set_(self: object, name: str, value: object) -> None:
        read(self)
        _set_raw(self, name, value)

    def delete(self: object, name: str) -> None:
        read(self)
        object.__delattr__(self, name)

    def reduce(self: object, protocol: Any) -> object:
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
    bare: Any = kind
    # Not derived in the statement: that would run the __init_subclass__ of users' classes.
    lazy = type(kind.__name__, (_Plain,), namespace)
    try:
        lazy.__bases__ = (kind,)
        _set_raw(bare.__new__(kind), "__class__", lazy)
    except TypeError:
        return None  # its objects are laid out in a way of their own
    return lazy
