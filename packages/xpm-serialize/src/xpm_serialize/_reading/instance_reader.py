"""Make value objects of records, directly."""

from __future__ import annotations

from functools import partial
from typing import Any

from xpm_serialize._format.json_types import Record
from xpm_serialize._format.source import Source
from xpm_serialize._objects.lazy import make_lazy, mark_loaded
from xpm_serialize._objects.value_layout import ValueLayout, layout_of
from xpm_serialize.exceptions import ClassNotFoundError, DefinitionFileError

from .group import Group
from .reader import JobReaders, Reader


class InstanceReader(Reader[object]):
    """Makes value objects: what tasks are executed with.

    The tasks of other folders are read when they are first accessed, if that cannot be noticed.
    """

    def __init__(
        self, source: Source, jobs: JobReaders | None = None, group: Group | None = None
    ) -> None:
        super().__init__(source, jobs, group)
        self._layouts: dict[tuple[str, str, str], ValueLayout] = {}

    def waiting(self, number: int) -> list[tuple[Reader[Any], int]]:
        record = self.source.by_id[number]
        if "job" in record and "fields" not in record:
            task = self._lazy_task(number, record)
            if task is not None:
                self.built[number] = task
                return []
        return super().waiting(number)

    def create(self, number: int, record: Record) -> Any:
        if number == self.source.last and self.job in self.group.tasks:
            return self.group.tasks[self.job]
        return self._layout(number, record).new()

    def fill(self, number: int, record: Record, bare: Any, fields: dict[str, Any]) -> Any:
        layout = self._layout(number, record)
        is_task = self.job is not None and number == self.source.last
        if is_task and bare is None:
            bare = self.group.tasks.get(self.job)
        if bare is None:
            value = layout.new()
        elif bare.__class__ is layout.value_type:
            value = bare
        else:
            name = bare.__class__.__qualname__
            where = self.source.where(number)
            raise DefinitionFileError(f"{where}: expected an object of type {name}")
        layout.fill(value, fields, self.source, number)
        if bare is not None:
            mark_loaded(bare)
        if is_task:
            self.group.tasks[self.job] = value
        if layout.post_init is not None:
            # Not before all is there: in a loop, an object is met before it is filled.
            self.group.pending.append(partial(layout.post_init, value))
        return value

    def _layout(self, number: int, record: Record) -> ValueLayout:
        # Most records of a file are of few classes: one look-up each.
        key = record["module"], record["type"], str(record.get("file"))
        layout = self._layouts.get(key)
        if layout is None:
            layout = self._layouts[key] = layout_of(self.class_of(number, record))
        return layout

    def _lazy_task(self, number: int, record: Record) -> Any:
        """Return the task of a job's folder, if it can be read later; `None` otherwise."""
        job, steps = record["job"], record.get("at", [])
        if type(job) is not str or steps != []:
            return None
        task = self.group.tasks.get(job)
        if task is not None:
            return task
        try:
            layout = self._layout(number, record)
        except ClassNotFoundError:
            return None  # its own folder names the script that defines it
        if layout.lazy_type is None:
            return None
        # If what the task itself holds is gone, that is reported at once: later is too late.
        if self.job is None and not self.group.exists(job, self.source):
            return None
        task = self.group.tasks[job] = layout.new()
        make_lazy(task, layout.lazy_type, partial(self._read, number))
        return task

    def _read(self, number: int, task: Any) -> None:
        """Read a task from its folder."""
        reader, target = self._follow(number, self.source.by_id[number])
        reader.build(target)
        if reader.built[target] is not task:
            raise DefinitionFileError(f"{self.source.where(number)}: refers to what is elsewhere")
        self.group.call_pending()
