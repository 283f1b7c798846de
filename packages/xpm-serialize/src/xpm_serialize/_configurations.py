"""Make configurations of records."""

from __future__ import annotations

from typing import Any

from ._configs import Maker, stub_of
from ._reader import JobReaders, Reader, class_of
from ._source import Source
from .exceptions import DefinitionError


class ConfigReader(Reader):
    """Makes configurations: what plans are made of.

    Args:
        source: the file's records.
        jobs: gives the reader of another job's folder.
        partial: put a stub in the place of tasks that have produced configurations.
    """

    def __init__(
        self, source: Source, jobs: JobReaders | None = None, *, partial: bool = False
    ) -> None:
        super().__init__(source, jobs)
        self._maker = Maker(self._decoder)
        self._partial = partial
        # Links to producers and init tasks, made once all objects are there: most loops
        # between objects are of these links.
        self._links: list[int] = []

    def object(self, number: Any) -> Any:
        made = super().object(number)
        while self._links:
            self._link(self._links.pop())
        return made

    def create(self, number: int, record: dict[str, Any]) -> Any:
        return self._maker.create(class_of(self.source, number, record))

    def fill(self, number: int, record: dict[str, Any], early: Any, fields: dict[str, Any]) -> Any:
        kind = class_of(self.source, number, record)
        config = self._maker.make(kind, early, fields, self.source.where(number))
        if "meta" in record:
            self._maker.set_meta(config, record["meta"], self.source.where(number))
        if "tags" in record:
            self._maker.set_tags(config, record["tags"], self.source.where(number))
        if record.get("task") == number:
            self._maker.set_producer(config, config)
        if "init-tasks" in record or record.get("task", number) != number:
            self._links.append(number)
        return config

    def _link(self, number: int) -> None:
        record = self.source.by_id[number]
        config = self.built[number]
        ids = record.get("init-tasks", [])
        if type(ids) is not list:
            raise DefinitionError(f"{self.source.where(number)}: expected a list of init tasks")
        self._maker.set_init_tasks(config, [super(ConfigReader, self).object(i) for i in ids])
        producer = record.get("task")
        if producer is None or producer == number:
            return
        self._check(producer, number)
        if self._partial:
            self._maker.set_producer(config, stub_of(self.source.by_id[producer]))
        else:
            self._maker.set_producer(config, super().object(producer))
