"""Values in the nodes of a YAML file: whatever is wrong is refused with its file, line and key.

YAML is taken as its tree of nodes, not as Python values: nodes know their lines, keys that are
given twice are still two, and a text is what was written (`VERSION: 1.10` is not 1.1).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from xpm_scheduler.exceptions import SettingsError

T = TypeVar("T")

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: The keys of each kind of section, and those of release 2.x that have no effect any more.
_KEYS: dict[str, tuple[str, ...]] = {
    "settings": ("server", "env", "workspaces", "history"),
    "server": ("port", "host", "token"),
    "history": ("max_done", "max_failed"),
    "workspace": (
        "id",
        "path",
        "env",
        "triggers",
        "max_retries",
        "history",
        "folders",
        "alt_workspaces",
        "ssh",
    ),
    "folder": ("path", "mode"),
    "ssh": ("host", "shell_init", "uv_offline", "python", "xpm_path", "options"),
}
_RETIRED = {"settings": ("carbon",), "server": ("autohost",), "workspace": ("lock_mode",)}

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")

#: Which warnings were given: once for each place.
_warned: dict[Any, Any] = {}


class YamlReader:
    """Reads values of one file; methods take a node and the path of keys that leads to it.

    Args:
        file: the file.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._loader: Any = None

    def root(self) -> Node | None:
        try:
            self._loader = _Loader(self.file.read_bytes())
            node: Node | None = self._loader.get_single_node()
            return node
        except OSError as error:
            raise SettingsError(f"{self.file}: cannot be read: {error.strerror}") from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            place = f"{self.file}:{mark.line + 1}" if mark else str(self.file)
            raise SettingsError(f"{place}: expected YAML: {error.problem}") from None
        except yaml.YAMLError as error:
            text = str(error).splitlines()[0]
            raise SettingsError(f"{self.file}: expected YAML: {text}") from None

    def section(self, node: Node | None, at: str, kind: str) -> dict[str, Node]:
        """Return the keys that a section gives, with their nodes; keys without value are left out.

        Args:
            node: the section; `None` when it is not there.
            at: the path of keys.
            kind: which keys are valid.
        """
        given = self.mapping(node, at, f"{', '.join(_KEYS[kind])}")
        for key, (name, _) in given.items():
            if key in _RETIRED.get(kind, ()):
                self.warn(name, join(at, key), "has no effect any more; remove it")
            elif key not in _KEYS[kind]:
                self.fail(name, join(at, key), _unknown(key, kind))
        return {key: value for key, (_, value) in given.items() if not _is_null(value)}

    def mapping(
        self, node: Node | None, at: str, expected: str
    ) -> dict[str, tuple[ScalarNode, Node]]:
        if node is None or _is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            self.fail(node, at, f"expected keys with values ({expected}), got {_shown(node)}")
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                self.fail(key, at, f"expected a name as key, got {_shown(key)}")
            if key.value in seen and key.value != "<<":
                self.fail(key, join(at, key.value), f"is given in line {seen[key.value]} already")
            seen[key.value] = line_of(key)
        self._loader.flatten_mapping(node)  # what `<<` merges in
        return {key.value: (key, value) for key, value in node.value}

    def environment(self, node: Node | None, at: str) -> dict[str, str]:
        found = {}
        for name, (key, value) in self.mapping(node, at, "names of variables").items():
            if not name or "=" in name:
                self.fail(key, at, f"expected the name of a variable, got {name!r}")
            found[name] = self.text(value, f"{at}.{name}")
        return found

    def items(self, node: Node | None, at: str) -> list[tuple[str, Node]]:
        if node is None or _is_null(node):
            return []
        if not isinstance(node, SequenceNode):
            self.fail(node, at, f"expected a list, got {_shown(node)}")
        return [(f"{at}[{index}]", each) for index, each in enumerate(node.value)]

    def texts(self, given: dict[str, Node], at: str, key: str) -> list[str]:
        return [self.text(node, place) for place, node in self.items(given.get(key), f"{at}.{key}")]

    def required(self, node: Node, given: dict[str, Node], at: str, key: str) -> str:
        if key not in given:
            hint = " (a lone ~ is nothing in YAML: quote it)" if key == "path" else ""
            self.fail(node, f"{at}.{key}", f"expected a value{hint}, got nothing")
        return self.text(given[key], f"{at}.{key}")

    def optional(
        self, given: dict[str, Node], at: str, key: str, read: Callable[[Node, str], T]
    ) -> T | None:
        return read(given[key], join(at, key)) if key in given else None

    def text(self, node: Node, at: str) -> str:
        if not isinstance(node, ScalarNode) or _is_null(node):
            self.fail(node, at, f"expected a text, got {_shown(node)}")
        return str(node.value)

    def count(self, node: Node, at: str) -> int:
        if not isinstance(node, ScalarNode) or not node.value.isdecimal():
            self.fail(node, at, f"expected a whole number, 0 or more, got {_shown(node)}")
        return int(node.value)

    def flag(self, node: Node, at: str) -> bool:
        value = node.value.lower() if isinstance(node, ScalarNode) else None
        if value not in _TRUE + _FALSE:
            self.fail(node, at, f"expected true or false, got {_shown(node)}")
        return value in _TRUE

    def check_path(self, node: Node, at: str, path: Path) -> None:
        if not path.is_absolute() and not str(path).startswith("~"):
            self.fail(node, at, f"expected a path that begins with / or ~, got {str(path)!r}")
        try:
            path.expanduser()
        except RuntimeError:
            self.fail(node, at, f"expected a user of this host, got {path.parts[0]!r}")

    def fail(self, node: Node, at: str, message: str) -> NoReturn:
        raise SettingsError(
            f"{self.file}:{line_of(node)}: {at}: {message}"
            if at
            else f"{self.file}:{line_of(node)}: {message}"
        )

    def warn(self, node: Node, at: str, message: str) -> None:
        # As if the program itself warned: it is for the user, who wrote the file.
        warnings.warn_explicit(
            f"{at} {message}",
            DeprecationWarning,
            str(self.file),
            line_of(node),
            module="__main__",
            registry=_warned,
        )


def join(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def line_of(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _is_null(node: Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _shown(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "keys with values"
    if isinstance(node, SequenceNode):
        return "a list"
    return "nothing" if _is_null(node) else repr(node.value)


def expected_one_of(valid: list[str], got: str) -> str:
    return f"expected {' or '.join(valid) or 'nothing'}, got {got!r}{_nearest(got, valid)}"


def _unknown(key: str, kind: str) -> str:
    near = _nearest(key, _KEYS[kind])
    if not near:
        homes = [other for other, keys in _KEYS.items() if key in keys]
        near = f"; it is a key of {' and '.join(homes)}" if homes else ""
    return f"unknown key{near} (valid here: {', '.join(_KEYS[kind])})"


def _nearest(name: str, known: list[str] | tuple[str, ...]) -> str:
    found = get_close_matches(name, known, 1, 0.6)
    return f"; did you mean {found[0]!r}?" if found else ""
