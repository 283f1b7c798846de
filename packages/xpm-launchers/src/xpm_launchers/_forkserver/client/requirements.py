"""What a requirement takes of this machine, as the fork server counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_launchers._forkserver.capacity import Need
from xpm_launchers._host.hardware import MPS
from xpm_launchers.exceptions import CapacityError

if TYPE_CHECKING:
    from xpm_launchers._requirements.requirements import HostSimpleRequirement


def read_requirement(requirement: Any) -> Any:
    """Return a requirement that may be given as text.

    Raises:
        RequirementError: When the text is wrong.
    """
    if not isinstance(requirement, str):
        return requirement
    from xpm_launchers._requirements.parser import parse  # costs 60 ms, and most require nothing

    return parse(requirement)


def local_need(requirement: Any) -> Need:
    """Return what the first alternative that this machine satisfies takes.

    Args:
        requirement: A `HostRequirement`, or its text.

    Raises:
        CapacityError: When it satisfies none; with the reasons.
        RequirementError: When the text is wrong.
    """
    from xpm_launchers._requirements.detect import local_host  # as above
    from xpm_launchers._requirements.explain import explain

    required = read_requirement(requirement)
    host = local_host(devices=any(each.accelerators for each in required.requirements))
    match = required.match(host)
    if match is None:
        raise CapacityError(f"this host cannot run it:\n{explain(required, host)}")
    return _need_of(match.requirement)


def _need_of(requirement: HostSimpleRequirement) -> Need:
    from xpm_launchers._requirements.detect import local_devices  # as above

    accelerators = requirement.accelerators
    suitable = tuple(
        name
        for name, spec in (local_devices() if accelerators else ())
        if all(spec.match(each) for each in accelerators)
    )
    # The memory of an Apple GPU is the host's.
    shared = sum(spec.memory for spec in accelerators) if suitable == (MPS,) else 0
    memory = requirement.cpu.memory + shared
    cores = max(1, requirement.cpu.cores)
    return Need(cores, memory, len(accelerators), suitable, requirement.duration)
