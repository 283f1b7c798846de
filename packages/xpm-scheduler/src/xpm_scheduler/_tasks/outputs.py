"""Outputs that a task makes while it runs, on the side of its process: one line each.

The file, `.experimaestro/task-outputs.jsonl`, is kept over the executions of a resumable
task, so that a plan that is run again sees all of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xpm_os.jsonl import LineLog, end_last_line, whole_lines
from xpm_scheduler._workspace.layout import JobFolder


class OutputRecorder:
    """Writes the outputs of the task of this process.

    Args:
        folder: the job's folder.
        task: the task, as it was loaded.
        document: what its `params.json` holds.
    """

    def __init__(self, folder: JobFolder, task: Any, document: Mapping[str, Any]) -> None:
        self._folder = folder
        self._task = task
        self._document = document
        self._log: LineLog | None = None

    def __call__(self, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Record an output.

        Args:
            method: the method, of the task or of what it holds, that makes a configuration of
                the output in the plan.
            args: its arguments, after the marker.
            kwargs: its named arguments.

        Raises:
            TypeError: it is not such a method, or an argument cannot be written as JSON.
        """
        name = getattr(method, "__name__", None)
        owner = getattr(method, "__self__", None)
        if name is None or owner is None:
            raise TypeError(
                "register_task_output: expected a method of a configuration (`self.checkpoint`), "
                f"got {method!r}"
            )
        record = {"key": f"{self._identifier(owner)}/{name}", "args": args, "kwargs": kwargs}
        try:
            json.dumps(record)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"register_task_output: the arguments of {name} must be numbers, texts, lists or "
                f"dictionaries of them: {error}"
            ) from None
        if self._log is None:
            end_last_line(self._folder.outputs)
            self._log = LineLog(self._folder.outputs)
        self._log.append(record)
        self._log.flush()

    def _identifier(self, owner: object) -> str:
        """Return the identifier of a configuration of the task, or the task's own."""
        records = {record["id"]: record for record in self._document["objects"]}
        own = os.path.basename(self._folder.path)
        root = self._document["objects"][-1]
        stack: list[tuple[Any, Any]] = [(self._task, {"type": "python", "value": root["id"]})]
        seen: set[int] = set()
        while stack:
            value, encoded = stack.pop()
            if isinstance(encoded, list) and isinstance(value, (list, tuple)):
                stack += zip(value, encoded, strict=False)
            elif isinstance(encoded, dict) and encoded.get("type") == "python":
                record = records.get(encoded.get("value"))
                if record is None or record["id"] in seen:
                    continue
                seen.add(record["id"])
                if value is owner:
                    return str(record.get("identifier", own))
                for name, field in record.get("fields", {}).items():
                    stack.append((getattr(value, name, None), field))
            elif isinstance(encoded, dict) and isinstance(value, dict):
                stack += [(value.get(key), field) for key, field in encoded.items()]
        return own


class OutputReader:
    """Reads the outputs of a job from where it was the last time.

    Args:
        path: the file; it need not be there yet.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._offset = 0
        self._seen: set[bytes] = set()
        self._refused = False

    def read(self) -> tuple[list[dict[str, Any]], list[str]]:
        """Read what was added.

        Returns:
            The outputs, each once however often it was written: a task that goes on writes
            again what it makes again. And errors, one for each line that is not an output.
        """
        try:
            with open(self._path, "rb") as file:
                if file.seek(0, os.SEEK_END) < self._offset:
                    self._offset = 0  # another file: the job was run anew
                file.seek(self._offset)
                data = file.read()
        except (FileNotFoundError, NotADirectoryError):
            return [], []
        except OSError as error:
            reported, self._refused = self._refused, True
            return [], [] if reported else [f"the outputs of a task cannot be read: {error}"]
        lines, size = whole_lines(data)
        start = self._offset
        self._offset += size
        outputs, errors = [], []
        for line in lines:
            if not line.strip() or line in self._seen:
                continue
            self._seen.add(line)
            try:
                outputs.append(_checked(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                errors.append(f"{self._path}, after byte {start}: expected an output: {error!r}")
        return outputs, errors


def _checked(record: Any) -> dict[str, Any]:
    key, args, kwargs = record["key"], record["args"], record["kwargs"]
    if not (isinstance(key, str) and isinstance(args, list) and isinstance(kwargs, dict)):
        raise TypeError("key, args and kwargs are not what they should be")
    return {"key": key, "args": args, "kwargs": kwargs}
