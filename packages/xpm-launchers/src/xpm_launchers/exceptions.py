"""Errors raised or reported by xpm-launchers.

::

    LauncherError
    ├── LaunchError             a process could not be started (`retryable`: a later try may work)
    │   └── CapacityError       the host can never give what is required
    ├── HandleError             a process handle cannot be read
    │   └── ForeignHostError    ... or names a process of another host
    ├── RequirementError        a requirement string is wrong (also a ValueError)
    ├── LauncherNotFoundError   no launcher satisfies a requirement
    ├── LauncherFileError       a launchers.py is wrong
    ├── RuntimeFolderError      the folder of the fork servers cannot be trusted
    ├── LockTimeoutError        a lock was not free in time (also a TimeoutError)
    └── TokenError              a counter cannot give what is requested
        ├── TokenFileError      ... as one of its files is wrong
        └── TokenTimeoutError   ... within the time (also a TimeoutError)
"""

from __future__ import annotations


class LauncherError(Exception):
    """Root of the errors of this package."""


class LaunchError(LauncherError):
    """A process could not be started.

    Args:
        message: What was to be started, what happened, and where.
        retryable: Whether the same request may succeed later.
    """

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class CapacityError(LaunchError):
    """The host can never give what is required (as opposed to: not now)."""


class HandleError(LauncherError):
    """A process handle cannot be read."""


class ForeignHostError(HandleError):
    """A handle names a process of another host, which is not known here."""


class RequirementError(LauncherError, ValueError):
    """A requirement string is wrong.

    Args:
        text: The string.
        position: Index of the first character that is wrong.
        reason: What was expected there.
    """

    def __init__(self, text: str, position: int, reason: str) -> None:
        self.text = text
        self.position = position
        self.reason = reason
        start = text.rfind("\n", 0, position) + 1
        line = text[start:].split("\n", 1)[0]
        caret = " " * (position - start) + "^"
        super().__init__(f"column {position - start + 1}: {reason}\n  {line}\n  {caret}")


class LauncherNotFoundError(LauncherError):
    """No launcher satisfies a requirement."""


class LauncherFileError(LauncherError):
    """A `launchers.py` cannot be used."""


class RuntimeFolderError(LauncherError):
    """The folder of the fork servers is missing, or other users can write to it."""


class LockTimeoutError(LauncherError, TimeoutError):
    """A lock was not free in time."""


class TokenError(LauncherError):
    """A counter cannot give what is requested."""


class TokenFileError(TokenError):
    """A file of a counter does not hold what it should."""


class TokenTimeoutError(TokenError, TimeoutError):
    """Units of a counter were not free in time."""
