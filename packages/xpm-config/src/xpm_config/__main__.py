"""`python -m xpm_config`: shows the arguments of a class, and compares configurations."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from . import Config, ConfigError, explain, from_file
from ._documents.lookup import find_class
from ._model.argument import UNSET, Argument
from ._model.display import show_value
from ._model.docstrings import class_documentation
from ._model.state import ConfigClass, ConfigObject


def describe_default(argument: Argument) -> str:
    """Return the default of an argument as text ("" without one)."""
    if argument.default is not UNSET:
        return show_value(argument.default)
    if argument.default_factory is not None:
        factory: object = argument.default_factory
        if isinstance(factory, type) and issubclass(factory, ConfigObject):
            return f"{factory.__xpmtype__.cls.__qualname__}.C()"
        return f"{getattr(factory, '__qualname__', factory)}()"
    if argument.generator is not None:
        return "generated when sealed"
    return "" if argument.required else "None"


def describe_class(cls: type[ConfigClass]) -> str:
    """Return the documentation of a configuration class and its arguments, as text."""
    schema = cls.__xpmtype__
    lines = [f"{schema.full_name}  (identifier {schema.identifier})"]
    for paragraph in class_documentation(cls):
        if paragraph:
            lines += ["", *(f"  {line}".rstrip() for line in paragraph.splitlines())]
    rows = []
    for argument in schema.arguments.values():
        default = describe_default(argument)
        kind = "" if argument.kind == "param" else f" ({argument.kind})"
        rows.append((argument, f"  {argument.name}: {argument.type}{kind}", default))
    if rows:
        lines += ["", "arguments:"]
    for argument, title, default in rows:
        lines.append(title + (f" = {default}" if default else "  [required]"))
        lines += [f"      {line}" for line in (argument.help or "").splitlines()]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m xpm_config", description="Typed configurations, from the command line."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="show the arguments of configuration classes")
    show.add_argument("classes", nargs="+", metavar="MODULE:CLASS")
    show.set_defaults(run=_show)
    compare = commands.add_parser(
        "compare",
        help="show the differences that count between two configurations",
        description="Ends with status 0 if the identifiers are equal, else 1.",
    )
    compare.add_argument("first", type=Path, help="a JSON or YAML file")
    compare.add_argument("second", type=Path)
    compare.add_argument(
        "--class", dest="cls", metavar="MODULE:CLASS", help="where the files do not name it"
    )
    compare.set_defaults(run=_compare)
    return parser


def _show(options: argparse.Namespace) -> int:
    print("\n\n".join(describe_class(find_class(name)) for name in options.classes))
    return 0


def _compare(options: argparse.Namespace) -> int:
    cls: type[Any] = find_class(options.cls) if options.cls else Config
    first, second = from_file(cls, options.first), from_file(cls, options.second)
    print(explain(first, second))
    return int(first.__identifier__() != second.__identifier__())


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: words after the program's name; those of the process without any.

    Returns:
        The exit status: 2 for wrong input.
    """
    # as for `python -m`, modules beside the user are found
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ConfigError, LookupError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
