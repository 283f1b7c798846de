"""Configurations in JSON and YAML files."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xpm_config._model.checks import checked_info
from xpm_config.exceptions import DocumentError, EncodingError

from .errors import Fault, inner
from .json_places import json_line
from .reader import read
from .writer import to_dict

if TYPE_CHECKING:
    from collections.abc import Callable

    # gives the line of a path, or of its last key
    LineOf = Callable[[tuple[object, ...], bool], int]

C = TypeVar("C")

VERSION = 1

# JSON's and YAML's own libraries recurse.
_TOO_DEEP = (
    "nested too deeply for a file (some 300 levels of configurations and containers are the "
    "most); from_dict and to_dict have no such limit"
)


def _is_yaml(path: Path) -> bool:
    if path.suffix in (".yaml", ".yml"):
        return True
    if path.suffix == ".json":
        return False
    raise DocumentError(f"{path}: expected a file named .json, .yaml or .yml")


def _yaml() -> Any:
    try:
        import yaml  # the extra `yaml`
    except ImportError:
        raise DocumentError(
            "YAML files need PyYAML: install xpm-config with its extra, xpm-config[yaml]"
        ) from None
    return yaml


def from_file(cls: type[C], path: str | os.PathLike[str]) -> C:
    """Return a configuration made from a file.

    Args:
        cls: its class; `Config` where the file names it under `$type`.
        path: a file whose name ends in `.json`, or `.yaml` or `.yml` (which need the
            extra `yaml`).

    Raises:
        DocumentError: the file does not describe a configuration of this class; the message
            gives the file, the line and the place in the document.
        OSError: the file cannot be read.
    """
    file = Path(path)
    parse = _parse_yaml if _is_yaml(file) else _parse_json
    try:
        data, lines = parse(file, file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DocumentError(f"{file}: not UTF-8: {error}") from None
    except RecursionError:
        raise DocumentError(f"{file}: {_TOO_DEEP}") from None
    try:
        _check_version(data)
        return read(cls, data)
    except Fault as fault:
        raise DocumentError(f"{file}:{lines(fault.path, fault.key)}: {fault}") from None


def _check_version(data: object) -> None:
    version: object = data.get("$version", VERSION) if isinstance(data, dict) else VERSION
    if not isinstance(version, int) or version > VERSION:
        raise Fault(inner(None, "$version"), f"expected a version up to {VERSION}, got {version!r}")


def to_file(config: object, path: str | os.PathLike[str]) -> None:
    """Write a configuration to a file.

    Args:
        config: a configuration.
        path: a file whose name ends in `.json`, `.yaml` or `.yml`; it is replaced at once.

    Raises:
        EncodingError: the configuration holds a value that plain data cannot express, or
            nests more than some 300 levels of configurations and containers.
        OSError: the file cannot be written.
    """
    file = Path(path)
    data = {"$version": VERSION, **to_dict(config)}
    try:
        if _is_yaml(file):
            text = _yaml().safe_dump(data, sort_keys=False, allow_unicode=True)
        else:
            text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    except RecursionError:
        raise EncodingError(f"{checked_info(config).shown}, for {file}: {_TOO_DEEP}") from None
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        # mkstemp keeps others out; a file has the permissions that the user's mask leaves
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise


def _parse_yaml(file: Path, text: str) -> tuple[object, LineOf]:
    yaml = _yaml()
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data: object = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line: int = mark.line + 1 if mark is not None else 1
        problem: object = getattr(error, "problem", None) or error
        raise DocumentError(f"{file}:{line}: not YAML: {problem}") from None
    except ValueError as error:  # such as the date 2026-99-99
        raise DocumentError(f"{file}: not YAML: {error}") from None
    _refuse_doubles(yaml, file, root)

    def line_of(path: tuple[object, ...], key: bool) -> int:
        node, line = root, 1 if root is None else root.start_mark.line + 1
        for step in path:
            for at, found in _yaml_items(yaml, node):
                if at[0] == str(step):
                    node, line = found, at[1]
                    break
            else:
                break
        return int(line)

    return data, line_of


def _yaml_items(yaml: Any, node: Any) -> list[tuple[tuple[str, int], Any]]:
    if isinstance(node, yaml.MappingNode):
        return [((str(key.value), key.start_mark.line + 1), item) for key, item in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [((str(i), item.start_mark.line + 1), item) for i, item in enumerate(node.value)]
    return []


def _refuse_doubles(yaml: Any, file: Path, root: Any) -> None:
    stack, seen = [root], set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))  # an alias leads to the same node
        names = set()
        for (name, line), item in _yaml_items(yaml, node):
            if isinstance(node, yaml.MappingNode) and name != "<<":
                if name in names:
                    raise DocumentError(f"{file}:{line}: {_given_twice(name)}")
                names.add(name)
            stack.append(item)


def _given_twice(name: str) -> str:
    return f"the key {name!r} is given twice in one object"


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set()
        for name, _ in pairs:
            if name in seen:
                raise DocumentError(_given_twice(name))
            seen.add(name)
    return found


def _parse_json(file: Path, text: str) -> tuple[object, LineOf]:
    try:
        data: object = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise DocumentError(f"{file}:{error.lineno}: not JSON: {error.msg}") from None
    except ValueError as error:  # such as an int of 5,000 digits
        raise DocumentError(f"{file}: {error}") from None
    return data, lambda path, key: json_line(text, path)
