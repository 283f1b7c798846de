"""How actions ask for what they need to know."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from xpm_scheduler.exceptions import ActionError

_TRUE = ("true", "yes", "y", "on", "1")
_FALSE = ("false", "no", "n", "off", "0")


class Interaction(ABC):
    """Asks for something; each question has a key, by which it can be answered beforehand."""

    @abstractmethod
    def choice(self, key: str, label: str, choices: Iterable[Any]) -> Any:
        """Ask for one of several values.

        Args:
            key: name of the answer.
            label: the question.
            choices: the values, in order (the keys, of a mapping).

        Returns:
            The value that was chosen.
        """

    @abstractmethod
    def checkbox(self, key: str, label: str, *, default: bool = False) -> bool:
        """Yes or no.

        Args:
            key: name of the answer.
            label: the question.
            default: the answer when nothing is entered.
        """

    @abstractmethod
    def text(self, key: str, label: str, *, default: str | None = None) -> str:
        """Ask for a text.

        Args:
            key: name of the answer.
            label: the question.
            default: the answer when nothing is entered; `None` if something must be.
        """


class CLIInteraction(Interaction):
    """Asks in the terminal what was not answered beforehand.

    >>> from xpm_scheduler.actions import CLIInteraction
    >>> answers = CLIInteraction({"format": "csv", "header": "yes"})
    >>> answers.choice("format", "Which format?", ["json", "csv"])
    'csv'
    >>> answers.checkbox("header", "With a header?")
    True

    Args:
        answers: answers by key, as texts.

    Raises:
        ActionError: (from its methods) an answer given beforehand is not one of those that are
            possible, or there is nobody to ask.
    """

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        self._answers = dict(answers or {})
        self._unused = set(self._answers)

    @property
    def unused(self) -> list[str]:
        """The keys of the answers that nothing has asked for yet."""
        return sorted(self._unused)

    def _given(self, key: str) -> str | None:
        self._unused.discard(key)
        return self._answers.get(key)

    def choice(self, key: str, label: str, choices: Iterable[Any]) -> Any:
        values = list(choices)
        names = [str(value) for value in values]
        if not values:
            raise ActionError(f"{label} ({key}): there is nothing to choose from")
        given = self._given(key)
        if given is not None:
            if given not in names:
                raise ActionError(f"{key}: expected one of {', '.join(names)}, got {given!r}")
            return values[names.index(given)]
        lines = [f"  {number}) {name}" for number, name in enumerate(names, 1)]
        question = "\n".join([f"{label} ({_hint(key)})", *lines, "Number or value"])

        def parse(entered: str) -> int:
            if entered in names:
                return names.index(entered)
            if entered.isdecimal() and 1 <= int(entered) <= len(values):
                return int(entered) - 1
            raise ValueError(f"expected a number up to {len(values)}, or one of the values")

        found: int = _ask(key, question, parse, None, f"one of {', '.join(names)}")
        return values[found]

    def checkbox(self, key: str, label: str, *, default: bool = False) -> bool:
        given = self._given(key)
        if given is not None:
            try:
                return _boolean(given)
            except ValueError as error:
                raise ActionError(f"{key}: {error}") from None
        shown = "yes" if default else "no"
        found: bool = _ask(key, f"{label} ({_hint(key)})", _boolean, shown, "true or false")
        return found

    def text(self, key: str, label: str, *, default: str | None = None) -> str:
        given = self._given(key)
        if given is not None:
            return given
        found: str = _ask(key, f"{label} ({_hint(key)})", str, default, "a text")
        return found


def _hint(key: str) -> str:
    return f"--set {key}=..."


def _boolean(text: str) -> bool:
    lower = text.strip().lower()
    if lower in _TRUE:
        return True
    if lower in _FALSE:
        return False
    raise ValueError(f"expected true or false, got {text!r}")


def _ask(
    key: str, question: str, parse: Callable[[str], Any], default: str | None, expected: str
) -> Any:
    import click  # only where somebody is asked

    def convert(entered: str) -> Any:
        try:
            return parse(entered)
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    try:
        return click.prompt(question, default=default, value_proc=convert, err=True)
    except click.Abort:
        _refuse(key, expected)


def _refuse(key: str, expected: str) -> NoReturn:
    raise ActionError(
        f"{key}: there is no answer, and nobody to ask: expected {expected}; "
        f"give it beforehand (--set {key}=VALUE)"
    ) from None
