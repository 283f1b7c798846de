"""The lines of places in a JSON text, for messages: JSON's own reader does not say them."""

from __future__ import annotations

import json
import re

_token = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+)')


def json_line(text: str, path: tuple[object, ...]) -> int:
    """Return the line of a place in a JSON text (of its key, in an object), counted from 1.

    Args:
        text: a valid JSON text.
        path: keys and indices; where it leads nowhere, the nearest place around is taken.
    """
    wanted = [step if isinstance(step, int) else str(step) for step in path]
    position = _Position()
    depth, line = 0, 1
    for match in _token.finditer(text):
        token, place = match.group(1), position.path
        if position.begins(token) and len(place) > depth and place == wanted[: len(place)]:
            depth, line = len(place), text.count("\n", 0, match.start(1)) + 1
        if depth == len(wanted):
            break
        position.advance(token)
    return line


class _Position:
    """Where in a JSON text its next token is."""

    def __init__(self) -> None:
        # the step to each open container; None before the first key of an object
        self.path: list[int | str | None] = []
        # the token that has opened each
        self._kinds: list[str] = []
        self._expects_key = False

    def begins(self, token: str) -> bool:
        """Return whether a place, that of `path`, begins with the next token."""
        if self._expects_key and token.startswith('"'):
            self.path[-1] = json.loads(token)
        if token.startswith((",", ":", "}", "]")):
            return False
        # what follows a key is the same place as the key
        return not self._kinds or self._expects_key or self._kinds[-1] == "["

    def advance(self, token: str) -> None:
        """Go to what follows a token."""
        if token in ("{", "["):
            self._kinds.append(token)
            self.path.append(0 if token == "[" else None)
            self._expects_key = token == "{"
        elif token in ("}", "]"):
            self._kinds.pop()
            self.path.pop()
            self._expects_key = False
        elif token == ",":
            index = self.path[-1]
            if isinstance(index, int):
                self.path[-1] = index + 1
            self._expects_key = self._kinds[-1] == "{"
        else:
            self._expects_key = False
