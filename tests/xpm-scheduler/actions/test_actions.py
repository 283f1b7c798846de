"""Actions: registered, stored with the run, listed and run later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from xpm_config import Meta, Param, PathGenerator
from xpm_scheduler import (
    Action,
    ActionError,
    CLIInteraction,
    Interaction,
    RunMode,
    Task,
    experiment,
)
from xpm_scheduler._cli.experiments import experiments
from xpm_serialize import load_xp_info


def _run(*args: object, input: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(experiments, [str(arg) for arg in args], input=input)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_an_action_is_stored_with_the_run_and_run_from_it(tmp_path: Path) -> None:
    from extras import Export, Exported

    with experiment(tmp_path / "ws", "made") as xp:
        task = Exported.C(where=tmp_path / "one").submit()
        identifier = xp.add_action(Export.C(task=task, where=tmp_path / "two", version=2))
        assert len(identifier) == 64
        assert list(xp.actions)[1] == identifier
        first = next(iter(xp.actions))
    status = json.loads((xp.workdir / "status.json").read_text())
    assert status["actions"][identifier] == {
        "action_id": identifier,
        "description": "export to two",
        "class": "extras.Export",
    }
    info = load_xp_info(xp.workdir)
    assert list(info.jobs) == [task.job.identifier]
    assert set(info.actions) == {first, identifier}
    assert info.actions[identifier].where == tmp_path / "two"

    code, out, _ = _run("--workdir", tmp_path / "ws", "actions", "list", "made")
    assert code == 0
    assert out.splitlines() == [
        f"{first} export to one [extras.Export]",
        f"{identifier} export to two [extras.Export]",
    ]
    answers = ["--set", "form=text", "--set", "loud=yes", "--set", "name=Eva", "--set", "more=1"]
    code, _, err = _run(
        "actions", "run", "made", identifier[:8], *answers, "--workdir", tmp_path / "ws"
    )
    assert code == 0, err
    assert (tmp_path / "two").read_text() == "text True Eva made"
    assert "not asked for: more" in err
    code, _, err = _run(
        "actions", "run", "made", first, "--workdir", tmp_path / "ws", input="1\n\n\n"
    )
    assert code == 0, err
    assert (tmp_path / "one").read_text() == "json False Ada made"


def test_the_same_action_is_registered_once(tmp_path: Path) -> None:
    from extras import Export

    with experiment(tmp_path, "once") as xp:
        ids = {xp.add_action(Export.C(task=None, where=Path("a"))) for _ in range(3)}
        assert len(ids) == len(xp.actions) == 1
    lines = (xp.workdir / "objects.jsonl").read_text().splitlines()
    assert len(lines) == 1


def test_of_actions_that_differ_in_what_does_not_count_the_last_one_stays(tmp_path: Path) -> None:
    with experiment(tmp_path, "last") as xp:
        first = xp.add_action(Use.C(held=1, extra="a"))
        assert xp.add_action(Use.C(held=1, extra="b")) == first
        assert xp.actions[first].extra == "b"  # type: ignore[attr-defined]
    assert load_xp_info(xp.workdir).actions[first].extra == "b"


class Use(Action):
    held: Param[Any]
    extra: Meta[Any]

    def execute(self, interaction: Interaction) -> None:
        """Nothing."""


class Incomplete(Action):
    pass


class Mute(Use):
    def describe(self) -> str:
        return 3  # type: ignore[return-value]


class Made(Action):
    """Has a folder of its own.

    And more to say.
    """

    out = None
    number: Param[int]
    path: Param[Path] = PathGenerator("out")  # type: ignore[assignment]

    def execute(self, interaction: Interaction) -> None:
        """Nothing."""


def test_what_cannot_be_stored_is_refused_and_not_listed(tmp_path: Path) -> None:
    bad = Use.C(held=1, extra=object())  # does not count: it has an identifier
    with experiment(tmp_path, "refused") as xp:
        good = Use.C(held=1, extra=None)
        with pytest.raises(ActionError, match=r"Use cannot be stored: .*Use\.extra"):
            xp.add_action(bad)
        with pytest.raises(TypeError, match=r"got Path|got PosixPath"):
            xp.add_action(Path())  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="configuration of an action"):
            xp.add_action(good.instance())
        with pytest.raises(TypeError, match="Incomplete does not define execute"):
            xp.add_action(Incomplete.C())
        with pytest.raises(TypeError, match=r"describe\(\): expected a text, got int"):
            xp.add_action(Mute.C(held=1, extra=None))
        assert xp.actions == {}
        identifier = xp.add_action(good)
    assert list(load_xp_info(xp.workdir).actions) == [identifier]


def test_what_an_action_holds_is_still_written_for_a_job(tmp_path: Path) -> None:
    """A refused action must not make its parts look as if they were written."""
    from extras import Documents, Holder

    documents = Documents.C(number=1, journal=tmp_path / "j", gate=None, end=None)
    bad = Use.C(held=Holder.C(documents=documents), extra=object())
    with experiment(tmp_path, "shared") as xp:
        with pytest.raises(ActionError):
            xp.add_action(bad)
        identifier = xp.add_action(Use.C(held=documents, extra=None))
    found = load_xp_info(xp.workdir).actions[identifier]
    assert found.held.number == 1


def test_descriptions_by_default_and_generated_paths(tmp_path: Path) -> None:
    with experiment(tmp_path, "own") as xp:
        made = Made.C(number=1)
        identifier = xp.add_action(made)
        assert made.path == xp.workdir / "actions" / identifier / "out"
    status = json.loads((xp.workdir / "status.json").read_text())
    assert status["actions"][identifier]["description"] == "Has a folder of its own."


class Listed(Task):
    held: Param[int]

    def execute(self) -> None:
        """Nothing."""

    def __submit__(self, dep: Any, add_action: Any) -> Any:
        self.__dict__["identifier"] = add_action(Use.C(held=self.held, extra=None))
        return dep(self)


def test_actions_in_dry_runs_are_checked_and_nothing_is_written(tmp_path: Path) -> None:
    with experiment(tmp_path / "ws", "dry", run_mode=RunMode.DRY_RUN) as xp:
        task = Listed.C(held=1).submit()
        assert list(xp.actions) == [task.__dict__["identifier"]]
        with pytest.raises(TypeError):
            xp.add_action(Incomplete.C())
    assert not (tmp_path / "ws").exists()
    alone = Listed.C(held=2).submit(run_mode=RunMode.DRY_RUN)
    assert len(alone.__dict__["identifier"]) == 64


def test_answers_given_beforehand_are_checked() -> None:
    ask = CLIInteraction({"a": "two", "b": "maybe", "c": "off", "d": "", "n": "2"})
    with pytest.raises(ActionError, match="a: expected one of 1, 2, got 'two'"):
        ask.choice("a", "A?", [1, 2])
    assert ask.choice("n", "N?", [1, 2]) == 2
    assert ask.choice("n", "N?", {1: "one", 2: "two"}) == 2
    with pytest.raises(ActionError, match="b: expected true or false, got 'maybe'"):
        ask.checkbox("b", "B?")
    assert ask.checkbox("c", "C?", default=True) is False
    assert ask.text("d", "D?", default="x") == ""
    with pytest.raises(ActionError, match="nothing to choose from"):
        ask.choice("a", "A?", [])
    assert ask.unused == []


def test_without_an_answer_and_without_anybody_the_key_is_named(tmp_path: Path) -> None:
    from extras import Export

    with experiment(tmp_path, "quiet") as xp:
        identifier = xp.add_action(Export.C(task=None, where=tmp_path / "out"))
    where = ("--workdir", tmp_path)
    code, _, err = _run(*where, "actions", "run", "quiet", identifier)
    assert code == 1
    assert "form: there is no answer, and nobody to ask: expected one of json, text" in err
    assert "--set form=VALUE" in err
    code, _, err = _run(*where, "actions", "run", "quiet", identifier, "--set", "form=json")
    assert code == 1
    assert "loud: there is no answer" in err
    code, _, err = _run(*where, "actions", "run", "quiet", identifier, "--set", "form=no")
    assert code == 1
    assert "form: expected one of json, text, got 'no'" in err
    assert not (tmp_path / "out").exists()


def test_what_is_not_there_is_answered_by_what_is(tmp_path: Path) -> None:
    where = ("--workdir", tmp_path)
    with experiment(tmp_path, "there") as xp:
        identifier = xp.add_action(Use.C(held=1, extra=None))
    code, _, err = _run(*where, "actions", "run", "there", "nope")
    assert code == 1
    assert "there is no action 'nope'" in err
    assert identifier in err
    code, _, err = _run(*where, "actions", "list", "theer")
    assert code == 1
    assert "there" in err
    code, _, err = _run("--workdir", tmp_path / "no", "actions", "list", "there")
    assert code == 1
    assert "no such workspace" in err
    code, _, err = _run(*where, "actions", "run", "there", identifier, "--set", "form")
    assert code == 2
    assert "expected KEY=VALUE" in err
    with experiment(tmp_path, "empty"):
        pass
    code, out, err = _run(*where, "actions", "list", "empty")
    assert (code, out) == (0, "")
    assert "has no actions" in err


def test_the_workspace_is_the_current_folder_or_named_in_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isolated: Path
) -> None:
    with experiment(tmp_path / "ws", "here") as xp:
        identifier = xp.add_action(Use.C(held=1, extra=None))
    assert _run("actions", "list", "here")[0] == 1
    monkeypatch.chdir(tmp_path / "ws")
    assert identifier in _run("actions", "list", "here")[1]
    monkeypatch.chdir(tmp_path)
    settings = isolated / "home" / ".config" / "experimaestro" / "settings.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"workspaces:\n  - id: mine\n    path: {tmp_path / 'ws'}\n")
    assert identifier in _run("actions", "list", "here")[1]
    assert identifier in _run("--workspace", "mine", "actions", "list", "here")[1]
    assert identifier in _run("actions", "list", "here", "--workspace", "mine")[1]
    assert _run("--workspace", "other", "actions", "list", "here")[0] == 1


def test_actions_of_release_2_are_listed_and_run(tmp_path: Path) -> None:
    """The files are as release 2.7.0 writes them."""
    run = tmp_path / "experiments" / "old" / "20261121_123029"
    (run / "events").mkdir(parents=True)
    identifier = "0" * 63 + "a"
    out = tmp_path / "out"
    (run / "objects.jsonl").write_text(
        json.dumps(
            {
                "id": 140349324373840,
                "module": "extras",
                "type": "Export",
                "typename": "extras.Export",
                "identifier": identifier,
                "fields": {
                    "task": None,
                    "where": {"type": "path", "value": str(out)},
                    "version": 1,
                },
            }
        )
        + "\n"
    )
    (run / "jobs.jsonl").write_text("")
    (run / "status.json").write_text(
        json.dumps(
            {
                "version": 1,
                "experiment_id": "old",
                "run_id": run.name,
                "status": "done",
                "job_states": {},
                "services": {},
                "actions": {
                    identifier: {
                        "action_id": identifier,
                        "description": "export",
                        "class": "extras.Export.XPMConfig",
                    }
                },
                "run_tags": [],
            }
        )
    )
    (run.parent / "current").symlink_to(run.name)
    code, text, _ = _run("--workdir", tmp_path, "actions", "list", "old")
    assert (code, text) == (0, f"{identifier} export [extras.Export]\n")
    answers = ["--set", "form=json", "--set", "loud=1", "--set", "name=x"]
    code, _, err = _run("--workdir", tmp_path, "actions", "run", "old", identifier, *answers)
    assert code == 0, err
    assert out.read_text() == "json True x "
