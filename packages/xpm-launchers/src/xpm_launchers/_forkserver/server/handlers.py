"""What drivers ask of a launch server: to request, watch, start and cancel."""

from __future__ import annotations

from xpm_launchers._forkserver.capacity import Need, impossible
from xpm_launchers._forkserver.protocol import Message

from .accounting import Settling
from .children import Children
from .exits import Ends
from .jobs import GRACE, Client, Job


class Orders:
    """Carries out what greeted drivers ask.

    Args:
        settling: What is to change in the ledger.
        children: The server's processes.
        ends: Those of processes that are no more.
    """

    def __init__(self, settling: Settling, children: Children, ends: Ends) -> None:
        self._settling = settling
        self._children = children
        self._ends = ends

    def obey(self, client: Client, message: Message) -> None:
        """Do what a driver's message says.

        Raises:
            ValueError: When it is nonsense.
            KeyError: When it is nonsense.
            TypeError: When it is nonsense.
        """
        op = message["op"]
        if op == "request":
            self._request(client, message)
        elif op == "watch":
            self._watch(client, message)
        elif message["id"] in client.jobs:
            job = client.jobs[message["id"]]
            if op == "start":
                self._start(job, client, message)
            elif op == "cancel":
                self._cancel(job, client, message)

    def _request(self, client: Client, message: Message) -> None:
        job = Job(client, message["id"], Need.from_json(message.get("need", {})))
        reasons = impossible(job.need, self._settling.host)
        if reasons:
            job.tell("refused", message="; ".join(reasons), impossible=True)
            return
        client.jobs[job.id] = job
        if message.get("again"):  # granted by a server that is no more: it has waited already
            client.waiting.appendleft(job)
        else:
            client.waiting.append(job)
        self._settling.dirty = True

    def _watch(self, client: Client, message: Message) -> None:
        job = self._children.jobs.get(message["pid"])
        end = self._ends.recall((message["pid"], message["start"]))
        if end is not None:  # it has ended since its new driver looked
            Job(client, message["id"], Need()).tell("ended", **end)
            return
        if job is None or job.start != message["start"]:
            job = Job(client, message["id"], Need())
            job.pid, job.start = message["pid"], message["start"]
            self._settling.watch(job)
        elif job.client is not None:  # its own driver lives, and is to be told as well
            follower = Job(client, message["id"], Need())
            follower.pid, follower.start, follower.original = job.pid, job.start, job
            job.followers.append(follower)
            job = follower
        else:
            job.uncount()
            job.client, job.id = client, message["id"]
            job.count(client)
        client.jobs[job.id] = job

    def _start(self, job: Job, client: Client, message: Message) -> None:
        if job.pid or not self._settling.holds(job):
            return
        try:
            self._children.start(job, client, message)
        except OSError as error:
            job.tell("refused", message=f"no process: {error.strerror}", retryable=True)
            self._settling.release(job)
        else:
            self._settling.forked.append(job)

    def _cancel(self, job: Job, client: Client, message: Message) -> None:
        if job.original is not None:
            job = job.original
        if job.pid:
            job.terminated = True
            job.end(message.get("grace", GRACE))
        elif job in client.waiting:
            client.waiting.remove(job)
            job.leave()
        else:
            self._settling.release(job)
