"""The events of a run: one file, or several that follow each other."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from xpm_os.jsonl import LineReader, Problem

from .kinds import SCHEDULER_STATE, SUBMITTED, Event

_NAME = re.compile(r"event-(\d+)\.jsonl")


class EventLog:
    """Reads the events of a folder in the order in which they were written.

    Args:
        path: the folder; it need not be there yet.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._readers: dict[int, LineReader] = {}
        self._problems: list[Problem] = []
        self._first = 0
        #: File and byte before which events were lost, and no snapshot has made up for them.
        self._damage: tuple[int, int] | None = None

    @property
    def damaged(self) -> bool:
        """Whether events were lost, and no snapshot has made up for them."""
        return self._damage is not None

    def read(self) -> Iterator[Event]:
        """Yield the events that were appended since the last time."""
        self._find_files()
        for number in sorted(self._readers):
            reader = self._readers[number]
            yield from reader.read()
            for problem in reader.take_problems():
                self._problems.append(problem)
                self._damage = (number, reader.position)

    def is_behind(self, name: str, offset: int) -> bool:
        """Return whether a snapshot that was made at that place has more than was read."""
        place = _number(name), offset
        if self._damage is not None:
            return place >= self._damage
        if not self._readers:
            return True
        last = max(self._readers)
        reader = self._readers[last]
        return reader.waits or place > (last, reader.position)

    def go_to(self, name: str, offset: int) -> None:
        """Go on after what a snapshot has folded."""
        self._first = number = _number(name)
        self._readers = {key: each for key, each in self._readers.items() if key >= number}
        reader = self._readers.setdefault(number, LineReader(f"{self._path}/{name}"))
        # Behind the damage all is whole, and to read it again changes nothing; a file that was
        # cut short may be written on before the place that the snapshot names.
        known = self._damage is not None and self._damage[0] == number
        reader.position = self._damage[1] if self._damage and known else offset
        self._damage = None

    def submissions(self) -> Iterator[Event]:
        """Yield all events of submissions, read anew."""
        other = EventLog(self._path)
        for event in other.read():
            if event.get(SCHEDULER_STATE) == SUBMITTED:
                yield event

    def take_problems(self) -> list[Problem]:
        """Return what could not be read since the last time."""
        problems, self._problems = self._problems, []
        return problems

    def _find_files(self) -> None:
        try:
            names = os.listdir(self._path)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self._problems.append(Problem(self._path, f"cannot be read: {error.strerror}"))
            return
        for name in names:
            found = _NAME.fullmatch(name)
            if found and (number := int(found[1])) not in self._readers and number >= self._first:
                self._readers[number] = LineReader(f"{self._path}/{name}")


def _number(name: str) -> int:
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else 0
