"""Documentation of classes and arguments, read from their source when it is asked for.

An argument is documented in the class's docstring (`Attributes:`, in any style that
docstring-parser knows), by a string literal under it, or by `#:` comments above it or
behind it. The nearest to the argument wins.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache

import docstring_parser


def argument_help(cls: type, name: str) -> str | None:
    """Return documentation of an argument that a class declares, or None."""
    return _source_helps(cls).get(name) or _docstring(cls)[2].get(name)


def class_documentation(cls: type) -> tuple[str | None, str | None]:
    """Return the first line of a class's documentation and the rest, without that of arguments."""
    return _docstring(cls)[:2]


@cache
def _docstring(cls: type) -> tuple[str | None, str | None, dict[str, str]]:
    text = vars(cls).get("__doc__")
    if not isinstance(text, str):
        return None, None, {}
    try:
        parsed = docstring_parser.parse(text)
    except docstring_parser.ParseError:
        title, _, rest = inspect.cleandoc(text).partition("\n")
        return title or None, rest.strip() or None, {}
    helps = {p.arg_name: p.description or "" for p in parsed.params}
    return parsed.short_description or None, parsed.long_description or None, helps


@cache
def _source_helps(cls: type) -> dict[str, str]:
    """Return documentation of arguments in the body of a class: literals and `#:` comments."""
    try:
        lines, _ = inspect.getsourcelines(cls)
        source = textwrap.dedent("".join(lines))
        node = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return {}  # no source: the class was made by exec, or at a prompt
    if not isinstance(node, ast.ClassDef):
        return {}
    return _body_helps(node, source.splitlines())


def _body_helps(node: ast.ClassDef, lines: list[str]) -> dict[str, str]:
    helps = {}
    for position, statement in enumerate(node.body):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        following = node.body[position + 1] if position + 1 < len(node.body) else None
        text = _literal(following) or _comments(statement, lines)
        if text:
            helps[statement.target.id] = text
    return helps


def _literal(statement: ast.stmt | None) -> str:
    if (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    ):
        return inspect.cleandoc(statement.value.value)
    return ""


def _comments(statement: ast.AnnAssign, lines: list[str]) -> str:
    end = (statement.end_lineno or statement.lineno) - 1
    # columns of a syntax tree count bytes
    behind = lines[end].encode()[statement.end_col_offset or 0 :].decode().strip()
    if behind.startswith("#:"):
        return behind[2:].strip()
    above: list[str] = []
    at = statement.lineno - 2
    while at >= 0 and lines[at].strip().startswith("#:"):
        above.insert(0, lines[at].strip()[2:].strip())
        at -= 1
    return "\n".join(above)
