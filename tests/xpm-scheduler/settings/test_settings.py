"""The settings file, and which workspace is used."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from xpm_launchers.finder import LauncherRegistry
from xpm_scheduler.exceptions import SettingsError
from xpm_scheduler.settings import (
    FolderMode,
    FolderSettings,
    HistorySettings,
    Settings,
    SSHSettings,
    WorkspaceSettings,
    find_workspace,
    get_settings,
    get_workspace,
    get_workspace_by_path,
)

ALL = """\
# all that can be set
server:
  port: 12345
  token: 2134
  host: 192.168.1.1
env:
  JAVA_HOME: /path/to/java
  VERSION: 1.10
  FLAG: yes
history:
  max_done: 7
workspaces:
- id: cluster
  path: ~/remote
  triggers: ["neural*"]
  ssh:
    host: user@cluster
    shell_init: "source /etc/profile; module load python"
    uv_offline: true
    python: python3
    options: ["-v", "-4"]
- id: neuralir
  path: ~/experiments/xpmir
  env: {VARNAME: VALUE}
  max_retries: 9
  history:
    max_failed: 4
  triggers:
  - "neuralir-*"
  - exact
  folders:
  - path: /scratch/old/jobs
    mode: use
  - {path: ~/backup, mode: backup}
  - {path: /fast, mode: move}
- id: other
  path: /experiments/other
  triggers: ["other-?", "set-[ab]", "neuralir-both"]
"""


def write(text: str) -> Path:
    """Make the user's settings file (the home is the test's own)."""
    file = Path("~/.config/experimaestro/settings.yaml").expanduser()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_without_a_file_all_is_as_by_default() -> None:
    assert get_settings() == Settings()
    assert get_workspace() is None
    assert get_workspace("any") is None


def test_all_that_can_be_set() -> None:
    write(ALL)
    settings = get_settings()
    server = settings.server
    assert (server.port, server.token, server.host) == (12345, "2134", "192.168.1.1")
    # texts are what was written, whatever YAML would make of them
    assert settings.env == {"JAVA_HOME": "/path/to/java", "VERSION": "1.10", "FLAG": "yes"}
    assert settings.history == HistorySettings(7, 1)
    home = Path.home()
    cluster, neuralir, other = settings.workspaces
    assert cluster == WorkspaceSettings(
        "cluster",
        Path("~/remote"),  # of the remote host
        triggers=["neural*"],
        history=HistorySettings(7, 1),
        ssh=SSHSettings(
            "user@cluster",
            "source /etc/profile; module load python",
            True,
            "python3",
            options=["-v", "-4"],
        ),
    )
    assert neuralir == WorkspaceSettings(
        id="neuralir",
        path=home / "experiments/xpmir",
        env={"VARNAME": "VALUE"},
        folders=[
            FolderSettings(Path("/scratch/old/jobs")),
            FolderSettings(home / "backup", FolderMode.BACKUP),
            FolderSettings(Path("/fast"), FolderMode.MOVE),
        ],
        max_retries=9,
        triggers=["neuralir-*", "exact"],
        history=HistorySettings(7, 4),
    )
    assert other.history == HistorySettings(7, 1)
    assert other.ssh is None


@pytest.mark.parametrize("text", ["", "# nothing\n", "workspaces:\nenv:\nhistory: {}\n", "---\n"])
def test_sections_may_be_empty(text: str) -> None:
    write(text)
    assert get_settings() == Settings()


def test_anchors_and_merged_keys_are_understood() -> None:
    write(
        "workspaces:\n- &first\n  id: a\n  path: /a\n  env: {A: '1'}\n"
        "- <<: *first\n  id: b\n  path: /b\n"
    )
    first, second = get_settings().workspaces
    assert (first.id, second.id) == ("a", "b")
    assert first.env == second.env == {"A": "1"}


def test_the_file_is_read_again_when_it_has_changed() -> None:
    file = write("env: {A: one}")
    assert get_settings().env == {"A": "one"}
    assert get_settings() is get_settings()
    file.write_text("env: {A: three}")
    assert get_settings().env == {"A": "three"}
    file.unlink()
    assert get_settings() == Settings()


def test_another_file_or_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LauncherRegistry, "CURRENT_CONFIG_DIR", None)
    (tmp_path / "settings.yaml").write_text("env: {A: there}")
    assert get_settings(tmp_path / "settings.yaml").env == {"A": "there"}
    assert get_settings().env == {}
    LauncherRegistry.set_config_dir(tmp_path)
    assert get_settings().env == {"A": "there"}


@pytest.mark.parametrize(
    ("text", "message_part"),
    [
        (
            "env:\n  A: b\nworkspace:\n",
            "3: workspace: unknown key; did you mean 'workspaces'? "
            "(valid here: server, env, workspaces, history)",
        ),
        (
            "triggers: [a]",
            "1: triggers: unknown key; it is a key of workspace "
            "(valid here: server, env, workspaces, history)",
        ),
        ("server:\n  zzz: 1", "2: server.zzz: unknown key (valid here: port, host, token)"),
        (
            "workspaces:\n- id: a\n  path: /a\n  folders:\n  - path: /b\n    mod: use",
            "6: workspaces[0].folders[0].mod: unknown key; did you mean 'mode'? "
            "(valid here: path, mode)",
        ),
        (
            "workspaces:\n- id: a\n  path: /a\n  folders:\n  - path: /b\n    mode: backups",
            "6: workspaces[0].folders[0].mode: expected use or backup or move, got 'backups'; "
            "did you mean 'backup'?",
        ),
        (
            "workspaces:\n- id: a\n  path: /a\n- id: b\n  path: /b\n- id: a\n  path: /c",
            "6: workspaces[2].id: two workspaces are named 'a': the workspace of line 2 has the "
            "same",
        ),
        ("workspaces:\n- id: a", "2: workspaces[0].path: expected a value (a lone ~ is nothing"),
        ("workspaces:\n- path: /a", "2: workspaces[0].id: expected a value, got nothing"),
        (
            "workspaces:\n- id: a\n  path: there",
            "3: workspaces[0].path: expected a path that begins with / or ~, got 'there'",
        ),
        (
            "workspaces:\n- id: a\n  path: ~nobody-here/x",
            "3: workspaces[0].path: expected a user of this host, got '~nobody-here'",
        ),
        ("workspaces:\n  id: a", "2: workspaces: expected a list, got keys with values"),
        ("workspaces: all", "1: workspaces: expected a list, got 'all'"),
        (
            "- a",
            "1: expected keys with values (server, env, workspaces, history), got a list",
        ),
        ("history:\n  max_done: -1", "2: history.max_done: expected a whole number, 0 or more"),
        (
            "history:\n  max_done: some",
            "2: history.max_done: expected a whole number, 0 or more, got 'some'",
        ),
        ("env:\n  A: [1]", "2: env.A: expected a text, got a list"),
        ("env:\n  A:", "2: env.A: expected a text, got nothing"),
        ("env:\n  A: x\n  B: y\n  A: z", "4: env.A: is given in line 2 already"),
        ("env:\n  A=B: x", "2: env: expected the name of a variable, got 'A=B'"),
        (
            "workspaces:\n- id: a\n  path: /a\n  ssh: {host: h, uv_offline: perhaps}",
            "4: workspaces[0].ssh.uv_offline: expected true or false, got 'perhaps'",
        ),
        (
            "workspaces:\n- id: a\n  path: /a\n  triggers:\n  - {a: b}",
            "5: workspaces[0].triggers[0]: expected a text, got keys with values",
        ),
        (
            "workspaces:\n- id: abc\n  path: /a\n  alt_workspaces: [abd]",
            "4: workspaces[0].alt_workspaces[0]: expected abc, got 'abd'; did you mean 'abc'?",
        ),
        ("env: {A: b\nhistory: 3", "expected YAML: "),
        ("env: 'a", "expected YAML: "),
        ("a: 1\n---\nb: 2", "expected YAML: "),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(text: str, message_part: str) -> None:
    file = write(text)
    with pytest.raises(SettingsError) as caught:
        get_settings()
    message = str(caught.value)
    assert message.startswith(f"{file}:")
    assert message_part in message, message


@pytest.mark.parametrize("content", [b"\x00\x01", b"env: {A: \xff\xfe}", b"\xff\xfe\x00"])
def test_garbage_is_named(content: bytes) -> None:
    file = write("")
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="expected YAML") as caught:
        get_settings()
    assert str(file) in str(caught.value)


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        get_settings(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_what_is_deprecated_warns_once_and_says_what_to_write(tmp_path: Path) -> None:
    file = tmp_path / "deprecated.yaml"
    file.write_text(
        "carbon: {enabled: true}\nserver: {autohost: x}\nworkspaces:\n- id: a\n  path: /a\n"
        "- id: b\n  path: /b\n  lock_mode: inherit\n  alt_workspaces: [a]\n"
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        settings = get_settings(file)
        os.utime(file, (1, 1))  # it has changed, for all we know
        assert get_settings(file) == settings
    warned = {(each.lineno, str(each.message)) for each in caught}
    assert len(caught) == 4
    assert warned == {
        (1, "carbon has no effect any more; remove it"),
        (2, "server.autohost has no effect any more; remove it"),
        (8, "workspaces[1].lock_mode has no effect any more; remove it"),
        (
            9,
            "workspaces[1].alt_workspaces is deprecated; write folders: [{path: /a, mode: use}]",
        ),
    }
    assert {each.category for each in caught} == {DeprecationWarning}
    assert settings.workspaces[1].alt_workspaces == ["a"]


# ------------------------------------------------------------------------ which workspace


def test_a_workspace_is_found_by_name_or_by_folder() -> None:
    write(ALL)
    other = get_settings().workspaces[2]
    assert get_workspace("other") is other
    assert get_workspace("/experiments/other") is other
    assert get_workspace(Path("/experiments/../experiments/other/")) is other
    assert get_workspace_by_path("~/experiments/xpmir") is get_workspace("neuralir")
    assert get_workspace("cluster") is get_settings().workspaces[0]
    assert get_workspace_by_path("~/remote") is None
    default = get_workspace()
    assert default is not None
    assert default.id == "neuralir"


@pytest.mark.parametrize(
    ("experiment", "expected"),
    [
        ("other-1", "other"),
        ("other-12", "neuralir"),
        ("set-a", "other"),
        ("set-c", "neuralir"),
        ("neuralir-both", "neuralir"),
        ("Other-1", "neuralir"),
        ("exact", "neuralir"),
        ("unknown", "neuralir"),
        (None, "neuralir"),
    ],
)
def test_triggers_choose_and_remote_workspaces_are_left_out(
    experiment: str | None, expected: str
) -> None:
    write(ALL)
    assert find_workspace(experiment_id=experiment).id == expected


def test_what_is_asked_for_comes_before_triggers(tmp_path: Path) -> None:
    write(ALL)
    assert find_workspace(workspace="neuralir", experiment_id="other-1").id == "neuralir"
    assert find_workspace(workspace="cluster").id == "cluster"
    plain = find_workspace(workdir=tmp_path, experiment_id="other-1")
    assert (plain.id, plain.path, plain.history) == ("", tmp_path, HistorySettings(7, 1))
    # the folder of a workspace that is listed has its settings
    assert find_workspace(workdir="/experiments/other") is get_workspace("other")
    moved = find_workspace(workspace="neuralir", workdir=tmp_path)
    assert (moved.id, moved.path, moved.max_retries) == ("neuralir", tmp_path, 9)
    assert find_workspace(workspace="neuralir").path == Path.home() / "experiments/xpmir"


def test_a_workspace_that_is_not_there_is_named() -> None:
    file = write(ALL)
    with pytest.raises(SettingsError) as caught:
        find_workspace(workspace="nope")
    assert str(caught.value) == (
        f"no workspace is named 'nope' in {file}; there are cluster, neuralir, other"
    )
    write("")
    with pytest.raises(SettingsError, match="it lists none"):
        find_workspace(workspace="nope")
    with pytest.raises(SettingsError, match="expected one to be named"):
        find_workspace(experiment_id="any")


def test_settings_can_be_made_in_python() -> None:
    settings = WorkspaceSettings(id="a", path="~/a")
    assert settings.path == Path.home() / "a"
    assert FolderSettings(path="~/b", mode="move").mode is FolderMode.MOVE
    with pytest.raises(ValueError, match="'none' is not a valid FolderMode"):
        FolderSettings(path=Path("/b"), mode="none")


def test_yaml_is_loaded_only_for_those_who_have_a_file() -> None:
    code = (
        "import sys; from xpm_scheduler.settings import get_settings; get_settings(); "
        "print('yaml' in sys.modules, 'xpm_launchers' in sys.modules)"
    )
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert end.stdout == "False False\n"
