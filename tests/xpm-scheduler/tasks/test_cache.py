"""Cached methods: in plans and jobs, by one process at a time, and never half written."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xpm_config import Config, Param
from xpm_scheduler import CacheError, JobState, RunMode, cache, experiment


def _documents(folder: Path, number: int = 3, **others: Any) -> Any:
    from extras import Documents

    return Documents.C(**{"number": number, "journal": folder / "journal", **others})


def _journal(folder: Path) -> list[str]:
    path = folder / "journal"
    return path.read_text().split() if path.exists() else []


def _kept(workspace: Path, config: Any) -> Path:
    folder = workspace / "config" / "extras.documents" / str(config.__xpm__.identifier)
    return folder


def test_a_plan_makes_it_once_and_reads_it_then(tmp_path: Path) -> None:
    documents = _documents(tmp_path)
    with experiment(tmp_path / "ws", "plan"):
        assert documents.counts() == {"number": 3}
        assert documents.counts() == {"number": 3}
        assert documents.instance().counts() == {"number": 3}
        assert _documents(tmp_path).counts(factor=100) == {"number": 3}
        assert _documents(tmp_path, number=4).counts(factor=2) == {"number": 8}
    assert _journal(tmp_path) == ["make", "read", "read", "read", "make"]
    kept = _kept(tmp_path / "ws", documents)
    assert json.loads((kept / "counts.json").read_text()) == {"number": 3}
    assert sorted(path.name for path in kept.iterdir()) == ["counts.json", "counts.json.lock"]


def test_a_folder_is_kept_too_and_its_path_returned(tmp_path: Path) -> None:
    documents = _documents(tmp_path)
    with experiment(tmp_path / "ws", "folder"):
        folder = documents.index()
        assert folder == _kept(tmp_path / "ws", documents) / "index"
        assert (folder / "part").read_text() == "3"
        assert documents.index() == folder
    assert _journal(tmp_path) == ["index"]


def test_jobs_find_what_others_have_made(tmp_path: Path) -> None:
    """Also of what lies in the output of another task, whose file tells of it."""
    from extras import Collect, Count, Holder

    ws = tmp_path / "ws"
    with experiment(ws, "jobs") as xp:
        holder = Collect.C(documents=_documents(tmp_path)).submit()
        through = Count.C(holder=holder).submit()
        direct = Count.C(holder=Holder.C(documents=_documents(tmp_path))).submit()
    assert not xp.failed
    kept = _kept(ws, holder.documents)
    assert json.loads(through.out.read_text()) == {
        "counts": {"number": 3},
        "index": str(kept / "index"),
    }
    assert direct.out.read_text() == through.out.read_text()
    assert _journal(tmp_path).count("make") == 1
    assert _journal(tmp_path).count("index") == 1
    with experiment(ws, "jobs"):
        assert _documents(tmp_path).counts() == {"number": 3}
    assert _journal(tmp_path).count("make") == 1


_PROCESS = """
import sys
from pathlib import Path
from extras import Documents
from sample import note
from xpm_scheduler import experiment

folder = Path(sys.argv[1])
with experiment(folder / "ws", sys.argv[2], register_signals=False):
    note(folder / "journal", "begin")
    gate = None if sys.argv[3] == "-" else Path(sys.argv[3])
    end = None if sys.argv[4] == "-" else sys.argv[4]
    documents = Documents.C(number=3, journal=folder / "journal", gate=gate, end=end)
    print(documents.counts()["number"])
"""


def _start(folder: Path, name: str, gate: Path | None = None, end: str = "-") -> Any:
    modules = str(Path(__file__).parents[1] / "modules")
    return subprocess.Popen(
        [sys.executable, "-c", _PROCESS, str(folder), name, str(gate or "-"), end],
        env={**os.environ, "PYTHONPATH": modules},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_for(folder: Path, word: str, times: int) -> None:
    event = threading.Event()
    for _ in range(3000):
        if _journal(folder).count(word) >= times:
            return
        event.wait(0.01)
    raise TimeoutError(f"{word!r} was not noted {times} times: {_journal(folder)}")


def test_one_process_makes_it_while_others_wait(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    processes = [_start(tmp_path, f"p{number}", gate) for number in range(3)]
    _wait_for(tmp_path, "begin", 3)
    _wait_for(tmp_path, "half", 1)
    final = _kept(tmp_path / "ws", _documents(tmp_path)) / "counts.json"
    assert not final.exists()
    gate.touch()
    for process in processes:
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        assert out == "3\n"
    assert sorted(_journal(tmp_path)) == ["begin"] * 3 + ["half", "make", "read", "read"]


def test_what_a_killed_process_has_left_does_not_count(tmp_path: Path) -> None:
    process = _start(tmp_path, "killed", end="kill")
    process.communicate(timeout=30)
    assert process.returncode == -9
    kept = _kept(tmp_path / "ws", _documents(tmp_path))
    assert not (kept / "counts.json").exists()
    with experiment(tmp_path / "ws", "after"):
        assert _documents(tmp_path).counts() == {"number": 3}
    assert sorted(path.name for path in kept.iterdir()) == ["counts.json", "counts.json.lock"]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with experiment(tmp_path / "ws", "raises"):
        documents = _documents(tmp_path, end="raise")
        with pytest.raises(RuntimeError, match="no more"):
            documents.counts()
        kept = _kept(tmp_path / "ws", documents)
        assert [path.name for path in kept.iterdir()] == ["counts.json.lock"]
        assert _documents(tmp_path).counts() == {"number": 3}


class Corners(Config):
    """What methods may do besides."""

    n: Param[int]

    @cache("nothing")
    def nothing(self, path: Path) -> str:
        return "no file was written"

    @cache("x")
    def beside(self, path: Path) -> list[str]:
        path.write_text("x")
        path.with_suffix(".meta").write_text("y")
        return sorted(one.name for one in path.parent.iterdir())

    @cache("around")
    def around(self, path: Path) -> Any:
        return self.around()

    @cache("outer")
    def outer(self, path: Path) -> str:
        if not path.exists():
            path.write_text(f"outer of {self.nothing()}")
        return path.read_text()


def test_what_methods_may_do_besides(tmp_path: Path) -> None:
    corners = Corners.C(n=1)
    with experiment(tmp_path, "corners"):
        assert corners.nothing() == corners.nothing() == "no file was written"
        assert corners.beside() == ["x", "x.meta"]
        kept = next((tmp_path / "config").glob("*.corners/*"))
        assert (kept / "x.meta").read_text() == "y"
        assert corners.outer() == corners.outer() == "outer of no file was written"
        with pytest.raises(CacheError, match="around: the method that makes it calls itself"):
            corners.around()


def test_threads_wait_for_each_other(tmp_path: Path) -> None:
    documents = _documents(tmp_path)
    found: list[Any] = []
    with experiment(tmp_path / "ws", "threads"):
        threads = [
            threading.Thread(target=lambda: found.append(documents.counts())) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert found == [{"number": 3}] * 8
    assert _journal(tmp_path).count("make") == 1


def test_a_dry_run_reads_what_is_there_and_writes_nothing(tmp_path: Path) -> None:
    documents = _documents(tmp_path)
    with experiment(tmp_path / "ws", "dry", run_mode=RunMode.DRY_RUN):
        assert documents.counts() == {"number": 3}
        assert documents.counts() == {"number": 3}
        assert (documents.index() / "part").read_text() == "3"
    assert not (tmp_path / "ws").exists()
    assert _journal(tmp_path) == ["make", "read", "index"]
    with experiment(tmp_path / "ws", "real"):
        documents.counts()
    with experiment(tmp_path / "ws", "dry", run_mode=RunMode.DRY_RUN):
        documents.counts()
    assert _journal(tmp_path)[3:] == ["make", "read"]


def test_without_a_workspace_or_an_identifier_it_says_so(tmp_path: Path) -> None:
    from extras import Documents

    with pytest.raises(CacheError, match=r"Documents\.counts: there is no workspace"):
        _documents(tmp_path).counts()
    bare: Any = Documents
    with experiment(tmp_path, "none"):
        with pytest.raises(CacheError, match="was not made of a configuration"):
            bare().counts()
    for name in ("", ".hidden", "a/b"):
        with pytest.raises(ValueError, match="name of a file"):
            cache(name)

    def steps(self: Any, path: Path) -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match="steps does its work after it has returned"):
        cache("steps")(steps)


def test_what_release_2_has_made_is_found(tmp_path: Path) -> None:
    documents = _documents(tmp_path)
    identifier = str(documents.__xpm__.identifier)
    # Release 2.7.0 keeps the upper case of the class's name.
    old = tmp_path / "ws" / "config" / "extras.Documents" / identifier
    old.mkdir(parents=True)
    (old / "counts.json").write_text('{"number": 7}')
    with experiment(tmp_path / "ws", "old"):
        assert documents.counts() == {"number": 7}
    assert _journal(tmp_path) == ["read"]


def test_a_task_that_fails_in_a_cached_method_leaves_nothing(tmp_path: Path) -> None:
    from extras import Collect

    with experiment(tmp_path / "ws", "failing") as xp:
        Collect.C(documents=_documents(tmp_path, end="kill")).submit()
        (job,) = xp.jobs.values()
        job.wait()
        assert job.state != JobState.DONE
        assert not (_kept(tmp_path / "ws", _documents(tmp_path)) / "counts.json").exists()
        assert _documents(tmp_path).counts() == {"number": 3}


def test_value_objects_keep_their_identifier_when_they_are_pickled(tmp_path: Path) -> None:
    documents = _documents(tmp_path)
    with experiment(tmp_path / "ws", "pickled"):
        documents.counts()
        found = pickle.loads(pickle.dumps(documents.instance()))
        assert found.counts() == {"number": 3}
    assert _journal(tmp_path) == ["make", "read"]
