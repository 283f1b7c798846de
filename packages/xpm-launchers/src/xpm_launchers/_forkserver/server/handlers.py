"""What a fork server does when a driver requests, watches, starts or cancels."""

from __future__ import annotations

from xpm_launchers._forkserver.capacity import Need, impossible
from xpm_launchers._forkserver.protocol import Message
from xpm_os.processes import ProcessId

from .accounting import Accounting
from .children import Children
from .exits import Exits
from .jobs import GRACE, Client, Job


class Handlers:
    """The handlers of the messages of greeted drivers.

    Args:
        accounting: What is to change in the ledger.
        children: The server's processes.
        exits: Those of processes that have ended.
    """

    def __init__(self, accounting: Accounting, children: Children, exits: Exits) -> None:
        self._accounting = accounting
        self._children = children
        self._exits = exits

    def handle(self, client: Client, message: Message) -> None:
        """Do what a driver's message asks for.

        Raises:
            ValueError: When the message is malformed; also the following.
            KeyError: When a field is missing.
            TypeError: When a field has a wrong type.
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
        reasons = impossible(job.need, self._accounting.host)
        if reasons:
            job.report("refused", message="; ".join(reasons), impossible=True)
            return
        client.jobs[job.id] = job
        if message.get("again"):  # granted by a server that is gone: it has waited already
            client.waiting.appendleft(job)
        else:
            client.waiting.append(job)
        self._accounting.changed = True

    def _watch(self, client: Client, message: Message) -> None:
        process = ProcessId(message["pid"], message["start"])
        exit = self._exits.recall(process)
        if exit is not None:  # it has ended since its new driver looked
            Job(client, message["id"], Need()).report("ended", **exit._asdict())
            return
        job = self._children.jobs.get(process.pid)
        if job is None or job.start != process.start:
            job = Job(client, message["id"], Need())
            job.pid, job.start = process
            self._accounting.watch(job)
        elif job.client is not None:  # its own driver lives, and gets reports as well
            follower = Job(client, message["id"], Need())
            follower.pid, follower.start, follower.followed = job.pid, job.start, job
            job.followers.append(follower)
            job = follower
        else:
            job.uncount()
            job.client, job.id = client, message["id"]
            job.count(client)
        client.jobs[job.id] = job

    def _start(self, job: Job, client: Client, message: Message) -> None:
        if job.pid or not self._accounting.is_reserved(job):
            return
        try:
            self._children.start(job, client, message)
        except OSError as error:
            job.report("refused", message=f"no process: {error.strerror}", retryable=True)
            self._accounting.release(job)
        else:
            self._accounting.forked.append(job)

    def _cancel(self, job: Job, client: Client, message: Message) -> None:
        if job.followed is not None:
            job = job.followed
        if job.pid:
            job.terminated = True
            job.terminate(message.get("grace", GRACE))
        elif job in client.waiting:
            client.waiting.remove(job)
            job.detach()
        else:
            self._accounting.release(job)
