"""Reading ``settings.yaml``: whatever is wrong is refused with its file, line and key.

YAML is taken as its tree of nodes, not as Python values: nodes know their lines, keys that are
given twice are still two, and a text is what was written (``VERSION: 1.10`` is not 1.1).
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

from .model import (
    FolderMode,
    FolderSettings,
    HistorySettings,
    ServerSettings,
    Settings,
    SSHSettings,
    WorkspaceSettings,
)

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


def read_settings(file: Path) -> Settings:
    """Read a settings file.

    Raises:
        SettingsError: it cannot be read, or something in it means nothing.
    """
    return _Reader(file).settings()


class _Reader:
    """Reads one file; every method takes a node and the path of keys that leads to it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._loader: Any = None

    def settings(self) -> Settings:
        root = self._root()
        if root is None:
            return Settings()
        given = self._section(root, "", "settings")
        history = self._history(given, "", HistorySettings())
        result = Settings(
            env=self._environment(given.get("env"), "env"),
            history=history,
            server=self._server(given.get("server")),
        )
        lines: dict[str, int] = {}
        for at, node in self._items(given.get("workspaces"), "workspaces"):
            workspace = self._workspace(node, at, history)
            if workspace.id in lines:
                where = f"the workspace of line {lines[workspace.id]} has the same"
                self._fail(node, f"{at}.id", f"two workspaces are named {workspace.id!r}: {where}")
            lines[workspace.id] = _line(node)
            result.workspaces.append(workspace)
        self._check_alternatives(given.get("workspaces"), result)
        return result

    def _root(self) -> Node | None:
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

    # --------------------------------------------------------------------- the sections

    def _server(self, node: Node | None) -> ServerSettings:
        given = self._section(node, "server", "server")
        return ServerSettings(
            port=self._optional(given, "server", "port", self._count),
            host=self._optional(given, "server", "host", self._text),
            token=self._optional(given, "server", "token", self._text),
        )

    def _history(
        self, parent: dict[str, Node], where: str, default: HistorySettings
    ) -> HistorySettings:
        at = _join(where, "history")
        given = self._section(parent.get("history"), at, "history")
        done = self._optional(given, at, "max_done", self._count)
        failed = self._optional(given, at, "max_failed", self._count)
        return HistorySettings(
            default.max_done if done is None else done,
            default.max_failed if failed is None else failed,
        )

    def _workspace(self, node: Node, at: str, history: HistorySettings) -> WorkspaceSettings:
        given = self._section(node, at, "workspace")
        ssh = self._ssh(given["ssh"], f"{at}.ssh") if "ssh" in given else None
        retries = self._optional(given, at, "max_retries", self._count)
        path = Path(self._required(node, given, at, "path"))
        if ssh is None:
            self._check_path(given["path"], f"{at}.path", path)
        return WorkspaceSettings(
            id=self._required(node, given, at, "id"),
            path=path,
            env=self._environment(given.get("env"), f"{at}.env"),
            alt_workspaces=self._texts(given, at, "alt_workspaces"),
            folders=[
                self._folder(each, place)
                for place, each in self._items(given.get("folders"), f"{at}.folders")
            ],
            max_retries=3 if retries is None else retries,
            triggers=self._texts(given, at, "triggers"),
            history=self._history(given, at, history),
            ssh=ssh,
        )

    def _folder(self, node: Node, at: str) -> FolderSettings:
        given = self._section(node, at, "folder")
        path = Path(self._required(node, given, at, "path"))
        self._check_path(given["path"], f"{at}.path", path)
        mode = self._required(node, given, at, "mode")
        modes = [each.value for each in FolderMode]
        if mode not in modes:
            self._fail(given["mode"], f"{at}.mode", _expected_one_of(modes, mode))
        return FolderSettings(path, FolderMode(mode))

    def _ssh(self, node: Node, at: str) -> SSHSettings:
        given = self._section(node, at, "ssh")
        return SSHSettings(
            host=self._required(node, given, at, "host"),
            shell_init=self._optional(given, at, "shell_init", self._text),
            uv_offline=bool(self._optional(given, at, "uv_offline", self._flag)),
            python=self._optional(given, at, "python", self._text),
            xpm_path=self._optional(given, at, "xpm_path", self._text),
            options=self._texts(given, at, "options"),
        )

    def _check_alternatives(self, nodes: Node | None, settings: Settings) -> None:
        """The deprecated ``alt_workspaces`` must name workspaces, and say what to write."""
        paths = {workspace.id: workspace.path for workspace in settings.workspaces}
        for (at, node), workspace in zip(
            self._items(nodes, "workspaces"), settings.workspaces, strict=True
        ):
            if not workspace.alt_workspaces:
                continue
            key = self._section(node, at, "workspace")["alt_workspaces"]
            for place, each in self._items(key, f"{at}.alt_workspaces"):
                if each.value not in paths:
                    self._fail(each, place, _expected_one_of(list(paths), each.value))
            instead = ", ".join(
                f"{{path: {paths[name]}, mode: use}}" for name in workspace.alt_workspaces
            )
            self._warn(key, f"{at}.alt_workspaces", f"is deprecated; write folders: [{instead}]")

    # ------------------------------------------------------------------------ the values

    def _section(self, node: Node | None, at: str, kind: str) -> dict[str, Node]:
        """The keys that a section gives, and their nodes; keys without a value are not given."""
        given = self._mapping(node, at, f"{', '.join(_KEYS[kind])}")
        for key, (name, _) in given.items():
            if key in _RETIRED.get(kind, ()):
                self._warn(name, _join(at, key), "has no effect any more; remove it")
            elif key not in _KEYS[kind]:
                self._fail(name, _join(at, key), _unknown(key, kind))
        return {key: value for key, (_, value) in given.items() if not _is_null(value)}

    def _mapping(
        self, node: Node | None, at: str, expected: str
    ) -> dict[str, tuple[ScalarNode, Node]]:
        if node is None or _is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            self._fail(node, at, f"expected keys with values ({expected}), got {_shown(node)}")
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                self._fail(key, at, f"expected a name as key, got {_shown(key)}")
            if key.value in seen and key.value != "<<":
                self._fail(key, _join(at, key.value), f"is given in line {seen[key.value]} already")
            seen[key.value] = _line(key)
        self._loader.flatten_mapping(node)  # what `<<` merges in
        return {key.value: (key, value) for key, value in node.value}

    def _environment(self, node: Node | None, at: str) -> dict[str, str]:
        found = {}
        for name, (key, value) in self._mapping(node, at, "names of variables").items():
            if not name or "=" in name:
                self._fail(key, at, f"expected the name of a variable, got {name!r}")
            found[name] = self._text(value, f"{at}.{name}")
        return found

    def _items(self, node: Node | None, at: str) -> list[tuple[str, Node]]:
        if node is None or _is_null(node):
            return []
        if not isinstance(node, SequenceNode):
            self._fail(node, at, f"expected a list, got {_shown(node)}")
        return [(f"{at}[{index}]", each) for index, each in enumerate(node.value)]

    def _texts(self, given: dict[str, Node], at: str, key: str) -> list[str]:
        return [
            self._text(node, place) for place, node in self._items(given.get(key), f"{at}.{key}")
        ]

    def _required(self, node: Node, given: dict[str, Node], at: str, key: str) -> str:
        if key not in given:
            hint = " (a lone ~ is nothing in YAML: quote it)" if key == "path" else ""
            self._fail(node, f"{at}.{key}", f"expected a value{hint}, got nothing")
        return self._text(given[key], f"{at}.{key}")

    def _optional(
        self, given: dict[str, Node], at: str, key: str, read: Callable[[Node, str], T]
    ) -> T | None:
        return read(given[key], _join(at, key)) if key in given else None

    def _text(self, node: Node, at: str) -> str:
        if not isinstance(node, ScalarNode) or _is_null(node):
            self._fail(node, at, f"expected a text, got {_shown(node)}")
        return str(node.value)

    def _count(self, node: Node, at: str) -> int:
        if not isinstance(node, ScalarNode) or not node.value.isdecimal():
            self._fail(node, at, f"expected a whole number, 0 or more, got {_shown(node)}")
        return int(node.value)

    def _flag(self, node: Node, at: str) -> bool:
        value = node.value.lower() if isinstance(node, ScalarNode) else None
        if value not in _TRUE + _FALSE:
            self._fail(node, at, f"expected true or false, got {_shown(node)}")
        return value in _TRUE

    def _check_path(self, node: Node, at: str, path: Path) -> None:
        if not path.is_absolute() and not str(path).startswith("~"):
            self._fail(node, at, f"expected a path that begins with / or ~, got {str(path)!r}")
        try:
            path.expanduser()
        except RuntimeError:
            self._fail(node, at, f"expected a user of this host, got {path.parts[0]!r}")

    # ---------------------------------------------------------------------- what is said

    def _fail(self, node: Node, at: str, message: str) -> NoReturn:
        raise SettingsError(
            f"{self.file}:{_line(node)}: {at}: {message}"
            if at
            else f"{self.file}:{_line(node)}: {message}"
        )

    def _warn(self, node: Node, at: str, message: str) -> None:
        # As if said by the program itself: it is for the user, who wrote the file.
        warnings.warn_explicit(
            f"{at} {message}",
            DeprecationWarning,
            str(self.file),
            _line(node),
            module="__main__",
            registry=_warned,
        )


def _join(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _is_null(node: Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _shown(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "keys with values"
    if isinstance(node, SequenceNode):
        return "a list"
    return "nothing" if _is_null(node) else repr(node.value)


def _expected_one_of(valid: list[str], got: str) -> str:
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
