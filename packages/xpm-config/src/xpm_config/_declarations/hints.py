"""The annotations that declare arguments: `Param[T]`, `Meta[T]`, `Constant[T]`, ...

For a type checker `Param[T]` is `T`. When the program runs it is a small object of our
own: it costs a tenth of what `typing.Annotated` would, and says more in messages.
"""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, overload

from xpm_config._model.argument import UNSET
from xpm_config._model.groups import ParameterGroup, check_group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

T = TypeVar("T")

PARAM, META, CONSTANT, DATA = "param", "meta", "constant", "data"


class Hint:
    """What `Param[T]` is when the program runs: a kind and a type expression."""

    __slots__ = ("expression", "kind")

    def __init__(self, kind: str, expression: object) -> None:
        self.kind = kind
        self.expression = expression

    def __repr__(self) -> str:
        shown = getattr(self.expression, "__qualname__", None) or repr(self.expression)
        return f"{self.kind.capitalize()}[{shown}]"

    def __call__(self, *args: object, **kwargs: object) -> object:
        # typing.Annotated[Param[int], ...] takes callables alone on Python 3.10
        raise TypeError(f"{self!r} is an annotation; it cannot be called")


class HintForm:
    """`Param`, `Meta`, `Constant`: what gives a hint when subscripted."""

    __slots__ = ("__name__", "kind")

    def __init__(self, name: str, kind: str) -> None:
        self.__name__ = name
        self.kind = kind

    def __getitem__(self, expression: object) -> Hint:
        return Hint(self.kind, expression)

    def __repr__(self) -> str:
        return f"xpm_config.{self.__name__}"


if TYPE_CHECKING:
    Param = Annotated[T, PARAM]
    Meta = Annotated[T, META]
    Option = Annotated[T, META]
    Constant = Annotated[T, CONSTANT]
    DataPath = Annotated[Path, DATA]
    OptionalDataPath = Annotated[Path | None, DATA]
    Array = list
else:
    Param = HintForm("Param", PARAM)
    Meta = HintForm("Meta", META)
    Option = Meta
    Constant = HintForm("Constant", CONSTANT)
    # The type of paths is named by text, so that pathlib is imported when a class needs it.
    DataPath = Hint(DATA, "Path")
    OptionalDataPath = Hint(DATA, "Path | None")
    Array = list

DependentMarker = typing.Callable[[Any], Any]
"""The type of `dep`, which marks a configuration as produced by a task."""


class Choices:
    """Annotation of an argument that takes one of the given values.

    Args:
        values: the values, or a dictionary whose keys are the values.
    """

    __slots__ = ("values",)

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = tuple(values)

    def __repr__(self) -> str:
        return f"Choices({list(self.values)!r})"


class Help:
    """Annotation that documents an argument: `Annotated[int, help("how many")]`.

    Args:
        text: the documentation.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Field:
    """What `field(...)` gives when the program runs."""

    __slots__ = (
        "default",
        "default_factory",
        "groups",
        "ignore_default",
        "ignore_generated",
        "overrides",
    )

    def __init__(
        self,
        *,
        default: Any = UNSET,
        default_factory: Callable[..., Any] | None = None,
        ignore_default: Any = None,
        ignore_generated: bool = False,
        overrides: bool = False,
        groups: Iterable[ParameterGroup] | None = None,
    ) -> None:
        if default is not UNSET and default_factory is not None:
            raise TypeError("field(): give either default or default_factory, not both")
        self.default = default
        self.default_factory = default_factory
        self.ignore_default = ignore_default
        self.ignore_generated = ignore_generated
        self.overrides = overrides
        self.groups = frozenset(groups) if groups else frozenset()
        for group in self.groups:
            check_group(group, "field")


if TYPE_CHECKING:

    @overload
    def field(
        *,
        default: T,
        ignore_default: Any = ...,
        ignore_generated: bool = ...,
        overrides: bool = ...,
        groups: Iterable[ParameterGroup] | None = ...,
    ) -> T: ...
    @overload
    def field(
        *,
        default_factory: Callable[..., T],
        ignore_default: Any = ...,
        ignore_generated: bool = ...,
        overrides: bool = ...,
        groups: Iterable[ParameterGroup] | None = ...,
    ) -> T: ...
    @overload
    def field(
        *,
        ignore_default: Any,
        ignore_generated: bool = ...,
        overrides: bool = ...,
        groups: Iterable[ParameterGroup] | None = ...,
    ) -> Any: ...
    @overload
    def field(
        *,
        ignore_generated: bool = ...,
        overrides: bool = ...,
        groups: Iterable[ParameterGroup] | None = ...,
    ) -> Any: ...
    def field(**_: Any) -> Any:
        """Declare properties of an argument beyond its type.

        Args:
            default: the value where none is given; it counts in identifiers.
            default_factory: called without argument for the default of each configuration;
                or a `PathGenerator`, whose path is known when the configuration is sealed.
            ignore_default: True: a value equal to the default does not count in identifiers.
                (Another value is the older spelling of `default=value, ignore_default=True`.)
            ignore_generated: the value may hold paths that were generated for another task.
            overrides: the argument deliberately replaces an inherited one.
            groups: groups of the argument, for partial identifiers.

        Raises:
            TypeError: both `default` and `default_factory` are given.
        """

else:
    field = Field
