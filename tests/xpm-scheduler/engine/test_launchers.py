"""What the scheduler makes of what launchers say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from xpm_launchers import (
    Command,
    DirectLauncher,
    Launcher,
    LauncherEvents,
    LaunchError,
    LocalConnector,
    Ticket,
)
from xpm_scheduler import JobState, experiment


class Reluctant(Launcher):
    """Refuses some starts, then does as a direct launcher.

    Args:
        refusals: how many starts are refused.
        retryable: whether a later try may work.
    """

    def __init__(self, refusals: int, *, retryable: bool) -> None:
        super().__init__(LocalConnector.instance())
        self._direct = DirectLauncher()
        self._left = refusals
        self._retryable = retryable
        self.asked = 0

    def request(self, key: Any, events: LauncherEvents, requirement: Any = None) -> Ticket:
        self.asked += 1
        if self._left == 0:
            return self._direct.request(key, events, requirement)
        self._left -= 1
        error = LaunchError("not in the mood", retryable=self._retryable)
        ticket = RefusedTicket(key, events, error)
        events.granted(ticket)
        return ticket

    def adopt(self, handle: Mapping[str, Any], key: Any, events: LauncherEvents) -> Ticket | None:
        return self._direct.adopt(handle, key, events)


class RefusedTicket(Ticket):
    """Granted, and refused when it is to start."""

    def __init__(self, key: Any, events: LauncherEvents, error: LaunchError) -> None:
        self._key, self._events, self._error = key, events, error

    @property
    def key(self) -> Any:
        return self._key

    def start(self, command: Command) -> None:
        assert command.cwd.is_dir()
        self._events.refused(self, self._error)

    def cancel(self) -> None:
        pass


def test_a_start_that_may_work_later_is_tried_again(tmp_path: Path) -> None:
    from sample import Add

    launcher = Reluctant(2, retryable=True)
    with experiment(tmp_path, "reluctant", launcher=launcher):
        task = Add.C(x=3).submit()
    assert task.job.state == JobState.DONE
    assert task.out.read_text() == "3"
    assert launcher.asked == 3


@pytest.mark.parametrize(("refusals", "retryable", "asked"), [(1, False, 1), (100, True, 5)])
def test_a_start_that_does_not_work_fails_the_job_and_says_why(
    tmp_path: Path, refusals: int, retryable: bool, asked: int
) -> None:
    from sample import Add

    launcher = Reluctant(refusals, retryable=retryable)
    with experiment(tmp_path, "unable", launcher=launcher):
        task = Add.C(x=3).submit()
    assert task.job.state == JobState.ERROR
    assert task.job.message == "not in the mood"
    assert launcher.asked == asked
