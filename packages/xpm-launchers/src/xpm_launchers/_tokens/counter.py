"""A counter as this process uses it: what it waits for, what it holds, what it writes of that."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from xpm_launchers.exceptions import TokenFileError

from .holder_files import HolderFile, holder_file
from .holders import holder_is_alive, is_alive
from .legacy import units_held, write_total
from .log import Log
from .queue import (
    Claim,
    Evidence,
    Queue,
    acquire_record,
    evidence_record,
    release_record,
    request_record,
)


class OwnClaim:
    """A claim of this process: units that it has requested, then holds.

    Attributes:
        claim: Its record in the counter's log.
        granted: Whether the units are held, as far as was seen.
    """

    __slots__ = ("claim", "granted")

    def __init__(self, claim: Claim, *, granted: bool = False) -> None:
        self.claim = claim
        self.granted = granted


OwnClaimT = TypeVar("OwnClaimT", bound=OwnClaim)


class Counter(Generic[OwnClaimT]):
    """The counter in a folder, as this process uses it; for several threads.

    In a forked child it begins anew: what is held is its parent's.

    Args:
        path: Folder of the counter.
        holders: Folder of the files that show which processes are alive.
    """

    def __init__(self, path: str, holders: str) -> None:
        self.path = path
        self.holders = holders
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._mutex = threading.RLock()
        self._log = Log(self.path)
        self._holder_file: HolderFile | None = None
        #: Requests of this process that wait
        self._waiting: dict[int, OwnClaimT] = {}
        #: Numbers of those that hold units
        self._held: set[int] = set()
        self._granted: list[OwnClaimT] = []
        #: Requests that waited, and are gone from the log
        self._vanished: list[OwnClaimT] = []
        #: Released, but not written as the disk was full
        self._unwritten: list[Claim] = []
        self._stuck_since = self._probe_at = time.monotonic()

    @property
    def total(self) -> int:
        """How many units there are, as far as was seen."""
        return self._log.queue.total

    def set_total(self, total: int) -> None:
        """Write how many units there are, if the log has another number."""
        with self._log:
            if self._log.queue.total != total:
                self._log.write([{"op": "total", "total": total}])
                write_total(self.path, total)

    def request(self, units: int, key: str, make: Callable[[Claim], OwnClaimT]) -> OwnClaimT:
        """Queue for units.

        Args:
            units: How many.
            key: What they are for.
            make: Makes the object of this process from the claim.
        """
        with self._entered(), self._log:
            holder = self._need_holder_file()
            claim = Claim(self._log.queue.last + 1, units, key, holder)
            if not self._waiting:
                self._note_progress()
            self._log.write([request_record(claim)])
            own = self._waiting[claim.number] = make(claim)
            self._grant()
        return own

    def find(self, key: str) -> Claim | None:
        """Return the claim that holds units under a key, if its holder lives."""
        with self._entered(), self._log:
            claim = self._log.queue.find(key)
        if claim is None or not is_alive(claim, self.path, self._holder):
            return None
        return claim

    def poll(self) -> list[OwnClaimT]:
        """Look at the counter, and return what was granted since the last call.

        Raises:
            TokenFileError: When requests are no longer in the counter's file.
        """
        with self._entered():
            if self._waiting:
                if self._log.changed():
                    with self._log:
                        self._note_progress()
                        self._grant()
                if self._waiting and time.monotonic() >= self._probe_at:
                    self._clear_dead()
            if self._vanished:
                raise TokenFileError(
                    f"{self._log.path}: requests for units are gone; was the file removed?"
                )
            granted, self._granted = self._granted, []
        return granted

    @property
    def interval(self) -> float:
        """Seconds after which to look again: a tenth of what has been waited, up to 0.25 s."""
        return min(0.25, max(0.002, (time.monotonic() - self._stuck_since) / 10))

    @property
    def available(self) -> int:
        """How many units are free now."""
        with self._entered():
            self._clear_dead()
            queue = self._log.queue
            return max(0, queue.total - queue.used - units_held(self.path))

    def release(self, own: OwnClaimT) -> None:
        """Release units, or withdraw the request for them."""
        with self._entered():
            self._waiting.pop(own.claim.number, None)
            self._held.discard(own.claim.number)
            if own in self._granted:
                self._granted.remove(own)
            if own in self._vanished:
                self._vanished.remove(own)
            own.granted = False
            with self._log:
                self._unwritten.append(own.claim)
                try:
                    self._grant()
                except OSError:
                    return  # a full disk; it is written with what is written next
            self._drop_holder_file()

    def set_evidence(self, own: OwnClaimT, evidence: Evidence) -> None:
        """Write what shows from now on that the holder of units is alive.

        Raises:
            RuntimeError: When the units are not held.
        """
        with self._entered(), self._log:
            claim = self._log.queue.held.get(own.claim.number)
            if claim is None or not own.granted:
                raise RuntimeError(f"{own!r}: it does not hold its units")
            self._held.add(claim.number)
            claim = claim._replace(holder=self._need_holder_file())
            self._log.write([evidence_record(claim, evidence)])
            own.claim = claim._replace(evidence=evidence)

    def close(self) -> None:
        """Withdraw what waits, and release what is held, but for what lives elsewhere."""
        with self._entered():
            with self._log:
                queue = self._log.queue
                held = [queue.held[number] for number in self._held if number in queue.held]
                released = [claim for claim in held if claim.evidence == Evidence()]
                released += [own.claim for own in self._waiting.values()]
                self._log.write([release_record(claim) for claim in released])
            self._reset()

    # --- Inside

    def _entered(self) -> threading.RLock:
        """Return the lock of the threads; in a forked child, begin anew first."""
        if self._pid != os.getpid():
            self._reset()
        return self._mutex

    @property
    def _holder(self) -> str:
        """The holder file of this process, as a path from the counter's folder; else empty."""
        if self._holder_file is None:
            return ""
        return os.path.relpath(self._holder_file.path, self.path)

    def _need_holder_file(self) -> str:
        """Return this process's holder file, which is made if needed."""
        if self._holder_file is None:
            self._holder_file = holder_file(self.holders)
        return self._holder

    def _drop_holder_file(self) -> None:
        """Need no holder file when nothing waits and nothing is held."""
        if not (self._waiting or self._held or self._unwritten):
            self._holder_file = None

    def _note_progress(self) -> None:
        self._stuck_since = time.monotonic()
        self._probe_at = self._stuck_since + 0.1

    def _grant(self) -> None:
        """Acquire what is next in the queue and this process's; the log's lock is held.

        Other processes acquire theirs themselves: none holds units without having looked.
        """
        self._write_releases()
        queue = self._log.queue
        self._find_vanished(queue)
        elsewhere = None
        while (claim := queue.next()) is not None and claim.number in self._waiting:
            if elsewhere is None:
                elsewhere = units_held(self.path)
            if not queue.fits(claim, elsewhere):
                return
            self._log.write([acquire_record(claim)])
            own = self._waiting.pop(claim.number)
            own.granted = True
            self._held.add(claim.number)
            self._granted.append(own)

    def _find_vanished(self, queue: Queue) -> None:
        """Put requests aside that are no longer there: they would be waited for in vain."""
        for number, own in tuple(self._waiting.items()):
            if number in queue.held or not queue.has(own.claim):
                self._vanished.append(self._waiting.pop(number))

    def _write_releases(self) -> None:
        if self._unwritten:
            queue = self._log.queue
            # The number may be another's by now, if the file was removed.
            records = [release_record(claim) for claim in self._unwritten if queue.has(claim)]
            self._log.write(records)
            self._unwritten.clear()

    def _clear_dead(self) -> None:
        """Clear away the claims of the dead that keep others waiting.

        They are looked at without the lock, as that may take time.
        """
        with self._log:
            queue = self._log.queue
            first = queue.next()
            held = list(queue.held.values())
        holder = self._holder
        dead = [claim for claim in held if not is_alive(claim, self.path, holder)]
        holders = []
        if first is not None and not holder_is_alive(first.holder, self.path, holder):
            holders.append(first.holder)
        with self._log:
            queue = self._log.queue
            released = [claim for claim in dead if queue.held.get(claim.number) == claim]
            released += queue.waiting_of(holders)
            if released:
                self._log.write([release_record(claim) for claim in released])
                self._note_progress()
            self._grant()
        stuck = time.monotonic() - self._stuck_since
        self._probe_at = time.monotonic() + min(2.0, max(0.1, stuck / 4))
