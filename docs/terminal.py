"""Makes the README's picture of a terminal from a real run: `./dev run python docs/terminal.py`.

The demo runs twice on a pseudo-terminal. What it prints is drawn as it comes, three times as fast,
and then stays; where pictures do not move, the end is shown.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

COLUMNS, ROWS = 92, 40
FASTER = 3.0
COMMAND = [sys.executable, "-m", "digits"]
PROMPT = "$ python -m digits"
OUTPUT = Path(__file__).parent / "images" / "digits.svg"

CHARACTER, LINE, SIZE, MARGIN = 7.8, 18.0, 13, 14

#: What moves the cursor or erases: carriage return, line feed, `ESC [ n A` (up), `ESC [ K`.
_CONTROL = re.compile(r"(\r|\n|\x1b\[[0-9;?]*[A-Za-z])")


class Shown(NamedTuple):
    """A line of the screen, with when it appeared and was replaced, in seconds."""

    row: int
    text: str
    start: float
    end: float | None


class Screen:
    """The little of a terminal that is needed: a cursor, and lines that are written over."""

    def __init__(self) -> None:
        self.lines = [""]
        self._row = 0
        self._column = 0

    def feed(self, text: str) -> None:
        for part in _CONTROL.split(text):
            if part == "\r":
                self._column = 0
            elif part == "\n":
                self._row += 1
                if self._row == len(self.lines):
                    self.lines.append("")
            elif part.startswith("\x1b"):
                self._escape(part)
            else:
                self._write(part)

    def _escape(self, sequence: str) -> None:
        if sequence.endswith("A"):
            self._row = max(0, self._row - int(sequence[2:-1] or 1))
        elif sequence.endswith("K"):
            self.lines[self._row] = self.lines[self._row][: self._column]

    def _write(self, text: str) -> None:
        line = self.lines[self._row].ljust(self._column)
        self._column += len(text)
        self.lines[self._row] = line[: self._column - len(text)] + text + line[self._column :]


def run(folder: str) -> Iterator[tuple[float, str]]:
    """Runs the demo on a terminal; yields what it prints, with the time since its start."""
    start = time.monotonic()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(COMMAND[0], COMMAND)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    try:
        while data := os.read(terminal, 65536):
            yield time.monotonic() - start, data.decode(errors="replace")
    except OSError:  # the other end is closed (man 4 pts)
        pass
    finally:
        os.close(terminal)
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
            raise SystemExit("the demo has failed")


def record(runs: int) -> tuple[list[Shown], float]:
    """Runs the demo several times in one folder; returns all lines shown, and when it ended."""
    screen = Screen()
    shown: list[Shown] = []
    current: list[tuple[str, float]] = []
    now = 0.0

    def note() -> None:
        for row, text in enumerate(screen.lines):
            if row == len(current):
                current.append((text.rstrip(), now))
            elif current[row][0] != text.rstrip():
                shown.append(Shown(row, *current[row], now))
                current[row] = (text.rstrip(), now)

    with tempfile.TemporaryDirectory() as folder:
        for number in range(runs):
            before = now = now + (1.0 if number else 0.0)
            screen.feed(PROMPT)
            note()
            screen.feed("\r\n")
            for moment, text in run(folder):
                now = before + moment / FASTER
                screen.feed(text.replace(os.path.realpath(folder) + os.sep, ""))
                note()
            screen.feed("\r\n")
    shown += [Shown(row, *each, None) for row, each in enumerate(current)]
    return [each for each in shown if each.text], now


def draw(shown: list[Shown]) -> Iterator[str]:
    """The recorded lines as an SVG picture."""
    width = COLUMNS * CHARACTER + 2 * MARGIN
    height = (max(each.row for each in shown) + 1) * LINE + 2 * MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="{SIZE}" '
        'fill="#d8dee9">'
    )
    yield "<title>The demo in a terminal, run twice</title>"
    yield '<rect width="100%" height="100%" rx="8" fill="#1b1f27"/>'
    for each in shown:
        length = len(each.text) * CHARACTER
        y = MARGIN + (each.row + 0.75) * LINE
        colour = ' fill="#8fbc6f"' if each.text.startswith("$ ") else ""
        hidden = "" if each.end is None else ' visibility="hidden"'
        yield (
            f'<text xml:space="preserve" x="{MARGIN}" y="{y:.1f}" textLength="{length:.1f}"'
            f"{colour}{hidden}>{escape(each.text)}{_when(each)}</text>"
        )
    yield "</svg>\n"


def _when(each: Shown) -> str:
    """The animation of a line: the last one of a row is only hidden until it appears."""
    if each.end is not None:
        time = f'begin="{each.start:.2f}s" end="{each.end:.2f}s"'
        return f'<set attributeName="visibility" to="visible" {time}/>'
    if each.start < 0.01:
        return ""
    return f'<set attributeName="visibility" to="hidden" begin="0s" end="{each.start:.2f}s"/>'


def main() -> None:
    shown, seconds = record(2)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text("\n".join(draw(shown)))
    print(f"{OUTPUT}: {len(shown)} lines, {seconds:.1f} s")


if __name__ == "__main__":
    main()
