"""Make value objects of records, directly."""

from __future__ import annotations

from functools import partial
from typing import Any

from xpm_serialize._format.source import Source
from xpm_serialize._objects.lazy import make_lazy, mark_loaded
from xpm_serialize._objects.value_layout import ValueLayout, layout_of
from xpm_serialize.exceptions import ClassNotFoundError, DefinitionFileError

from .reader import Group, JobReaders, Reader


class InstanceReader(Reader):
    """Makes value objects: what tasks are executed with.

    The tasks of other folders are read when they are first looked into, where nobody can tell.
    """

    def __init__(
        self, source: Source, jobs: JobReaders | None = None, group: Group | None = None
    ) -> None:
        super().__init__(source, jobs, group)
        self._layouts: dict[tuple[str, str, str], ValueLayout] = {}

    def waiting(self, number: int) -> list[tuple[Reader, int]]:
        record = self.source.by_id[number]
        if "job" in record and "fields" not in record:
            task = self._task_of(number, record)
            if task is not None:
                self.built[number] = task
                return []
        return super().waiting(number)

    def create(self, number: int, record: dict[str, Any]) -> Any:
        if number == self.source.last and self.job in self.group.tasks:
            return self.group.tasks[self.job]
        return self._layout(number, record).new()

    def fill(self, number: int, record: dict[str, Any], early: Any, fields: dict[str, Any]) -> Any:
        layout = self._layout(number, record)
        is_task = self.job is not None and number == self.source.last
        if is_task and early is None:
            early = self.group.tasks.get(self.job)
        if early is None:
            value = layout.new()
        elif early.__class__ is layout.value_type:
            value = early
        else:
            name = early.__class__.__qualname__
            where = self.source.where(number)
            raise DefinitionFileError(f"{where}: expected an object of type {name}")
        layout.fill(value, fields, self.source, number)
        if early is not None:
            mark_loaded(early)
        if is_task:
            self.group.tasks[self.job] = value
        if layout.post is not None:
            # Not before all is there: in a loop, an object is met before it is filled.
            self.group.pending.append(partial(layout.post, value))
        return value

    def _layout(self, number: int, record: dict[str, Any]) -> ValueLayout:
        # Most records of a file are of few classes: one look-up each.
        key = record["module"], record["type"], str(record.get("file"))
        layout = self._layouts.get(key)
        if layout is None:
            layout = self._layouts[key] = layout_of(self.class_of(number, record))
        return layout

    def _task_of(self, number: int, record: dict[str, Any]) -> Any:
        """The task of a job's folder, if that is not to be read yet; ``None`` otherwise."""
        job, steps = record["job"], record.get("at", [])
        if type(job) is not str or steps != []:
            return None
        task = self.group.tasks.get(job)
        if task is None:
            try:
                layout = self._layout(number, record)
            except ClassNotFoundError:
                return None  # its own folder names the script that defines it
            if layout.lazy_type is None:
                return None
            # What the task itself holds and is gone is told at once, not when it is too late.
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
