"""Make value objects of records, directly."""

from __future__ import annotations

from functools import partial
from typing import Any

from ._decode import PLAIN
from ._plans import Plan, plan_of
from ._reader import Group, JobReaders, Reader, class_of
from ._source import Source


class InstanceReader(Reader):
    """Makes value objects: what tasks are executed with."""

    def __init__(
        self, source: Source, jobs: JobReaders | None = None, group: Group | None = None
    ) -> None:
        super().__init__(source, jobs, group)
        self._plans: dict[tuple[str, str, str], Plan] = {}

    def make(self, number: int) -> None:
        record = self.source.by_id[number]
        if number in self._targets or number in self._early:
            super().make(number)
            return
        self._decoder.number = number
        decode, built = self._decoder.decode, self.built
        fields: dict[str, Any] = {}
        try:
            # As the decoder does; values and references are most of what there is.
            for name, value in record["fields"].items():
                if type(value) in PLAIN:
                    fields[name] = value
                elif type(value) is dict and value.get("type") == "python":
                    fields[name] = built[value["value"]]
                else:
                    fields[name] = decode(value)
        except KeyError:
            # Refers to what is not made yet: they are in a loop.
            super().make(number)
            return
        except RecursionError:
            raise self.too_deep(number) from None
        self.built[number] = self.fill(number, record, None, fields)

    def create(self, number: int, record: dict[str, Any]) -> Any:
        return self._plan(number, record).new()

    def fill(self, number: int, record: dict[str, Any], early: Any, fields: dict[str, Any]) -> Any:
        plan = self._plan(number, record)
        value = plan.new() if early is None else early
        plan.fill(value, fields, self.source, number)
        if plan.post is not None:
            # Not before all is there: in a loop, an object is met before it is filled.
            self.group.pending.append(partial(plan.post, value))
        return value

    def _plan(self, number: int, record: dict[str, Any]) -> Plan:
        # Most records of a file are of few classes: one look-up each.
        key = record["module"], record["type"], str(record.get("file"))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = plan_of(class_of(self.source, number, record))
        return plan
