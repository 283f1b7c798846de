"""What follows from what: the decisions about jobs, without any I/O.

Every change of state is made by `submit`, `move` or `stop`, checked against the table of
`states`, and *returned*, so that the caller, which does the I/O, sees all that happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .nodes import Node
from .states import TRANSITIONS, JobFailureStatus, JobState


class Change(NamedTuple):
    """The change of a node from one state to another."""

    node: Node
    old: JobState
    new: JobState


def submit(node: Node) -> list[Change]:
    """Take in a node that is to be run: count what it waits for, and give it a state.

    Args:
        node: in state `UNSCHEDULED`. Its origins may be so too: they are to be submitted next,
            since something requires them now.

    Returns:
        The changes, in order.
    """
    pending = 0
    for origin in node.origins:
        if origin.state == JobState.ERROR:
            return _spread([_fail_for(node, origin)])
        if origin.state != JobState.DONE:
            pending += 1
            if origin.dependents is None:
                origin.dependents = []
            origin.dependents.append(node)
    node.pending = pending
    return [_change(node, JobState.WAITING if pending else JobState.READY)]


def move(node: Node, new: JobState) -> list[Change]:
    """Change a state, and the states of what depends on it.

    Returns:
        The changes, this node's first. Cost: one step for each dependent reached.
    """
    return _spread([_change(node, new)])


def stop(nodes: Iterable[Node], cause: Node) -> list[Change]:
    """Give up what has not been started, because of a failure that is not a dependency of it.

    Args:
        nodes: what is not wanted any more; what was started or has ended is left alone.
        cause: what has failed.

    Returns:
        The changes, in order.
    """
    changes: list[Change] = []
    for node in nodes:
        if node.required and node.state.notstarted():
            changes += _spread([_fail_for(node, cause)])
    return changes


def _spread(changes: list[Change]) -> list[Change]:
    """Add what follows from the changes for those that depend on what has ended.

    Breadth first and without recursion: a chain may be 100,000 jobs long.
    """
    for node, _, new in changes:
        if not new.finished():
            continue
        dependents, node.dependents = node.dependents, None
        for dependent in dependents or ():
            if new == JobState.ERROR:
                if not dependent.state.finished():
                    changes.append(_fail_for(dependent, node))
                continue
            dependent.pending -= 1
            if dependent.pending == 0 and dependent.state == JobState.WAITING:
                changes.append(_change(dependent, JobState.READY))
    return changes


def _fail_for(node: Node, origin: Node) -> Change:
    node.cause = origin.cause or origin
    reason = JobFailureStatus.DEPENDENCY
    return _change(node, node.fail(reason, f"{node.cause.locator} failed"))


def _change(node: Node, new: JobState) -> Change:
    old = node.state
    if new not in TRANSITIONS[old]:
        raise AssertionError(f"{node!r} cannot become {new!r}")
    node.state = new
    return Change(node, old, new)
