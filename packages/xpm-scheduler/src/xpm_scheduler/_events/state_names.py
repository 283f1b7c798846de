"""The states of jobs as files name them."""

from __future__ import annotations

from xpm_scheduler._graph.states import JobFailureStatus, JobState, JobStateError

_STATES: dict[str, JobState] = {
    state.value: state
    for state in (
        JobState.UNSCHEDULED,
        JobState.WAITING,
        JobState.READY,
        JobState.SCHEDULED,
        JobState.RUNNING,
        JobState.DONE,
        JobState.ERROR,
    )
}
#: How release 2.x calls two of them in events.
_STATES["submitted"] = JobState.UNSCHEDULED
_STATES["transient"] = JobState.UNSCHEDULED
_ERRORS = {reason: JobStateError(reason) for reason in JobFailureStatus}


def parse_state(text: object, reason: object = None) -> JobState | None:
    """Return the state that files mean by a text such as `"done"` or `"error:MEMORY"`.

    Args:
        text: the state, with or without the reason of an error.
        reason: the reason, when it is given apart.

    Returns:
        The state; `None` for a text that no release has written.
    """
    if not isinstance(text, str):
        return None
    state = _STATES.get(text)
    if state is not None and state is not JobState.ERROR:
        return state
    name, _, inline = text.partition(":")
    if name != "error":
        return _STATES.get(name)
    known = reason if isinstance(reason, str) else inline or None
    return _ERRORS[JobFailureStatus.parse(known)]


def state_text(state: JobState) -> str:
    """Return the text that `parse_state` takes for a state, reason included."""
    reason = state.failure_reason
    return state.value if reason is None else f"error:{reason.name}"
