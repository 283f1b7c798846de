"""Who holds how much of a counter, and who is next: decisions only, no file and no clock.

Strictly in the order of asking: a claim that does not fit now holds up all behind it, so that one
for all units gets them in the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Record = dict[str, Any]


class Evidence(NamedTuple):
    """What shows that the holder of units is alive; any of it is enough.

    Attributes:
        own: The process that asked, while it lives.
        locks: Files, while somebody holds a lock on one of them.
        process: A process's handle, while that process runs.
        until: Time before which the holder counts as alive, in seconds since the epoch.
    """

    own: bool = True
    locks: tuple[str, ...] = ()
    process: Mapping[str, Any] | None = None
    until: float = 0.0


class Claim(NamedTuple):
    """Units asked for, or held.

    Attributes:
        number: Of the request, counted over all processes: the order of asking.
        key: The asker's own name for what it is for.
        owner: The life file of the process that asked, as a path from the counter's folder.
    """

    number: int
    units: int
    key: str
    owner: str
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
        #: Claims that are to come, in the order of asking
        self.waiting: dict[int, Claim] = {}
        self.held: dict[int, Claim] = {}

    # --- Records

    def apply(self, record: Record) -> None:
        """Take one record in.

        Raises:
            ValueError: When it is none.
            KeyError: When it is none.
            TypeError: When it is none.
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
            self.held[claim.number] = claim._replace(owner=record["owner"], evidence=evidence)
        elif op == "end":
            # Twice is no harm: its owner gives back what somebody else has just cleared away.
            self.waiting.pop(record["n"], None)
            ended = self.held.pop(record["n"], None)
            self.used -= ended.units if ended is not None else 0
        else:
            raise ValueError(f"unknown record {op!r}")

    def records(self) -> list[Record]:
        """Return the records that make this state out of nothing."""
        found: list[Record] = [{"op": "total", "total": self.total, "last": self.last}]
        for claim in self.held.values():
            found += [request_record(claim), acquire_record(claim)]
            if claim.evidence != Evidence():
                found.append(evidence_record(claim, claim.evidence))
        found += map(request_record, self.waiting.values())
        return found

    def __len__(self) -> int:
        return len(self.waiting) + len(self.held)

    # --- Decisions

    def next(self) -> Claim | None:
        """Return the claim whose turn it is, whether it fits now or not.

        One for more than there is in all is passed over: it is its owner's to withdraw.
        """
        for claim in self.waiting.values():
            if claim.units <= self.total:
                return claim
        return None

    def fits(self, claim: Claim, elsewhere: int = 0) -> bool:
        """Tell whether there is room for a claim now.

        Args:
            elsewhere: Units held by those who keep no records here.
        """
        return self.used + elsewhere + claim.units <= self.total

    def waiting_of(self, owners: Sequence[str]) -> list[Claim]:
        """Return the waiting claims of some owners."""
        return [claim for claim in self.waiting.values() if claim.owner in owners]

    def has(self, claim: Claim) -> bool:
        """Tell whether a claim is here, waiting or held."""
        found = self.held.get(claim.number) or self.waiting.get(claim.number)
        return found is not None and found.key == claim.key

    def find(self, key: str) -> Claim | None:
        """Return the claim that holds units under a key, if there is one."""
        for claim in self.held.values():
            if claim.key == key:
                return claim
        return None


def request_record(claim: Claim) -> Record:
    """The record that a claim is made."""
    return {
        "op": "ask",
        "n": claim.number,
        "units": claim.units,
        "key": claim.key,
        "owner": claim.owner,
    }


def acquire_record(claim: Claim) -> Record:
    """The record that a claim gets its units."""
    return {"op": "take", "n": claim.number}


def evidence_record(claim: Claim, evidence: Evidence) -> Record:
    """The record of what shows from now on that a claim's holder lives."""
    return {
        "op": "point",
        "n": claim.number,
        "owner": claim.owner,
        "own": evidence.own,
        "locks": list(evidence.locks),
        "process": None if evidence.process is None else dict(evidence.process),
        "until": evidence.until,
    }


def release_record(claim: Claim) -> Record:
    """The record that a claim is no more: given back, withdrawn, or its holder is dead."""
    return {"op": "end", "n": claim.number}
