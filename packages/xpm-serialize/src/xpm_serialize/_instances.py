"""Make value objects of records, directly."""

from __future__ import annotations

from functools import partial
from typing import Any

from ._later import set_aside, settle
from ._plans import plan_of
from ._reader import Reader
from .exceptions import ClassNotFoundError, DefinitionError


class InstanceReader(Reader):
    """Makes value objects: what tasks are executed with.

    The tasks of other folders are read when they are first looked into, where nobody can tell.
    """

    def waiting(self, number: int) -> list[tuple[Reader, int]]:
        record = self.source.by_id[number]
        if "job" in record and "fields" not in record:
            task = self._task_of(number, record)
            if task is not None:
                self.built[number] = task
                return []
        return super().waiting(number)

    def make(self, number: int) -> None:
        if number in self.built:
            return
        if self.job is None or number != self.source.last:
            super().make(number)
            return
        tasks = self.group.tasks
        if self.job in tasks:
            self._early[number] = tasks[self.job]
        super().make(number)
        tasks[self.job] = self.built[number]

    def create(self, number: int, record: dict[str, Any]) -> Any:
        return plan_of(self.class_of(number, record)).new()

    def fill(self, number: int, record: dict[str, Any], early: Any, fields: dict[str, Any]) -> Any:
        plan = plan_of(self.class_of(number, record))
        if early is None:
            value = plan.new()
        elif early.__class__ is plan.value_type:
            value = early
        else:
            name = early.__class__.__qualname__
            raise DefinitionError(f"{self.source.where(number)}: expected an object of type {name}")
        plan.fill(value, fields, self.source, number)
        if early is not None:
            settle(early)
        if plan.post is not None:
            # Not before all is there: in a loop, an object is met before it is filled.
            self.group.pending.append(partial(plan.post, value))
        return value

    def _task_of(self, number: int, record: dict[str, Any]) -> Any:
        """The task of a job's folder, if that is not to be read yet; ``None`` otherwise."""
        job, steps = record["job"], record.get("at", [])
        if type(job) is not str or steps != []:
            return None
        task = self.group.tasks.get(job)
        if task is None:
            try:
                plan = plan_of(self.class_of(number, record))
            except ClassNotFoundError:
                return None  # its own folder names the script that defines it
            if plan.later is None:
                return None
            # What the task itself holds and is gone is told at once, not when it is too late.
            if self.job is None and not self.group.exists(job, self.source):
                return None
            task = self.group.tasks[job] = plan.new()
            set_aside(task, plan.later, partial(self._read, number))
        return task

    def _read(self, number: int, task: Any) -> None:
        """Read a task from its folder."""
        reader, target = self._follow(number, self.source.by_id[number])
        reader.build(target)
        if reader.built[target] is not task:
            raise DefinitionError(f"{self.source.where(number)}: refers to what is elsewhere")
        self.group.call_pending()
