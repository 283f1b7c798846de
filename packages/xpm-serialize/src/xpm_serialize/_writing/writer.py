"""Write configurations as records, each once, children first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xpm_config import Config, identifiers
from xpm_serialize._format.class_names import header
from xpm_serialize._format.document import VERSION
from xpm_serialize._format.encoder import Encoder
from xpm_serialize._objects.configs import config_class, information, items, own_tags
from xpm_serialize._objects.stubs import TaskStub
from xpm_serialize.exceptions import NotSerializableError

from .job_references import JobReferences

# What gives another form to some of a configuration's fields: name → value in JSON.
FieldsHook = Callable[[Any], Mapping[str, Any]]


class ObjectWriter:
    """Turns configurations into records, for one file.

    Args:
        base: names and folders; paths below one are written relative to the first that fits.
        tags: whether each record holds the tags of its own configuration.
        job_of: says which job's folder records a configuration already, so that a reference is
            enough: the folder relative to the workspace and the place in it, or ``None``.
        fields: gives another form to some fields of a configuration.
    """

    def __init__(
        self,
        base: Sequence[tuple[str, Path]] = (),
        *,
        tags: bool = False,
        job_of: Callable[[Any], Mapping[str, Any] | None] | None = None,
        fields: FieldsHook | None = None,
    ) -> None:
        # The configuration itself is kept: an object's number is free once it is gone.
        self._ids: dict[int, tuple[int, Any]] = {}
        # What was referred to and is not begun yet, and what of it was met just now.
        self._waiting: set[int] = set()
        self._pending: list[Any] = []
        self._encoder = Encoder(base, self._refer)
        self._tags = tags
        self._job_of = job_of
        self._fields = fields

    def id_of(self, config: Config) -> int:
        """The id of a configuration that was written.

        Raises:
            KeyError: it was not.
        """
        return self._ids[id(config)][0]

    def records(self, config: Config) -> list[dict[str, Any]]:
        """The records of a configuration and of what it holds that were not written yet.

        Returns:
            The records, children first: ready for JSON.

        Raises:
            NotSerializableError: a value has no form in JSON.
        """
        return self.collect(config)[1]

    def collect(self, value: Any) -> tuple[Any, list[dict[str, Any]]]:
        """As :meth:`records`, for any nesting of containers and configurations.

        Returns:
            The JSON form of the value, and the records.
        """
        records: list[dict[str, Any]] = []
        try:
            data = self._encoder.encode(value)
        except NotSerializableError as error:
            raise NotSerializableError(f"cannot write {error}") from None
        except RecursionError:
            raise NotSerializableError("cannot write a value nested this deeply") from None
        # A configuration is begun when it is first met and finished after all that it
        # holds; in a loop, one that is begun already is referred to by its id.
        stack: list[tuple[Any, dict[str, Any], list[Any]]] = []
        done: list[Any] = []
        todo = self._take()
        while todo or stack:
            if todo:
                info = todo.pop()
                if id(info.pyobject) in self._waiting:
                    stack.append((info.pyobject, self._begin(info), todo))
                    todo = self._take()
            else:
                config, record, todo = stack.pop()
                records.append(record)
                done.append(config)
        for record, identifier in zip(records, identifiers(done), strict=True):
            record["identifier"] = identifier.hex()
        return data, records

    def _take(self) -> list[Any]:
        """What was met since the last call, to be written: the first comes last."""
        pending = self._pending
        if not pending:
            return []
        self._pending = []
        pending.reverse()
        return pending

    def _refer(self, value: Any) -> int | None:
        key = id(value)
        known = self._ids.get(key)
        if known is not None:
            if key in self._waiting:
                # Met again, deeper: it comes before what holds it here.
                self._pending.append(information(value))
            return known[0]
        info = information(value)
        if info is None:
            return None
        number = len(self._ids) + 1
        self._ids[key] = (number, value)
        self._waiting.add(key)
        self._pending.append(info)
        return number

    def _begin(self, info: Any) -> dict[str, Any]:
        """The record of a configuration; what it refers to for the first time is pending."""
        config = info.pyobject
        self._waiting.discard(id(config))
        if isinstance(config, TaskStub):
            return self._stub(info, config)
        first, second = header(config_class(info))
        record = {"id": self._ids[id(config)][0], **first, "identifier": ""}
        if info.meta is not None:
            record["meta"] = info.meta
        elsewhere = self._job_of(info) if self._job_of is not None else None
        if info.init_tasks and elsewhere is None:
            record["init-tasks"] = [self._refer(task) for task in info.init_tasks]
        if info.task is not None:
            record["task"] = self._refer(info.task)
        if elsewhere is not None:
            record.update(elsewhere)
            return record
        if self._tags:
            self._add_tags(info, record)
        record.update(second)
        record["fields"] = self._encode_fields(info)
        return record

    def _stub(self, info: Any, stub: TaskStub) -> dict[str, Any]:
        kind = info.xpmtype
        return {
            "id": self._ids[id(stub)][0],
            "module": kind.module,
            "type": kind.qualname,
            "typename": kind.full_name,
            "identifier": stub.identifier,
            "stub": True,
            "fields": {},
        }

    def _add_tags(self, info: Any, record: dict[str, Any]) -> None:
        own = own_tags(info)
        if own:
            encode = self._encoder.encode
            record["tags"] = {name: encode(value) for name, value in own.items()}
        if info.stopped:
            record["stop-tags"] = sorted(info.stopped)

    def _encode_fields(self, info: Any) -> dict[str, Any]:
        given = self._fields(info) if self._fields is not None else {}
        encode = self._encoder.encode
        fields: dict[str, Any] = {}
        for argument, value in items(info):
            name = argument.name
            if name in given:
                fields[name] = given[name]
                continue
            try:
                fields[name] = encode(value)
            except NotSerializableError as error:
                raise NotSerializableError(f"{_place(info, name)}: cannot write {error}") from None
            except RecursionError:
                raise NotSerializableError(
                    f"{_place(info, name)}: cannot write a value nested this deeply"
                ) from None
        return fields


def _place(info: Any, name: str) -> str:
    kind = config_class(info)
    file, line = info.location or ("", 0)
    made = f" (made at {file}:{line})" if file else ""
    return f"{kind.__module__}.{kind.__qualname__}.{name}{made}"


def task_document(
    config: Config,
    *,
    workspace: Path,
    jobdir: Path,
    tags: Mapping[str, Any],
    version: str,
) -> dict[str, Any]:
    """What ``params.json`` holds for a task.

    Args:
        config: the task, sealed.
        workspace: the workspace's folder.
        jobdir: the job's folder.
        tags: the task's tags.
        version: the release that writes it.

    Raises:
        NotSerializableError: a value has no form in JSON.
    """
    writer = ObjectWriter(
        (("job", jobdir), ("workspace", workspace)),
        tags=True,
        job_of=JobReferences(config, workspace),
    )
    return {
        "workspace": str(workspace),
        "version": VERSION,
        "experimaestro": version,
        "tags": dict(tags),
        "objects": writer.records(config),
    }
