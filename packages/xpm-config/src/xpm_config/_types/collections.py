"""The types of arguments: containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._encoding.collections import (
    configs_encoder,
    dict_encoder,
    sequence_encoder,
    set_encoder,
    tuple_encoder,
)
from xpm_config._encoding.numbers import (
    is_number,
    numbers_dict_encoder,
    numbers_encoder,
    numbers_set_encoder,
)
from xpm_config._encoding.scheme import encode_config
from xpm_config._model.type import Refused, Type

if TYPE_CHECKING:
    from collections.abc import Callable


def _elements(element: Type, describe: str) -> Callable[[Any], list[Any]]:
    """Return the closure that checks the elements of a sequence."""
    coerce, plain = element.coerce, element.plain

    def check(values: Any) -> list[Any]:
        if plain is not None and set(map(type, values)) <= {plain}:
            return list(values)
        checked = []
        for position, value in enumerate(values):
            try:
                checked.append(coerce(value))
            except Refused as refused:
                where = f"[{describe.format(position)}]{refused.path}"
                raise Refused(refused.expected, refused.value, where) from None
        return checked

    return check


class _ElementsType(Type):
    """A container of any number of elements of one type."""

    __slots__ = ("element",)

    def __init__(self, element: Type) -> None:
        super().__init__()
        self.element = element
        self.generic = element.generic
        self.holds_configs = element.holds_configs
        self.only_paths = element.only_paths

    def parts(self) -> tuple[Type, ...]:
        return (self.element,)

    def rebuilt(self, parts: tuple[Type, ...]) -> Type:
        return type(self)(*parts)

    def __str__(self) -> str:
        return f"{self._name}[{self.element}]"


class ListType(_ElementsType):
    """`list[T]`; a tuple is refused."""

    __slots__ = ()
    _name = "list"

    def __init__(self, element: Type) -> None:
        super().__init__(element)
        if is_number(element.plain):
            self.encode = numbers_encoder(element.plain)
        elif element.encode is encode_config:
            self.encode = configs_encoder()
        else:
            self.encode = sequence_encoder(element.encode)
        check = _elements(element, "{}")

        def coerce(value: object) -> list[Any]:
            if not isinstance(value, list):
                raise Refused(self.name, value)
            return check(value)

        self.coerce = coerce

    def exact(self, value: object) -> bool:
        return isinstance(value, list) and all(map(self.element.exact, value))


class SetType(_ElementsType):
    """`set[T]`; a list is refused."""

    __slots__ = ()
    _name = "set"

    def __init__(self, element: Type) -> None:
        super().__init__(element)
        if is_number(element.plain):
            self.encode = numbers_set_encoder(element.plain)
        else:
            self.encode = set_encoder(element.encode)
        check = _elements(element, "an element")

        def coerce(value: object) -> set[Any]:
            if not isinstance(value, (set, frozenset)):
                raise Refused(self.name, value)
            return set(check(value))

        self.coerce = coerce

    def exact(self, value: object) -> bool:
        return isinstance(value, (set, frozenset)) and all(map(self.element.exact, value))


class TupleType(Type):
    """`tuple[A, B]` of exactly these, or `tuple[T, ...]` of any length."""

    __slots__ = ("elements", "rest")

    def __init__(self, elements: tuple[Type, ...], rest: Type | None = None) -> None:
        super().__init__()
        self.elements = elements
        self.rest = rest
        parts = elements if rest is None else (rest,)
        self.generic = any(part.generic for part in self.parts())
        self.holds_configs = any(part.holds_configs for part in parts)
        self.only_paths = bool(parts) and all(part.only_paths for part in parts)
        self.encode = tuple_encoder(
            tuple(part.encode for part in elements), None if rest is None else rest.encode
        )
        self.coerce = self._any_length(rest) if rest is not None else self._fixed

    def _any_length(self, rest: Type) -> Callable[[Any], Any]:
        check = _elements(rest, "{}")

        def coerce(value: object) -> Any:
            if not isinstance(value, tuple):
                raise Refused(self.name, value)
            return tuple(check(value))

        return coerce

    def _fixed(self, value: object) -> Any:
        if not isinstance(value, tuple):
            raise Refused(self.name, value)
        if len(value) != len(self.elements):
            raise Refused(f"{self.name}, {len(self.elements)} elements", value)
        checked = []
        for position, (element, item) in enumerate(zip(self.elements, value, strict=True)):
            try:
                checked.append(element.coerce(item))
            except Refused as refused:
                where = f"[{position}]{refused.path}"
                raise Refused(refused.expected, refused.value, where) from None
        return tuple(checked)

    def parts(self) -> tuple[Type, ...]:
        return self.elements if self.rest is None else (self.rest,)

    def rebuilt(self, parts: tuple[Type, ...]) -> Type:
        return TupleType(parts) if self.rest is None else TupleType((), parts[0])

    def __str__(self) -> str:
        if self.rest is not None:
            return f"tuple[{self.rest}, ...]"
        return f"tuple[{', '.join(map(str, self.elements))}]"

    def exact(self, value: object) -> bool:
        if not isinstance(value, tuple):
            return False
        if self.rest is not None:
            return all(map(self.rest.exact, value))
        return len(value) == len(self.elements) and all(
            element.exact(item) for element, item in zip(self.elements, value, strict=True)
        )


class DictType(Type):
    """`dict[K, V]`; a list of pairs is refused."""

    __slots__ = ("element", "key")

    def __init__(self, key: Type, element: Type) -> None:
        super().__init__()
        self.key = key
        self.element = element
        self.generic = any(part.generic for part in self.parts())
        self.holds_configs = key.holds_configs or element.holds_configs
        self.only_paths = key.only_paths and element.only_paths
        if is_number(key.plain) and is_number(element.plain):
            self.encode = numbers_dict_encoder(key.plain, element.plain)
        else:
            self.encode = dict_encoder(key.encode, element.encode)
        self.coerce = self._coerce

    def _coerce(self, value: object) -> Any:
        if not isinstance(value, dict):
            raise Refused(self.name, value)
        key, element = self.key, self.element
        if (
            key.plain is not None
            and element.plain is not None
            and set(map(type, value)) <= {key.plain}
            and set(map(type, value.values())) <= {element.plain}
        ):
            return dict(value)
        checked = {}
        for name, item in value.items():
            try:
                name = key.coerce(name)
            except Refused as refused:
                where = f"[key {refused.value!r}]"
                raise Refused(refused.expected, refused.value, where) from None
            try:
                checked[name] = element.coerce(item)
            except Refused as refused:
                where = f"[{name!r}]{refused.path}"
                raise Refused(refused.expected, refused.value, where) from None
        return checked

    def parts(self) -> tuple[Type, ...]:
        return (self.key, self.element)

    def rebuilt(self, parts: tuple[Type, ...]) -> Type:
        return DictType(*parts)

    def __str__(self) -> str:
        return f"dict[{self.key}, {self.element}]"

    def exact(self, value: object) -> bool:
        return isinstance(value, dict) and all(
            self.key.exact(name) and self.element.exact(item) for name, item in value.items()
        )


def is_container(type: Type) -> bool:
    """Return whether a value of the type may have any number of elements."""
    return isinstance(type, (ListType, SetType, TupleType, DictType)) or any(
        map(is_container, type.parts())
    )
