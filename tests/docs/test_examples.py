"""The examples of the READMEs and of the documentation run, and print what they say.

The ```python blocks of a file make one script, in order. A block after a line
`<!-- not run -->` is left out. A block after a line `<!-- prints -->` must be found in what
the script prints, those of a file in their order.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    file.relative_to(ROOT)
    for pattern in ("README.md", "packages/*/README.md", "docs/*.md")
    for file in ROOT.glob(pattern)
)
_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>not run|prints) -->\n+)?^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def _script(text: str) -> str:
    """The file's blocks as a script; blank lines keep the line numbers of the file."""
    lines = [""] * text.count("\n")
    for block in _BLOCK.finditer(text):
        if block["language"] == "python" and block["mark"] is None:
            first = text.count("\n", 0, block.start("body"))
            body = block["body"].splitlines()
            lines[first : first + len(body)] = body
    return "\n".join(lines) + "\n"


def _expected(text: str) -> list[str]:
    return [block["body"] for block in _BLOCK.finditer(text) if block["mark"] == "prints"]


def _has_examples(file: Path) -> bool:
    return bool(_script((ROOT / file).read_text(encoding="utf-8")).strip())


@pytest.mark.timeout(120)
@pytest.mark.parametrize("file", [str(file) for file in FILES if _has_examples(file)])
def test_examples_run(file: str, tmp_path: Path) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    # A script of a name: tasks are defined in it, and their jobs load it again.
    script = tmp_path / "example.py"
    script.write_text(_script(text), encoding="utf-8")
    end = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert end.returncode == 0, f"{file}\n{end.stdout}\n{end.stderr}"
    place = 0
    for expected in _expected(text):
        found = end.stdout.find(expected, place)
        assert found >= 0, f"{file}: expected\n{expected}\nin what is left of\n{end.stdout}"
        place = found + len(expected)


@pytest.mark.parametrize("package", sorted(ROOT.glob("packages/*")), ids=lambda p: p.name)
def test_each_package_has_a_readme_with_an_example(package: Path) -> None:
    readme = package / "README.md"
    assert _script(readme.read_text(encoding="utf-8")).strip(), f"{readme}: no example"


def test_blocks_are_found_and_marked() -> None:
    text = (
        "a\n```python\nx = 1\n```\n\n<!-- not run -->\n```python\nboom\n```\n"
        "<!-- prints -->\n```text\n1\n```\n```python\nprint(x)\n```\n"
    )
    assert [line for line in _script(text).splitlines() if line] == ["x = 1", "print(x)"]
    assert _script(text).splitlines()[2] == "x = 1"
    assert _expected(text) == ["1\n"]
