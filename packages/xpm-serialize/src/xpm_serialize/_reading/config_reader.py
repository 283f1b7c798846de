"""Make configurations of records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xpm_config import Config, mark_output, sealed_set
from xpm_config.exceptions import ConfigError
from xpm_serialize._format.decoder import Decoder, set_references
from xpm_serialize._format.json_types import Json, Record
from xpm_serialize._format.source import Source
from xpm_serialize._objects.configs import (
    Loaded,
    empty_config,
    is_task,
    make_config,
    make_stub,
    mark_submitted,
    set_tags,
)
from xpm_serialize.exceptions import DefinitionFileError

from .group import Group
from .reader import JobReaders, Reader

#: What a record says of its configuration beside its fields
_STATE = frozenset({"task", "init-tasks", "meta", "tags", "stop-tags"})


class ConfigReader(Reader[Loaded]):
    """Makes configurations: what plans are made of.

    Args:
        source: the file's records.
        jobs: returns the reader of another job's folder.
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
        # Id → what its configuration holds, until that is made.
        self._held: dict[int, list[int]] = {}
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

    def load_task(self, number: Json) -> Loaded:
        checked = self.source.check(number)
        self.build(checked)
        self._submit(checked, self.built[checked])
        return self.load(checked)

    def simple_children(self, number: int, record: Record) -> list[int] | None:
        if "stub" in record:
            return None
        found = super().simple_children(number, record)
        if found:
            self._held[number] = found
        return found

    def is_simple(self, value: Json) -> bool:
        return not set_references(value)

    def children(self, number: int, record: Record) -> list[int]:
        if record.get("stub") is True:
            return []
        found = super().children(number, record)
        self._held[number] = found
        in_sets = set_references(record["fields"])
        if not in_sets:
            return found
        # What is in a set is identified when it is put there, with its producer.
        first: list[int] = []
        for element in self.source.check_all(in_sets, number):
            if element not in self.built:
                first += [linked for linked in self._linked(element) if linked != number]
        return first + found

    def make(self, number: int) -> None:
        record = self.source.by_id[number]
        if record.get("stub") is True:
            self.built[number] = make_stub(record, self.source.where(number))
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

    def create(self, number: int, record: Record) -> Loaded:
        return empty_config(self.class_of(number, record))

    def fill(self, number: int, record: Record, bare: Any, fields: dict[str, Any]) -> Loaded:
        kind = self.class_of(number, record)
        if self._has_tasks:
            self._submit_held(number)
        try:
            config = make_config(kind, bare, fields, self.source.name, number)
        except ConfigError as error:
            raise DefinitionFileError(f"{self.source.where(number)}: {error}") from error
        if not _STATE.isdisjoint(record):
            self._set_state(config, record, number)
        if kind.__xpm_task__:
            self._has_tasks = True
        return config

    def _submit_held(self, number: int) -> None:
        """Submit the tasks that a configuration holds, whether or not their records say so."""
        built = self.built
        for child in self._held.pop(number, ()):
            if child in built and is_task(built[child]):
                self._submit(child, built[child])

    def _set_state(self, config: Config, record: Record, number: int) -> None:
        producer = record.get("task")
        if producer == number:
            self._submit(number, config)
        if (producer is not None and producer != number) or "init-tasks" in record:
            self._links.append(number)
        if "meta" in record:
            meta = record["meta"]
            if not isinstance(meta, bool):
                where = self.source.where(number)
                raise DefinitionFileError(f"{where}: expected meta to be true or false")
            config.__xpm__.set_meta(meta)
        if "tags" in record or "stop-tags" in record:
            tags, stopped = record.get("tags", {}), record.get("stop-tags", [])
            if type(tags) is not dict or type(stopped) is not list:
                where = self.source.where(number)
                raise DefinitionFileError(f"{where}: expected tags by name")
            set_tags(config, self._decoder.decode_items(tags), stopped)

    def _producer(self, number: int) -> int | None:
        """Return the id of the task that has produced an object, if that is another one."""
        producer = self.source.by_id[number].get("task")
        if producer is None or producer == number:
            return None
        return self.source.check(producer, number)

    def _linked(self, number: int) -> list[int]:
        """Return the producer and the init tasks of an object, as far as they are to be made."""
        found = self.source.init_ids(number)
        producer = self._producer(number)
        if producer is not None and not self._partial:
            found.append(producer)
        return found

    def _link(self, number: int) -> None:
        config = self.built[number]
        ids = self.source.init_ids(number)
        if ids:
            config.__xpm__.init_tasks = [self.built[init] for init in ids]
        producer = self._producer(number)
        if producer is None:
            return
        if self._partial and producer not in self.built:
            where = self.source.where(producer)
            mark_output(config, make_stub(self.source.by_id[producer], where))
        else:
            self._submit(producer, self.built[producer])
            mark_output(config, self.built[producer])

    def _submit(self, number: int, config: Loaded) -> None:
        if config.__xpm__.task is None:
            recorded = self.source.by_id[number].get("identifier")
            mark_submitted(config, recorded if self._keep else None)
            self._submitted.append(number)

    def _link_known(self) -> None:
        """Set the links that can be set now."""
        remaining = []
        for number in self._links:
            if all(linked in self.built for linked in self._linked(number)):
                self._link(number)
            else:
                remaining.append(number)
        self._links = remaining


class _ConfigDecoder(Decoder):
    """Decodes values that hold configurations."""

    __slots__ = ("_link_known",)

    def __init__(
        self, source: Source, deref: Callable[[Json], object], link_known: Callable[[], None]
    ) -> None:
        super().__init__(source, deref)
        self._link_known = link_known

    def _as_set(self, items: list[object]) -> set[object]:
        if any(isinstance(item, Config) for item in items):
            self._link_known()
            try:
                return set(sealed_set(*items))
            except ConfigError as error:
                raise self.error(str(error)) from error
        return set(items)
