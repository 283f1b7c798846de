"""How value objects of a class are made and filled, found out once a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xpm_config import Config

from ._source import Source
from .exceptions import DefinitionError, SerializationError


class Plan:
    """How value objects of a configuration class are made.

    Args:
        kind: the class.
    """

    __slots__ = ("_arguments", "_converters", "_direct", "_kind", "_names", "_post", "_value_type")

    def __init__(self, kind: type[Config]) -> None:
        xpmtype: Any = kind.__getxpmtype__()
        self._kind = kind
        self._arguments = dict(xpmtype.arguments)
        self._names = self._arguments.keys()
        self._value_type: type[Any] = xpmtype.value_type
        self._direct = _sets_directly(self._value_type, self._arguments)
        post = getattr(self._value_type, "__post_init__", None)
        self._post: Callable[[Any], None] | None = None if post is Config.__post_init__ else post

    def new(self) -> Any:
        """A bare value object."""
        return self._value_type()

    def fill(self, value: Any, fields: dict[str, Any], source: Source, number: int) -> None:
        """Set a value object's attributes, and let it finish itself."""
        if fields.keys() != self._names:
            fields = self._complete(fields, source, number)
        if self._direct:
            vars(value).update(fields)
        else:
            for name, item in fields.items():
                setattr(value, name, item)
        if self._post is not None:
            self._post(value)

    def _complete(self, fields: dict[str, Any], source: Source, number: int) -> dict[str, Any]:
        """What was written before the class was changed: added arguments take their default."""
        where = source.where(number)
        for name in fields:
            if name not in self._arguments:
                raise DefinitionError(f"{where}: {unknown_argument(self._kind, name)}")
        complete: dict[str, Any] = {}
        for name, argument in self._arguments.items():
            if name in fields:
                complete[name] = fields[name]
            elif argument.has_default:
                complete[name] = _instance(argument)
            elif argument.required:
                raise DefinitionError(f"{where}: the argument {name!r} is missing")
            else:
                complete[name] = None
        return complete


def unknown_argument(kind: type[Config], name: str) -> str:
    """The message for a field that a class has no argument for."""
    from difflib import get_close_matches  # only when something is wrong

    names = list(kind.__getxpmtype__().arguments)
    near = get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(names) or 'none'}"
    return f"{kind.__module__}.{kind.__qualname__} has no argument {name!r} ({hint})"


def _instance(argument: Any) -> Any:
    raise SerializationError(f"no default of {argument}")  # completed below


def _sets_directly(kind: type[Any], names: Any) -> bool:
    """Whether setting these attributes does no more than put them into ``__dict__``."""
    if kind.__setattr__ not in (object.__setattr__, Config.__setattr__):
        return False
    for base in kind.__mro__:
        members = vars(base)
        if any(name in members and hasattr(type(members[name]), "__set__") for name in names):
            return False
    return True


_plans: dict[type[Config], Plan] = {}


def plan_of(kind: type[Config]) -> Plan:
    """The plan of a class."""
    plan = _plans.get(kind)
    if plan is None:
        plan = _plans[kind] = Plan(kind)
    return plan
