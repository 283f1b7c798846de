"""What an experiment keeps beside its jobs; several of them at once."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import pytest

from xpm_config import Config, DataPath, Param
from xpm_scheduler import (
    RunMode,
    Scheduler,
    SubmissionError,
    experiment,
)


class Model(Config):
    size: Param[int]


class Corpus(Config):
    text: DataPath


def test_objects_are_kept_with_the_run(tmp_path: Path) -> None:
    source = tmp_path / "text"
    source.write_text("words")
    with experiment(tmp_path / "ws", "kept") as xp:
        xp.save(Model.C(size=3), "model")
        xp.save({"a": Corpus.C(text=source), "b": [Model.C(size=4)]}, "all")
        xp.save(Model.C(size=5))
        assert (xp.workdir / "data" / "model" / "experimaestro.json").is_file()
        assert (xp.workdir / "data" / "all" / "a" / "text").read_text() == "words"
        assert xp.load("model").size == 3
        assert xp.load("all")["b"][0].size == 4
        assert xp.load().size == 5
        xp.save(Model.C(size=6), "model")
        assert xp.load("model").size == 6
        with pytest.raises(FileNotFoundError, match=r"'modle'.*there is: all, default, model"):
            xp.load("modle")
        for name in ("", "..", "a/b"):
            with pytest.raises(ValueError, match="expected a name"):
                xp.save(Model.C(size=1), name)


def test_objects_of_other_experiments_are_loaded_as_in_release_2(tmp_path: Path) -> None:
    with experiment(tmp_path, "first") as xp:
        xp.save(Model.C(size=1), "model")
        xp.save(Model.C(size=2))
    with experiment(tmp_path, "second") as xp:
        assert xp.load("first", "model").size == 1
        assert xp.load("first").size == 2
        with pytest.raises(FileNotFoundError, match=r"there is: nothing"):
            xp.load("model")


def test_a_dry_run_checks_what_is_kept_and_writes_nothing(tmp_path: Path) -> None:
    with experiment(tmp_path / "ws", "dry", run_mode=RunMode.DRY_RUN) as xp:
        xp.save(Model.C(size=3), "model")
        with pytest.raises(FileNotFoundError):
            xp.load("model")
    assert not (tmp_path / "ws").exists()


def test_run_tags_are_in_the_status(tmp_path: Path) -> None:
    with experiment(tmp_path, "tagged") as xp:
        assert xp.run_tags == []
        xp.run_tags.append("baseline")
    assert json.loads((xp.workdir / "status.json").read_text())["run_tags"] == ["baseline"]


def test_experiments_may_be_nested(tmp_path: Path) -> None:
    from sample import Add

    with experiment(tmp_path / "outer", "one") as outer:
        with experiment(tmp_path / "inner", "two") as inner:
            assert experiment.CURRENT is experiment.current() is inner
            inside = Add.C(x=1).submit()
        assert experiment.CURRENT is outer
        outside = Add.C(x=1).submit()
    assert experiment.CURRENT is None
    assert inside.jobpath.is_relative_to(tmp_path / "inner")
    assert outside.jobpath.is_relative_to(tmp_path / "outer")
    assert inside.out.read_text() == outside.out.read_text() == "1"
    with pytest.raises(AssertionError, match="no experiment is open"):
        experiment.current()


def test_experiments_may_be_left_in_any_order(tmp_path: Path) -> None:
    from sample import Add

    default = signal.getsignal(signal.SIGTERM)
    first, second = experiment(tmp_path, "first"), experiment(tmp_path, "second")
    first.__enter__()
    one = Add.C(x=1).submit()
    second.__enter__()
    both = Add.C(x=1).submit()
    assert one.job is both.job
    first.__exit__(None, None, None)
    assert experiment.CURRENT is second
    assert signal.getsignal(signal.SIGTERM) is not default
    two = Add.C(x=2).submit()
    second.__exit__(None, None, None)
    assert experiment.CURRENT is None
    assert signal.getsignal(signal.SIGTERM) is default
    assert (len(first.jobs), len(second.jobs)) == (1, 2)
    assert two.out.read_text() == "2"
    for xp in (first, second):
        status = json.loads((xp.workdir / "status.json").read_text())
        assert status["status"] == "done"
        assert set(status["job_states"].values()) == {"done"}


def test_threads_may_have_experiments_of_their_own(tmp_path: Path) -> None:
    errors: list[BaseException] = []
    begun = threading.Barrier(3)

    def work(number: int) -> None:
        try:
            with experiment(tmp_path, f"thread-{number}") as xp:
                begun.wait(30)
                xp.save(Model.C(size=number), "own")
                assert xp.load("own").size == number
        except BaseException as error:  # noqa: BLE001 -- told in the main thread
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert Scheduler.instance()._thread is None


def test_an_experiment_that_is_open_is_not_opened_again(tmp_path: Path) -> None:
    """It would wait for itself for ever."""
    with experiment(tmp_path, "same"):
        with pytest.raises(SubmissionError, match="'same' is open already"):
            with experiment(tmp_path, "same"):
                raise AssertionError
        with experiment(tmp_path, "other"):
            pass
    with experiment(tmp_path, "same"):
        pass
