"""Make configurations of records."""

from __future__ import annotations

from typing import Any

from xpm_config import Config, mark_output, sealed_set
from xpm_config.exceptions import ConfigError
from xpm_serialize._format.decoder import Decoder, set_references
from xpm_serialize._format.source import Source
from xpm_serialize._objects.configs import (
    empty_config,
    is_task,
    make_config,
    mark_submitted,
    set_tags,
    stub_of,
)
from xpm_serialize.exceptions import DefinitionFileError

from .reader import Group, JobReaders, Reader

#: What a record says of its configuration beside its fields.
_STATE = frozenset({"task", "init-tasks", "meta", "tags", "stop-tags"})


class ConfigReader(Reader):
    """Makes configurations: what plans are made of.

    Args:
        source: the file's records.
        jobs: gives the reader of another job's folder.
        group: the readers of this load.
        partial: put a stub in the place of tasks that have produced configurations.
        keep: submitted tasks keep the identifiers that were recorded.
    """

    def __init__(
        self,
        source: Source,
        jobs: JobReaders | None = None,
        group: Group | None = None,
        *,
        partial: bool = False,
        keep: bool = True,
    ) -> None:
        super().__init__(source, jobs, group)
        self._decoder = _ConfigDecoder(source, self._deref, self._link_known)
        self._partial = partial
        self._keep = keep
        self._holds: dict[int, list[int]] = {}
        self._has_tasks = False
        self._submitted: list[int] = []
        # Links to producers and init tasks, set once all objects are there: most loops
        # between objects are of these links.
        self._links: list[int] = []

    def finish(self) -> bool:
        if not self._links and not self._submitted:
            return False
        while self._submitted:
            number = self._submitted.pop()
            try:
                self.built[number].__xpm__.seal(None)
            except ConfigError as error:
                raise DefinitionFileError(f"{self.source.where(number)}: {error}") from error
        while self._links:
            number = self._links.pop()
            for linked in self._linked(number):
                self.build(linked)
            self._link(number)
        return True

    def task(self, number: Any) -> Any:
        self._check(number, None)
        self.build(number)
        self._submit(number, self.built[number])
        return self.object(number)

    def simple_children(self, number: int, record: dict[str, Any]) -> list[int] | None:
        if "stub" in record:
            return None
        found = super().simple_children(number, record)
        if found:
            self._holds[number] = found
        return found

    def is_simple(self, value: Any) -> bool:
        return not set_references(value)

    def children(self, number: int, record: dict[str, Any]) -> list[int]:
        if record.get("stub") is True:
            return []
        found = super().children(number, record)
        self._holds[number] = found
        # What is in a set is identified when it is put there, with its producer.
        first: list[int] = []
        for element in set_references(record["fields"]):
            self._check(element, number)
            if element not in self.built:
                first += [linked for linked in self._linked(element) if linked != number]
        return first + found

    def make(self, number: int) -> None:
        record = self.source.by_id[number]
        if record.get("stub") is True:
            self.built[number] = stub_of(record, self.source.where(number))
            return
        super().make(number)
        if number not in self._targets:
            return
        self._has_tasks = True
        if "task" in record:
            # What another job's folder records may have been written before it was marked.
            if record["task"] == number:
                self._submit(number, self.built[number])
            else:
                self._links.append(number)

    def create(self, number: int, record: dict[str, Any]) -> Any:
        return empty_config(self.class_of(number, record))

    def fill(self, number: int, record: dict[str, Any], early: Any, fields: dict[str, Any]) -> Any:
        kind: type[Config] = self.class_of(number, record)
        if self._has_tasks:
            self._submit_held(number)
        try:
            config = make_config(kind, early, fields, self.source.name, number)
        except ConfigError as error:
            raise DefinitionFileError(f"{self.source.where(number)}: {error}") from error
        if not _STATE.isdisjoint(record):
            self._set_state(config, record, number)
        if kind.__xpm_task__:
            self._has_tasks = True
        return config

    def _submit_held(self, number: int) -> None:
        """A task that is a value was submitted, whether or not its record says so."""
        built = self.built
        for child in self._holds.pop(number, ()):
            if child in built and is_task(built[child]):
                self._submit(child, built[child])

    def _set_state(self, config: Any, record: dict[str, Any], number: int) -> None:
        producer = record.get("task")
        if producer == number:
            self._submit(number, config)
        if (producer is not None and producer != number) or "init-tasks" in record:
            self._links.append(number)
        if "meta" in record:
            if not isinstance(record["meta"], bool):
                where = self.source.where(number)
                raise DefinitionFileError(f"{where}: expected meta to be true or false")
            config.__xpm__.set_meta(record["meta"])
        if "tags" in record or "stop-tags" in record:
            tags, stopped = record.get("tags", {}), record.get("stop-tags", [])
            if type(tags) is not dict or type(stopped) is not list:
                where = self.source.where(number)
                raise DefinitionFileError(f"{where}: expected tags by name")
            set_tags(config, self._decoder.decode_items(tags), stopped)

    def _linked(self, number: int) -> list[int]:
        """The producer and the init tasks of an object, as far as they are to be made."""
        record = self.source.by_id[number]
        found = list(self._init_ids(number, record))
        producer = record.get("task")
        if producer is not None and producer != number:
            self._check(producer, number)
            if not self._partial:
                found.append(producer)
        return found

    def _init_ids(self, number: int, record: dict[str, Any]) -> list[int]:
        ids = record.get("init-tasks", [])
        if type(ids) is not list:
            raise DefinitionFileError(f"{self.source.where(number)}: expected a list of init tasks")
        for init in ids:
            self._check(init, number)
        return ids

    def _link(self, number: int) -> None:
        record = self.source.by_id[number]
        config = self.built[number]
        ids = self._init_ids(number, record)
        if ids:
            config.__xpm__.init_tasks = [self.built[init] for init in ids]
        producer = record.get("task")
        if producer is None or producer == number:
            return
        if self._partial and producer not in self.built:
            where = self.source.where(producer)
            mark_output(config, stub_of(self.source.by_id[producer], where))
        else:
            self._submit(producer, self.built[producer])
            mark_output(config, self.built[producer])

    def _submit(self, number: int, config: Any) -> None:
        if config.__xpm__.task is None:
            recorded = self.source.by_id[number].get("identifier")
            mark_submitted(config, recorded if self._keep else None)
            self._submitted.append(number)

    def _link_known(self) -> None:
        """Set the links that can be set now."""
        later = []
        for number in self._links:
            if all(linked in self.built for linked in self._linked(number)):
                self._link(number)
            else:
                later.append(number)
        self._links = later


class _ConfigDecoder(Decoder):
    """Decodes values that hold configurations."""

    __slots__ = ("_link_known",)

    def __init__(self, source: Source, deref: Any, link_known: Any) -> None:
        super().__init__(source, deref)
        self._link_known = link_known

    def _as_set(self, items: list[Any]) -> set[Any]:
        if any(isinstance(item, Config) for item in items):
            self._link_known()
            try:
                return set(sealed_set(*items))
            except ConfigError as error:
                raise self.error(str(error)) from error
        return set(items)
