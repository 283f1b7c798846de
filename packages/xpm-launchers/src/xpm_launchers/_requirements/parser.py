"""The language of requirements."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, VisitError

from xpm_launchers.exceptions import RequirementError

from .requirements import (
    HostSimpleRequirement,
    RequirementUnion,
    cpu,
    cuda_gpu,
    gpu,
    mps_gpu,
    of_duration,
)
from .units import parse_duration, parse_memory

GRAMMAR = r"""
?start: union
union: conjunction ("|" conjunction)*
conjunction: part ("&" part)*
?part: duration | processors | accelerators
duration: "duration" "=" QUANTITY
processors: "cpu" "(" [field ("," field)*] ")"
?field: "mem" "=" QUANTITY -> memory
      | "cores" "=" NUMBER -> cores
accelerators: KIND "(" ["mem" "=" QUANTITY] ")" ["*" NUMBER]
KIND: "cuda" | "mps" | "gpu"
QUANTITY: /[\d.]+\s*[A-Za-z]*/
NUMBER: /\d+/
%ignore /\s+/
"""

_EXPECTED = {
    "QUANTITY": "a number with a unit",
    "NUMBER": "a number",
    "DURATION": "'duration'",
    "CPU": "'cpu'",
    "KIND": "'cuda', 'gpu', 'mps'",
    "MEM": "'mem'",
    "CORES": "'cores'",
    "LPAR": "'('",
    "RPAR": "')'",
    "EQUAL": "'='",
    "COMMA": "','",
    "STAR": "'*'",
    "VBAR": "'|'",
    "AMPERSAND": "'&'",
    "$END": "the end",
}
_WORDS = ("cores", "cpu", "cuda", "duration", "gpu", "mem", "mps")
_KINDS = {"cuda": cuda_gpu, "gpu": gpu, "mps": mps_gpu}


class _Fault(Exception):
    """A token that is grammatical and wrong."""

    def __init__(self, token: Token, message: str) -> None:
        self.token, self.message = token, message


def _read(parse: Any, token: Token) -> int:
    try:
        value: int = parse(str(token))
    except ValueError as error:
        raise _Fault(token, str(error)) from None
    return value


@v_args(inline=True)
class _Builder(Transformer[Token, RequirementUnion]):
    """Makes requirements of the syntax tree."""

    def union(self, *parts: HostSimpleRequirement) -> RequirementUnion:
        return RequirementUnion(*parts)

    def conjunction(self, *parts: HostSimpleRequirement) -> HostSimpleRequirement:
        return HostSimpleRequirement(*parts)

    def duration(self, token: Token) -> HostSimpleRequirement:
        return of_duration(_read(parse_duration, token))

    def memory(self, token: Token) -> tuple[str, int]:
        return ("mem", _read(parse_memory, token))

    def cores(self, token: Token) -> tuple[str, int]:
        return ("cores", _read(int, token))

    def processors(self, *fields: tuple[str, int] | None) -> HostSimpleRequirement:
        return cpu(**dict(field for field in fields if field is not None))

    def accelerators(
        self, kind: Token, memory: Token | None, count: Token | None
    ) -> HostSimpleRequirement:
        requirement = _KINDS[str(kind)](
            mem=_read(parse_memory, memory) if memory is not None else None
        )
        if count is None:
            return requirement
        number = _read(int, count)
        if number < 1:
            raise _Fault(count, "expected at least 1")
        return requirement * number


@lru_cache(maxsize=1)
def _parser() -> Callable[[str], RequirementUnion]:
    # The type of `Lark.parse` is that of a tree, of which the builder makes something else.
    parse: Any = Lark(GRAMMAR, parser="lalr", transformer=_Builder(), maybe_placeholders=True).parse
    made: Callable[[str], RequirementUnion] = parse
    return made


def parse(expr: str) -> RequirementUnion:
    """Read a requirement, such as `"duration=4h & cuda(mem=8GiB) * 2 | duration=8h & mps()"`.

    Alternatives are separated by `|`, the preferred one first; what one alternative needs, by
    `&`: `duration=N unit` (`d h m s` and longer names), `cpu(mem=SIZE, cores=N)`,
    `cuda(mem=SIZE) * N`, `mps(...)`, `gpu(...)` (any type). Sizes have a unit: `M G T` are
    powers of 1000, `MiB GiB TiB` of 1024.

    Raises:
        RequirementError: With a caret under the fault.
        TypeError: When `expr` is not a string.
    """
    if not isinstance(expr, str):
        raise TypeError(f"expected a requirement such as 'cpu(cores=4)', got {expr!r}")
    try:
        return _parser()(expr)
    except _Fault as fault:
        at = fault.token.start_pos or 0
        raise RequirementError(expr, at, fault.message) from None
    except VisitError as error:
        if isinstance(error.orig_exc, _Fault):
            at = error.orig_exc.token.start_pos or 0
            raise RequirementError(expr, at, error.orig_exc.message) from None
        raise
    except UnexpectedInput as error:
        position, hint = _near(expr, _position(expr, error))
        raise RequirementError(expr, position, _message(error) + hint) from None


def _near(expr: str, position: int) -> tuple[int, str]:
    """Return where the name at a fault begins and a hint, if one of the language is near."""
    for name in re.finditer(r"[A-Za-z]+", expr):
        if name.start() <= position <= name.end() and name[0] not in _WORDS:
            near = get_close_matches(name[0].lower(), _WORDS, n=1)
            if near:
                return name.start(), f" (did you mean {near[0]!r}?)"
    return position, ""


def _position(expr: str, error: UnexpectedInput) -> int:
    token = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        return len(expr.rstrip())
    return getattr(error, "pos_in_stream", None) or 0


def _message(error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedCharacters):
        names = error.allowed or set()
    else:
        names = getattr(error, "accepts", None) or getattr(error, "expected", None) or set()
    expected = sorted({_EXPECTED.get(name, name) for name in names})
    return "expected " + (" or ".join(expected) if expected else "something else")
