"""Reading `settings.yaml` into records."""

from __future__ import annotations

from pathlib import Path

from yaml.nodes import Node

from . import model
from .yaml_nodes import YamlReader, expected_one_of, join, line_of


def read_settings(file: Path) -> model.Settings:
    """Read a settings file.

    Raises:
        SettingsError: it cannot be read, or something in it cannot be understood.
    """
    return _SettingsReader(file).settings()


class _SettingsReader:
    """Reads the sections of one file."""

    def __init__(self, file: Path) -> None:
        self._yaml = YamlReader(file)

    def settings(self) -> model.Settings:
        root = self._yaml.root()
        if root is None:
            return model.Settings()
        given = self._yaml.section(root, "", "settings")
        history = self._history(given, "", model.HistorySettings())
        result = model.Settings(
            env=self._yaml.environment(given.get("env"), "env"),
            history=history,
            server=self._server(given.get("server")),
        )
        lines: dict[str, int] = {}
        for at, node in self._yaml.items(given.get("workspaces"), "workspaces"):
            workspace = self._workspace(node, at, history)
            if workspace.id in lines:
                where = f"the workspace of line {lines[workspace.id]} has the same"
                self._yaml.fail(
                    node, f"{at}.id", f"two workspaces are named {workspace.id!r}: {where}"
                )
            lines[workspace.id] = line_of(node)
            result.workspaces.append(workspace)
        self._check_alternatives(given.get("workspaces"), result)
        return result

    def _server(self, node: Node | None) -> model.ServerSettings:
        given = self._yaml.section(node, "server", "server")
        return model.ServerSettings(
            port=self._yaml.optional(given, "server", "port", self._yaml.count),
            host=self._yaml.optional(given, "server", "host", self._yaml.text),
            token=self._yaml.optional(given, "server", "token", self._yaml.text),
        )

    def _history(
        self, parent: dict[str, Node], where: str, default: model.HistorySettings
    ) -> model.HistorySettings:
        at = join(where, "history")
        given = self._yaml.section(parent.get("history"), at, "history")
        done = self._yaml.optional(given, at, "max_done", self._yaml.count)
        failed = self._yaml.optional(given, at, "max_failed", self._yaml.count)
        return model.HistorySettings(
            default.max_done if done is None else done,
            default.max_failed if failed is None else failed,
        )

    def _workspace(
        self, node: Node, at: str, history: model.HistorySettings
    ) -> model.WorkspaceSettings:
        given = self._yaml.section(node, at, "workspace")
        ssh = self._ssh(given["ssh"], f"{at}.ssh") if "ssh" in given else None
        retries = self._yaml.optional(given, at, "max_retries", self._yaml.count)
        path = Path(self._yaml.required(node, given, at, "path"))
        if ssh is None:
            self._yaml.check_path(given["path"], f"{at}.path", path)
        return model.WorkspaceSettings(
            id=self._yaml.required(node, given, at, "id"),
            path=path,
            env=self._yaml.environment(given.get("env"), f"{at}.env"),
            alt_workspaces=self._yaml.texts(given, at, "alt_workspaces"),
            folders=[
                self._folder(each, place)
                for place, each in self._yaml.items(given.get("folders"), f"{at}.folders")
            ],
            max_retries=3 if retries is None else retries,
            triggers=self._yaml.texts(given, at, "triggers"),
            history=self._history(given, at, history),
            ssh=ssh,
        )

    def _folder(self, node: Node, at: str) -> model.FolderSettings:
        given = self._yaml.section(node, at, "folder")
        path = Path(self._yaml.required(node, given, at, "path"))
        self._yaml.check_path(given["path"], f"{at}.path", path)
        mode = self._yaml.required(node, given, at, "mode")
        modes = [each.value for each in model.FolderMode]
        if mode not in modes:
            self._yaml.fail(given["mode"], f"{at}.mode", expected_one_of(modes, mode))
        return model.FolderSettings(path, model.FolderMode(mode))

    def _ssh(self, node: Node, at: str) -> model.SSHSettings:
        given = self._yaml.section(node, at, "ssh")
        return model.SSHSettings(
            host=self._yaml.required(node, given, at, "host"),
            shell_init=self._yaml.optional(given, at, "shell_init", self._yaml.text),
            uv_offline=bool(self._yaml.optional(given, at, "uv_offline", self._yaml.flag)),
            python=self._yaml.optional(given, at, "python", self._yaml.text),
            xpm_path=self._yaml.optional(given, at, "xpm_path", self._yaml.text),
            options=self._yaml.texts(given, at, "options"),
        )

    def _check_alternatives(self, nodes: Node | None, settings: model.Settings) -> None:
        """Check that the deprecated `alt_workspaces` name workspaces, and warn of what to write."""
        paths = {workspace.id: workspace.path for workspace in settings.workspaces}
        for (at, node), workspace in zip(
            self._yaml.items(nodes, "workspaces"), settings.workspaces, strict=True
        ):
            if not workspace.alt_workspaces:
                continue
            key = self._yaml.section(node, at, "workspace")["alt_workspaces"]
            for place, each in self._yaml.items(key, f"{at}.alt_workspaces"):
                if each.value not in paths:
                    self._yaml.fail(each, place, expected_one_of(list(paths), each.value))
            instead = ", ".join(
                f"{{path: {paths[name]}, mode: use}}" for name in workspace.alt_workspaces
            )
            self._yaml.warn(
                key, f"{at}.alt_workspaces", f"is deprecated; write folders: [{instead}]"
            )
