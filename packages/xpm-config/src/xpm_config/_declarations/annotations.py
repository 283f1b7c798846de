"""Reads the annotations of a class, when it is first used.

Names are looked up then: in the class's module and, for a class defined in a function,
in the function's variables as they are at that moment.
"""

from __future__ import annotations

import builtins
import re
import sys
import typing
from functools import cache
from typing import TYPE_CHECKING, Any

from xpm_config._model.argument import DATA, PARAM, UNSET
from xpm_config._model.generation import is_generator
from xpm_config.exceptions import DefinitionError

from .hints import Choices, Help, Hint, HintForm

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType, FrameType

    from xpm_config._model.generation import Generator

_simple = re.compile(r"(\w+)\[(\w+)\]").fullmatch
_head = re.compile(r"\s*([A-Za-z_]\w*(?:\.\w+)*)\s*(?:\[|$)").match


class Scope:
    """Where the names in a class's annotations are looked up.

    Args:
        cls: the class.
        frames: the functions around its definition, from the inside.
    """

    __slots__ = ("_globals", "_locals", "cls")

    def __init__(self, cls: type, frames: list[FrameType]) -> None:
        self.cls = cls
        module = sys.modules.get(cls.__module__)
        self._globals: dict[str, object] = {}
        if module is not None:
            self._globals = vars(module)
        elif frames:
            self._globals = frames[-1].f_globals
        names: dict[str, object] = {}
        for frame in reversed(frames):
            names.update(frame.f_locals)
        if cls.__name__ not in self._globals:
            names.setdefault(cls.__name__, cls)
        self._locals = names

    def find(self, name: str) -> object:
        """Return the value of a name, or `UNSET`."""
        for names in (self._locals, self._globals, vars(builtins)):
            if name in names:
                return names[name]
        return UNSET

    def evaluate(self, text: str, where: str) -> object:
        """Return the value of an annotation written as text.

        Raises:
            DefinitionError: a name in it cannot be found.
        """
        simple = _simple(text)
        if simple is not None:
            form: Any = self.find(simple[1])
            name = self.find(simple[2])
            if form is not UNSET and name is not UNSET:
                found: object = form[name]
                return found
        try:
            return self._value(text)
        except Exception as error:  # noqa: BLE001 # what users wrote
            raise DefinitionError(
                f"{self.cls.__module__}.{self.cls.__qualname__}.{where}: the annotation "
                f"{text!r} cannot be resolved: {_shown(error)}"
            ) from None

    def _value(self, text: str) -> object:
        while True:
            try:
                value: object = eval(_compiled(text), self._globals, self._locals)
                return value
            except NameError as error:
                if error.name is None or not self._import(error.name):
                    raise

    def _import(self, name: str) -> bool:
        """Import what the module imports for type checkers alone; return whether that is so."""
        from .type_checking_imports import imported_for_checkers  # rarely so

        found = imported_for_checkers(self.cls.__module__, name)
        if found is UNSET or name in self._locals:
            return False
        self._locals[name] = found
        return True

    def declares(self, text: str) -> bool:
        """Return whether an annotation written as text may declare an argument."""
        found = _head(text)
        if found is None:
            return False
        first, *rest = found.group(1).split(".")
        value = self.find(first)
        for name in rest:
            value = getattr(value, name, None)
        return isinstance(value, (HintForm, Hint)) or value is typing.Annotated


def _shown(error: Exception) -> str:
    if isinstance(error, (NameError, AttributeError, ImportError)):
        return str(error)
    return f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"


@cache
def _compiled(text: str) -> CodeType:
    """Return the same few annotations are written again and again."""
    return compile(text.strip(), "<annotation>", "eval", dont_inherit=True)


class Declaration:
    """One argument as a class declares it."""

    __slots__ = ("choices", "expression", "generator", "help", "kind", "name")

    def __init__(self, name: str, hint: Hint, extras: Iterable[object] = ()) -> None:
        self.name = name
        self.kind = hint.kind
        self.expression = _data_path(hint) if hint.kind is DATA else hint.expression
        self.choices: Choices | None = None
        self.help: str | None = None
        self.generator: Generator | None = None
        for extra in extras:
            if isinstance(extra, Choices):
                self.choices = extra
            elif isinstance(extra, Help):
                self.help = extra.text
            elif is_generator(extra):
                self.generator = extra


def _data_path(hint: Hint) -> object:
    """Return the type that `DataPath` names: pathlib is imported for those who declare one."""
    from pathlib import Path

    return Path if hint.expression == "Path" else typing.Optional[Path]  # noqa: UP045 # 3.10


def _raw_annotations(cls: type) -> dict[str, object]:
    found: dict[str, object]
    if sys.version_info >= (3, 14):
        import annotationlib  # only there

        found = annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
        return found
    found = vars(cls).get("__annotations__", {})
    return found


def declarations(cls: type, scope: Scope) -> list[Declaration]:
    """Return the arguments that the class itself declares, in order."""
    found = []
    for name, annotation in _raw_annotations(cls).items():
        if isinstance(annotation, str):
            annotation = _unquoted(annotation)
            if not scope.declares(annotation):
                continue
            annotation = scope.evaluate(annotation, name)
        if isinstance(annotation, HintForm):
            raise DefinitionError(
                f"{cls.__module__}.{cls.__qualname__}.{name}: "
                f"{annotation.__name__} needs a type, such as {annotation.__name__}[int]"
            )
        if isinstance(annotation, Hint):
            found.append(_unwrap(name, annotation))
        elif typing.get_origin(annotation) is typing.Annotated:
            inner, *extras = typing.get_args(annotation)
            if isinstance(inner, Hint):
                found.append(Declaration(name, inner, extras))
            elif any(isinstance(e, (Choices, Help)) or is_generator(e) for e in extras):
                found.append(Declaration(name, Hint(PARAM, inner), extras))
    return found


def _unquoted(text: str) -> str:
    """Return an annotation that is quoted although all of the module's are texts."""
    while text[:1] in ("'", '"'):
        from ast import literal_eval  # rarely so

        try:
            text = str(literal_eval(text))
        except SyntaxError:  # `"A" | None`
            break
    return text


def _unwrap(name: str, hint: Hint) -> Declaration:
    """Return the declaration of `Param[Annotated[T, ...]]` is `Annotated[Param[T], ...]`."""
    expression = hint.expression
    if hint.kind is not DATA and typing.get_origin(expression) is typing.Annotated:
        inner, *extras = typing.get_args(expression)
        return Declaration(name, Hint(hint.kind, inner), extras)
    return Declaration(name, hint)
