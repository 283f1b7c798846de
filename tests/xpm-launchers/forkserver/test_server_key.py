"""Which fork server a driver needs: what its key covers, and what it does not."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpm_launchers._forkserver import server_key as keys
from xpm_launchers._forkserver.server_key import (
    EARLY,
    LIBRARIES,
    early_variables,
    interpreter_flags,
    server_key,
)

ENVIRONMENT = {"PATH": "/bin", "HOME": "/home/a", "PYTHONHASHSEED": "1", "LANG": "C"}


def key(environ: Mapping[str, str] = ENVIRONMENT, *preload: str, libraries: bool = False) -> str:
    """Return the key for an environment."""
    return server_key(preload, environ, early_variables(libraries))


@given(
    st.dictionaries(
        st.text("ABC_", min_size=1).filter(lambda n: not n.startswith(EARLY)), st.text()
    )
)
def test_variables_that_nothing_reads_early_do_not_count(others: dict[str, str]) -> None:
    assert key({**others, **ENVIRONMENT}) == key()


@given(st.permutations(list(ENVIRONMENT.items())))
def test_the_order_of_variables_does_not_count(items: list[tuple[str, str]]) -> None:
    assert key(dict(items)) == key()


@given(st.sampled_from(EARLY), st.text("XYZ"), st.text(max_size=3))
def test_variables_that_are_read_early_count(prefix: str, name: str, value: str) -> None:
    name = prefix + name
    changed = key({**ENVIRONMENT, name: value}) != key()
    assert changed == (ENVIRONMENT.get(name) != value)


@pytest.mark.parametrize("name", [prefix + "X" for prefix in LIBRARIES])
def test_variables_of_libraries_count_when_users_modules_are_preloaded(name: str) -> None:
    more = {**ENVIRONMENT, name: "1"}
    assert key(more) == key()
    assert key(more, libraries=True) != key(libraries=True)


def test_a_name_is_not_taken_for_a_value() -> None:
    assert key({"PYTHONA": "B", "PYTHONC": "D"}) != key({"PYTHONA": "BPYTHONC", "D": ""})
    assert key({"LANG": ""}) != key({})


def test_the_folder_and_the_mask_of_files_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key()
    mask = os.umask(0o077)
    try:
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        assert key() == before
    finally:
        os.umask(mask)


def test_each_limit_counts() -> None:
    before = key()
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    changed = 0 if soft != 0 else 4096
    if hard not in (resource.RLIM_INFINITY, -1) and changed > hard:
        pytest.skip("the limit cannot be changed")
    resource.setrlimit(resource.RLIMIT_CORE, (changed, hard))
    try:
        assert key() != before
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    assert key() == before


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_the_cpus_count() -> None:
    cpus = os.sched_getaffinity(0)
    if len(cpus) < 2:
        pytest.skip("there is one CPU")
    before = key()
    os.sched_setaffinity(0, {min(cpus)})
    try:
        assert key() != before
    finally:
        os.sched_setaffinity(0, cpus)
    assert key() == before


def test_the_niceness_counts() -> None:
    before = key()
    script = (
        "import os, sys; os.nice(1); from xpm_launchers._forkserver.server_key import *\n"
        f"print(server_key((), {ENVIRONMENT!r}, early_variables(False)))"
    )
    nice, same = (
        subprocess.run(
            [sys.executable, *interpreter_flags(), "-c", text],
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        for text in (script, script.replace("os.nice(1)", "os.nice(0)"))
    )  # fmt: skip
    assert same == before  # another process of the same kind needs the same server
    assert nice != before


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (keys, "VERSION", 999),
        (sys, "executable", "/elsewhere/python"),
        (sys, "version", "3.99"),
        (sys, "prefix", "/elsewhere"),
        (sys, "warnoptions", ["error"]),
        (sys, "_xoptions", {"dev": True}),
    ],
)
def test_the_interpreter_counts(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, value: object
) -> None:
    before = key()
    monkeypatch.setattr(module, name, value)
    assert key() != before


def test_the_file_of_a_preloaded_module_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [key(), key(ENVIRONMENT, "xpm_checkout")]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "xpm_checkout.py").write_text("raise RuntimeError('imported')")
        with monkeypatch.context() as patch:
            patch.syspath_prepend(str(tmp_path / name))
            seen.append(key(ENVIRONMENT, "xpm_checkout"))
            assert key(ENVIRONMENT, "xpm_checkout") == seen[-1]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("module", ["xpm_nowhere", "xpm_nowhere.inner", "json.nowhere", "sys"])
def test_a_module_without_a_file_has_a_key_too(module: str) -> None:
    assert key(ENVIRONMENT, module) == key(ENVIRONMENT, module) != key()


@pytest.mark.parametrize(
    "flags",
    [[], ["-I"], ["-E", "-s"], ["-O"], ["-OO", "-B"], ["-Werror", "-X", "dev", "-X", "a=b"]],
)
def test_the_flags_make_an_interpreter_of_the_same_modes(flags: list[str]) -> None:
    source = str(Path(keys.__file__).parents[2])
    os_source = str(Path(sys.modules["xpm_os"].__path__[0]).parent)
    attrs_source = str(Path(sys.modules["attr"].__path__[0]).parent)
    script = (
        f"import sys; sys.path += {[source, os_source, attrs_source]!r}\n"
        "from xpm_launchers._forkserver.server_key import interpreter_flags\n"
        "print(interpreter_flags())"
    )
    output = []
    for _ in range(2):
        command = [sys.executable, *flags, "-c", script]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        flags = eval(run.stdout)
        output.append(flags)
    assert output[0] == output[1]
