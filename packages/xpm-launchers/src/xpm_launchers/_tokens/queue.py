"""Which claims hold units of a counter, and which is next: decisions only, no file and no clock.

Strictly in the order of requests: a claim that does not fit now holds up all behind it, so that one
for all units gets them in the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Record = dict[str, Any]


class Evidence(NamedTuple):
    """What shows that the holder of units is alive; any of it is enough.

    Attributes:
        own: Whether the process that requested them shows it, while it lives.
        locks: Files, while a process holds a lock on one of them.
        process: A process's handle, while that process runs.
        until: Time before which the holder counts as alive, in seconds since the epoch.
    """

    own: bool = True
    locks: tuple[str, ...] = ()
    process: Mapping[str, Any] | None = None
    until: float = 0.0


class Claim(NamedTuple):
    """Units that are requested, or held.

    Attributes:
        number: Of the request, counted over all processes: their order.
        units: How many units.
        key: What they are for, as the requesting process names it.
        holder: Its holder file, as a path from the counter's folder.
        evidence: What shows that the holder of the units is alive.
    """

    number: int
    units: int
    key: str
    holder: str
    evidence: Evidence = Evidence()


class Queue:
    """The state of a counter, as the records of its log make it, in their order.

    Args:
        total: Units there are.
    """

    def __init__(self, total: int = 0, last: int = 0) -> None:
        self.total = total
        #: The newest number that was given
        self.last = last
        #: Units held
        self.used = 0
        #: Claims that wait, in the order of requests
        self.waiting: dict[int, Claim] = {}
        self.held: dict[int, Claim] = {}

    # --- Records

    def apply(self, record: Record) -> None:
        """Change the state by a record.

        Raises:
            ValueError: When it is not a record.
            KeyError: When a field is missing, or there is no such claim.
            TypeError: When a field has a wrong type.
        """
        op = record["op"]
        if op == "total":
            self.total = int(record["total"])
            self.last = max(self.last, record.get("last", 0))
        elif op == "ask":
            claim = Claim(record["n"], record["units"], record["key"], record["owner"])
            self.waiting[claim.number] = claim
            self.last = max(self.last, claim.number)
        elif op == "take":
            claim = self.waiting.pop(record["n"])
            self.held[claim.number] = claim
            self.used += claim.units
        elif op == "point":
            evidence = Evidence(
                record["own"], tuple(record["locks"]), record["process"], record["until"]
            )
            claim = self.held[record["n"]]
            self.held[claim.number] = claim._replace(holder=record["owner"], evidence=evidence)
        elif op == "end":
            # Twice does no harm: its holder releases what another process has just cleared away.
            self.waiting.pop(record["n"], None)
            released = self.held.pop(record["n"], None)
            self.used -= released.units if released is not None else 0
        else:
            raise ValueError(f"unknown record {op!r}")

    def records(self) -> list[Record]:
        """Return the records that make this state out of nothing."""
        records: list[Record] = [{"op": "total", "total": self.total, "last": self.last}]
        for claim in self.held.values():
            records += [request_record(claim), acquire_record(claim)]
            if claim.evidence != Evidence():
                records.append(evidence_record(claim, claim.evidence))
        records += map(request_record, self.waiting.values())
        return records

    def __len__(self) -> int:
        return len(self.waiting) + len(self.held)

    # --- Decisions

    def next(self) -> Claim | None:
        """Return the first claim that waits, whether it fits now or not.

        One for more than there is in all is passed over: its process is to withdraw it.
        """
        for claim in self.waiting.values():
            if claim.units <= self.total:
                return claim
        return None

    def fits(self, claim: Claim, elsewhere: int = 0) -> bool:
        """Return whether a claim fits now.

        Args:
            claim: The claim.
            elsewhere: Units that are held without a record here.
        """
        return self.used + elsewhere + claim.units <= self.total

    def waiting_of(self, holders: Sequence[str]) -> list[Claim]:
        """Return the waiting claims of some holders."""
        return [claim for claim in self.waiting.values() if claim.holder in holders]

    def has(self, claim: Claim) -> bool:
        """Return whether a claim is here, waiting or held."""
        own = self.held.get(claim.number) or self.waiting.get(claim.number)
        return own is not None and own.key == claim.key

    def find(self, key: str) -> Claim | None:
        """Return the claim that holds units under a key, if there is one."""
        for claim in self.held.values():
            if claim.key == key:
                return claim
        return None


def request_record(claim: Claim) -> Record:
    """Return the record of a new claim."""
    return {
        "op": "ask",
        "n": claim.number,
        "units": claim.units,
        "key": claim.key,
        "owner": claim.holder,
    }


def acquire_record(claim: Claim) -> Record:
    """Return the record of a claim that gets its units."""
    return {"op": "take", "n": claim.number}


def evidence_record(claim: Claim, evidence: Evidence) -> Record:
    """Return the record of what shows from now on that a claim's holder lives."""
    return {
        "op": "point",
        "n": claim.number,
        "owner": claim.holder,
        "own": evidence.own,
        "locks": list(evidence.locks),
        "process": None if evidence.process is None else dict(evidence.process),
        "until": evidence.until,
    }


def release_record(claim: Claim) -> Record:
    """Return the record of a claim that ends: released, withdrawn, or its holder is dead."""
    return {"op": "end", "n": claim.number}
