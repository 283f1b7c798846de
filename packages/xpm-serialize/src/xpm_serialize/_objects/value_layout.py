"""How value objects of a class are made and filled, worked out once for each class."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import FunctionType
from typing import Any

from xpm_config import Argument, Config, ObjectType
from xpm_config.types import Refused
from xpm_serialize._format.source import Source
from xpm_serialize.exceptions import DefinitionFileError

from .lazy import attributes, lazy_type
from .value_types import show_value, value_check

_ABSENT = object()


class ValueLayout:
    """How value objects of a configuration class are made.

    They are made as `instance()` does: the values are there when `__init__` runs, and set
    again after it (classes such as `torch.nn.Module` watch that); `__post_init__` comes
    last, when all objects have their values.

    Args:
        kind: the class.

    Attributes:
        value_type: the class of the value objects.
        post_init: `__post_init__`, if the class has one of its own.
        lazy_type: the class of those that are read when they are first accessed; `None` if
            they cannot be, or that could be noticed (by when `__init__` runs).
    """

    __slots__ = (
        "_arguments",
        "_checks",
        "_identified",
        "_init",
        "_kind",
        "_names",
        "_new",
        "_old",
        "_sets_directly",
        "lazy_type",
        "post_init",
        "value_type",
    )

    def __init__(self, kind: type[Config]) -> None:
        schema: ObjectType = kind.__getxpmtype__()
        value_type: Any = schema.value_type
        self._kind = kind
        self._arguments: dict[str, Argument] = schema.arguments
        self._names = self._arguments.keys()
        self._old = schema.old_arguments
        self._checks = [
            (name, *value_check(argument)) for name, argument in self._arguments.items()
        ]
        self.value_type: type = value_type
        # Config.__new__ guards against calls like A(x=1): it is of no use here.
        guarded = value_type.__new__ is Config.__new__
        self._new: Callable[[type], object] = object.__new__ if guarded else value_type.__new__
        self._init: Callable[[object], None] | None = None
        if value_type.__init__ is not object.__init__:
            self._init = value_type.__init__
        self._sets_directly = self._init is None and _sets_directly(value_type, self._names)
        self._identified: tuple[str, str] | None = None
        if _has_cached(value_type):
            self._identified = (schema.identifier, schema.full_name)
        self.post_init: Callable[[object], None] | None = None
        if value_type.__post_init__ is not Config.__post_init__:
            self.post_init = value_type.__post_init__
        self.lazy_type: type | None = None
        if self._sets_directly and self.post_init is None and not self._old:
            self.lazy_type = lazy_type(value_type)

    def new(self) -> object:
        """Make a bare value object."""
        return self._new(self.value_type)

    def fill(self, value: object, fields: dict[str, object], source: Source, number: int) -> None:
        """Set a value object's attributes.

        Raises:
            DefinitionFileError: a field is missing, a value is not of its argument's type, or
                there is no such argument.
        """
        if len(fields) != len(self._names):
            fields = self._complete(value, fields, source, number)
        for name, check, accepted in self._checks:
            item = fields.get(name, _ABSENT)
            if type(item) in accepted:
                continue
            if item is _ABSENT:
                self.fill(value, self._complete(value, fields, source, number), source, number)
                return
            try:
                fields[name] = checked = check(item)
            except Refused as refused:
                raise self._refusal(name, refused, source, number) from None
            if checked is item and isinstance(item, Config):
                # Objects are checked by their class alone: the next one needs no check.
                accepted.add(type(item))
        attributes(value).update(fields)
        if self._identified is not None:
            identifier = source.by_id[number].get("identifier")
            attributes(value)["__xpm_identifier__"] = (*self._identified, identifier)
        if self._sets_directly:
            return
        if self._init is not None:
            self._init(value)
        for name, item in fields.items():
            setattr(value, name, item)

    def _refusal(
        self, name: str, refused: Refused, source: Source, number: int
    ) -> DefinitionFileError:
        """Return the error of a value that its argument does not take."""
        kind = self._kind
        return DefinitionFileError(
            f"{source.where(number)}: {kind.__module__}.{kind.__qualname__}.{name}"
            f"{refused.path}: expected {refused.expected}, got {show_value(refused.value)}"
        )

    def _complete(
        self, value: object, fields: dict[str, object], source: Source, number: int
    ) -> dict[str, object]:
        """Return the fields of an object that was written before its class was changed.

        Arguments that were added since take their default.
        """
        for name in fields.keys() - self._names:
            method: Any = self._old.get(name)
            if method is None:
                raise DefinitionFileError(f"{source.where(number)}: {_unknown(self._kind, name)}")
            # Sets the arguments that have taken its place.
            method.__wrapped__(value, fields[name])
        given = {**vars(value), **fields} if self._old else fields
        complete: dict[str, object] = {}
        for name, argument in self._arguments.items():
            if name in given:
                complete[name] = given[name]
            elif argument.has_default:
                complete[name] = _instance(argument.make_default())
            elif argument.required:
                where = source.where(number)
                raise DefinitionFileError(f"{where}: the argument {name!r} is missing")
            else:
                complete[name] = None
        return complete


def _instance(value: object) -> object:
    """Return a default value, with value objects in the place of configurations."""
    if isinstance(value, Config):
        return value.instance(keep=False)
    if isinstance(value, dict):
        return {key: _instance(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return type(value)(map(_instance, value))
    return value


def _unknown(kind: type[Config], name: str) -> str:
    from difflib import get_close_matches  # only when something is wrong

    names = list(kind.__getxpmtype__().arguments)
    near = get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(names) or 'none'}"
    return f"{kind.__module__}.{kind.__qualname__} has no argument {name!r} ({hint})"


def _sets_directly(kind: type, names: Collection[str]) -> bool:
    """Whether setting these attributes only puts them into `__dict__`."""
    setter: Any = kind.__setattr__
    if setter is not object.__setattr__:
        return False
    for base in kind.__mro__:
        members = vars(base)
        if any(name in members and hasattr(type(members[name]), "__set__") for name in names):
            return False
    return True


def _has_cached(kind: type) -> bool:
    """Whether it has methods that keep results by the identifier of the configuration."""
    return any(
        type(member) is FunctionType and hasattr(member, "__xpm_cache__")
        for base in kind.__mro__
        for member in vars(base).values()
    )


_layouts: dict[type[Config], ValueLayout] = {}


def layout_of(kind: type[Config]) -> ValueLayout:
    """Return the layout of a class."""
    layout = _layouts.get(kind)
    if layout is None:
        layout = _layouts[kind] = ValueLayout(kind)
    return layout
