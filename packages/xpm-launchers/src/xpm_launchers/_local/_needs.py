"""What a requirement takes of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_launchers.exceptions import CapacityError

from ._capacity import Need

if TYPE_CHECKING:
    from xpm_launchers._finder._requirements import HostSimpleRequirement


def local_need(requirement: Any) -> Need:
    """Return what the first alternative that this machine satisfies takes.

    :param requirement: a ``HostRequirement``, or its text.
    :raises CapacityError: when it satisfies none; says why.
    :raises RequirementError: when the text is wrong.
    """
    # Here, as attrs and the parser take 60 ms to load, and most programs require nothing.
    from xpm_launchers._finder._detect import local_host
    from xpm_launchers._finder._explain import explain
    from xpm_launchers._finder._parser import parse

    asked = parse(requirement) if isinstance(requirement, str) else requirement
    host = local_host(devices=any(each.accelerators for each in asked.requirements))
    found = asked.match(host)
    if found is None:
        raise CapacityError(f"this host cannot run it:\n{explain(asked, host)}")
    return _take(found.requirement)


def _take(requirement: HostSimpleRequirement) -> Need:
    from xpm_launchers._finder._detect import local_devices  # as above

    wanted = requirement.accelerators
    will_do = tuple(
        name
        for name, spec in (local_devices() if wanted else ())
        if all(spec.match(each) for each in wanted)
    )
    memory = requirement.cpu.memory
    cores = max(1, requirement.cpu.cores)
    return Need(cores, memory, len(wanted), will_do, requirement.duration)
