"""Write configurations as records, each once, children first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xpm_config import Config, ConfigInformation, identifiers
from xpm_serialize._format.class_names import header
from xpm_serialize._format.document import VERSION
from xpm_serialize._format.encoder import Encoder
from xpm_serialize._format.json_types import Json, JsonObject
from xpm_serialize._objects.configs import Loaded, config_class, information, items, own_tags
from xpm_serialize._objects.stubs import TaskStub
from xpm_serialize.exceptions import NotSerializableError

from .job_references import JobReferences

# Returns another form of some of a configuration's fields: name → value in JSON
FieldsHook = Callable[[ConfigInformation], Mapping[str, Json]]
# Returns what refers to the record of a configuration elsewhere, if there is one
JobHook = Callable[[ConfigInformation], Mapping[str, Json] | None]


class ObjectWriter:
    """Turns configurations into records, for one file.

    Args:
        base: names and folders; paths below one are written relative to the first that fits.
        tags: whether each record holds the tags of its own configuration.
        job_of: returns which job's folder records a configuration already, so that a reference
            is enough: the folder relative to the workspace and the place in it, or `None`.
        fields: returns another form of some fields of a configuration.
    """

    def __init__(
        self,
        base: Sequence[tuple[str, Path]] = (),
        *,
        tags: bool = False,
        job_of: JobHook | None = None,
        fields: FieldsHook | None = None,
    ) -> None:
        # The configuration itself is kept: its `id` may be that of another one once it is gone.
        self._ids: dict[int, tuple[int, object]] = {}
        # What was referred to and is not begun yet, and what of it was met just now.
        self._waiting: set[int] = set()
        self._pending: list[ConfigInformation] = []
        self._encoder = Encoder(base, self._refer)
        self._tags = tags
        self._job_of = job_of
        self._fields = fields

    def id_of(self, config: Config) -> int:
        """Return the id of a configuration that was written.

        Raises:
            KeyError: it was not.
        """
        return self._ids[id(config)][0]

    def records(self, config: Config) -> list[dict[str, Any]]:
        """Return the records of a configuration and of what it holds that were not written yet.

        Returns:
            The records, children first: ready for JSON.

        Raises:
            NotSerializableError: a value has no form in JSON.
        """
        return self.collect(config)[1]

    def collect(self, value: Any) -> tuple[Any, list[dict[str, Any]]]:
        """Return the records for any nesting of containers and configurations (see `records`).

        Returns:
            The JSON form of the value, and the records.
        """
        records: list[JsonObject] = []
        try:
            data = self._encoder.encode(value)
        except NotSerializableError as error:
            raise NotSerializableError(f"cannot write {error}") from None
        except RecursionError:
            raise NotSerializableError("cannot write a value nested this deeply") from None
        # A configuration is begun when it is first met and finished after all that it
        # holds; in a loop, one that is begun already is referred to by its id.
        stack: list[tuple[Loaded, JsonObject, list[ConfigInformation]]] = []
        done: list[Loaded] = []
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

    def _take(self) -> list[ConfigInformation]:
        """Return what was met since the last call, to be written: the first comes last."""
        pending = self._pending
        if not pending:
            return []
        self._pending = []
        pending.reverse()
        return pending

    def _refer(self, value: object) -> int | None:
        """Return the id of a configuration, to be written if it is new; `None` for others."""
        key = id(value)
        known = self._ids.get(key)
        if known is not None and key not in self._waiting:
            return known[0]
        info = information(value)
        if info is None:
            return None
        if known is not None:
            # Met again, deeper: it comes before what holds it here.
            self._pending.append(info)
            return known[0]
        number = len(self._ids) + 1
        self._ids[key] = (number, value)
        self._waiting.add(key)
        self._pending.append(info)
        return number

    def _begin(self, info: ConfigInformation) -> JsonObject:
        """Return the record of a configuration; what it refers to for the first time is pending."""
        config: Loaded = info.pyobject
        self._waiting.discard(id(config))
        if isinstance(config, TaskStub):
            return self._stub(config)
        first, second = header(config_class(info))
        record: JsonObject = {"id": self._ids[id(config)][0], **first, "identifier": ""}
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

    def _stub(self, stub: TaskStub) -> JsonObject:
        return {
            "id": self._ids[id(stub)][0],
            "module": stub.module,
            "type": stub.qualname,
            "typename": stub.typename,
            "identifier": stub.identifier,
            "stub": True,
            "fields": {},
        }

    def _add_tags(self, info: ConfigInformation, record: JsonObject) -> None:
        own = own_tags(info)
        if own:
            encode = self._encoder.encode
            record["tags"] = {name: encode(value) for name, value in own.items()}
        if info.stopped:
            record["stop-tags"] = [*sorted(info.stopped)]

    def _encode_fields(self, info: ConfigInformation) -> JsonObject:
        other_forms = self._fields(info) if self._fields is not None else {}
        encode = self._encoder.encode
        fields: JsonObject = {}
        for argument, value in items(info):
            name = argument.name
            if name in other_forms:
                fields[name] = other_forms[name]
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


def _place(info: ConfigInformation, name: str) -> str:
    """Return the name of an argument for messages, with the place of its configuration."""
    kind = config_class(info)
    made = f" (made at {info.location})" if info.location.filename else ""
    return f"{kind.__module__}.{kind.__qualname__}.{name}{made}"


def task_document(
    config: Config,
    *,
    workspace: Path,
    jobdir: Path,
    tags: Mapping[str, Any],
    version: str,
) -> dict[str, Any]:
    """Return what `params.json` holds for a task.

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
