"""Make value objects of records, directly."""

from __future__ import annotations

from functools import partial
from typing import Any

from ._plans import plan_of
from ._reader import Reader


class InstanceReader(Reader):
    """Makes value objects: what tasks are executed with."""

    def create(self, number: int, record: dict[str, Any]) -> Any:
        return plan_of(self.class_of(number, record)).new()

    def fill(self, number: int, record: dict[str, Any], early: Any, fields: dict[str, Any]) -> Any:
        plan = plan_of(self.class_of(number, record))
        value = plan.new() if early is None else early
        plan.fill(value, fields, self.source, number)
        if plan.post is not None:
            # Not before all is there: in a loop, an object is met before it is filled.
            self.group.pending.append(partial(plan.post, value))
        return value
