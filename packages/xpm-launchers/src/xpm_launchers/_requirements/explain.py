"""Why a host does not satisfy a requirement, for people."""

from __future__ import annotations

from .requirements import HostRequirement
from .specs import HostSpecification


def explain(requirement: HostRequirement, host: HostSpecification) -> str:
    """Return a line for each alternative, and one for each resource that `host` is short of."""
    lines = []
    for each, faults in requirement.explain(host):
        lines.append(f"  {each}: " + ("satisfied" if not faults else "refused"))
        lines += [f"    {fault.resource}: {fault.message}" for fault in faults]
    return "\n".join(lines)
