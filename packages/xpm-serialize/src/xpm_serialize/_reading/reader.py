"""Make objects of records: each once, what it holds first, without recursion."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from xpm_config import Config
from xpm_serialize._format.class_lookup import find_config
from xpm_serialize._format.decoder import PLAIN, Decoder, references
from xpm_serialize._format.json_types import Json, Record
from xpm_serialize._format.source import Source
from xpm_serialize._objects.gc import collector_paused
from xpm_serialize.exceptions import DefinitionFileError

from .group import Group
from .places import locate

#: What a reader makes: configurations, or value objects
Made = TypeVar("Made")

# (job's folder, file that refers to it) → its reader
JobReaders = Callable[[str, Source], "Reader[Any]"]


class Reader(ABC, Generic[Made]):
    """Makes the objects of one file.

    Args:
        source: the file's records.
        jobs: returns the reader of another job's folder.
        group: the readers of this load.

    Attributes:
        source: as given.
        group: as given.
        job: the folder by which other files refer to this one.
        built: the objects that are made, by their ids.
        begun: the ids of objects that are made, or wait for what they hold.
    """

    def __init__(
        self, source: Source, jobs: JobReaders | None = None, group: Group | None = None
    ) -> None:
        self.source = source
        self.group = Group() if group is None else group
        self.group.finishers.append(self.finish)
        self.job: str | None = None
        self.built: dict[int, Made] = {}
        self.begun: set[int] = set()
        # Bare objects, which had to be referred to before they could be filled.
        self._bare: dict[int, Made] = {}
        self._classes: dict[tuple[str, str, str | None], type[Config]] = {}
        self._jobs = jobs
        self._targets: dict[int, tuple[Reader[Made], int]] = {}
        self._decoder = Decoder(source, self._deref)

    def load(self, number: Json) -> Made:
        """Return the object of a record.

        Raises:
            DefinitionFileError: the file is not what it should be.
            ClassNotFoundError: a class cannot be found, or may not be loaded.
        """
        checked = self.source.check(number)
        with collector_paused():
            self.build(checked)
        self.group.finish()
        return self.built[checked]

    def load_task(self, number: Json) -> Made:
        """Return the task of a record, submitted whether or not the record says so."""
        return self.load(number)

    def build(self, number: int) -> None:
        """Make an object and what it holds."""
        if number in self.built:
            return
        order = self.build_order(number)
        if order is None:
            _build(self, number)
            return
        for ready in order:
            self.make(ready)

    def build_order(self, number: int) -> list[int] | None:
        """Return what an object needs, in an order in which each can be made, and itself.

        What a file's last object holds is before it, and so on, unless there are loops or
        references to other files: it is found in one pass.

        Returns:
            `None` where it is not that simple (see `_build`).
        """
        by_id = self.source.by_id
        if number != self.source.last or self.begun:
            return None
        needed, found = {number}, set()
        for holder, record in reversed(by_id.items()):
            if holder in needed:
                found.add(holder)
                children = self.simple_children(holder, record)
                if children is None or not found.isdisjoint(children):
                    return None
                needed.update(children)
        return [held for held in by_id if held in found] if len(found) == len(needed) else None

    def simple_children(self, number: int, record: Record) -> list[int] | None:
        """Return what an object holds; `None` if it cannot be made as soon as that is there."""
        if "job" in record:
            return None
        children: list[int] = []
        for value in record["fields"].values():
            if type(value) in PLAIN:
                continue
            if type(value) is dict and value.get("type") == "python":
                child = value.get("value")
                if type(child) is not int:
                    return None
                children.append(child)
            elif self.is_simple(value):
                children += self._collect(value, number)
            else:
                return None
        return children

    def is_simple(self, value: Json) -> bool:
        """Whether a value can be made as soon as what it refers to is there."""
        return True

    def finish(self) -> bool:
        """Do what can only be done once all objects are there.

        Returns:
            Whether there was something to do, by which others may have got more to do.
        """
        return False

    def load_value(self, data: Json) -> object:
        """Return the value of a JSON form that is beside the records."""
        found = self._collect(data, None)
        with collector_paused():
            for number in found:
                self.build(number)
        self.group.finish()
        self._decoder.number = 0
        try:
            return self._decoder.decode(data)
        except RecursionError:
            raise DefinitionFileError(f"{self.source.name}: nested too deeply") from None

    def waiting(self, number: int) -> list[tuple[Reader[Made], int]]:
        """Return what must be made before an object, and is not begun: the first comes last."""
        record = self.source.by_id[number]
        if "job" in record and "fields" not in record:
            target = self._targets[number] = self._follow(number, record)
            return [target]
        begun = self.begun
        children = self.children(number, record)
        if not children:
            return []
        children.reverse()
        return [(self, child) for child in children if child not in begun]

    def children(self, number: int, record: Record) -> list[int]:
        """Return what an object holds."""
        held = [value for value in record["fields"].values() if type(value) not in PLAIN]
        return self._collect(held, number) if held else []

    def make(self, number: int) -> None:
        """Make an object, what it holds being made."""
        record = self.source.by_id[number]
        if number in self._targets:
            reader, target = self._targets[number]
            if target not in reader.built:
                raise DefinitionFileError(f"{self.source.where(number)}: refers to itself")
            self.built[number] = reader.built[target]
            return
        self._decoder.number = number
        decode, built = self._decoder.decode, self.built
        fields: dict[str, Any] = {}
        try:
            for name, value in record["fields"].items():
                if type(value) in PLAIN:
                    fields[name] = value
                elif type(value) is dict and value.get("type") == "python":
                    # As the decoder does: most values that are not plain are references.
                    child = value["value"]
                    if type(child) is int and child in built:
                        fields[name] = built[child]
                    else:
                        fields[name] = self._deref(child)
                else:
                    fields[name] = decode(value)
        except RecursionError:
            raise self.too_deep(number) from None
        bare = self._bare.pop(number, None) if self._bare else None
        built[number] = self.fill(number, record, bare, fields)

    def class_of(self, number: int, record: Record) -> type[Config]:
        """Return the class of a record's object."""
        file = record.get("file") if self.source.files else None
        if type(file) is not str:
            file = None
        module, name = record["module"], record["type"]
        # Most records of a file are of few classes: one look-up each.
        key = module, name, file
        found = self._classes.get(key)
        if found is None:
            found = find_config(module, name, file, self.source.where(number))
            self._classes[key] = found
        return found

    def too_deep(self, number: int) -> DefinitionFileError:
        """Return the error of an object with values that are nested too deeply."""
        return DefinitionFileError(f"{self.source.where(number)}: nested too deeply")

    @abstractmethod
    def create(self, number: int, record: Record) -> Made:
        """Make a bare object, which is referred to before it can be filled."""

    @abstractmethod
    def fill(self, number: int, record: Record, bare: Made | None, fields: dict[str, Any]) -> Made:
        """Return the object with its fields: `bare`, if it had to be created."""

    def _collect(self, value: Json, number: int | None) -> list[int]:
        """Return the ids that a JSON form in a record refers to, checked."""
        found: list[Any] = []
        try:
            references(value, found)
        except RecursionError:
            where = self.source.name if number is None else self.source.where(number)
            raise DefinitionFileError(f"{where}: nested too deeply") from None
        by_id = self.source.by_id
        for child in found:
            if type(child) is not int or child not in by_id:
                self.source.check(child, number)
        return found

    def _deref(self, number: Json) -> Made:
        assert type(number) is int  # it was checked when what refers to it was begun
        if number in self.built:
            return self.built[number]
        found = self._bare.get(number)
        if found is None:
            # Only in a loop: the rest is made before what holds it.
            record = self.source.by_id[number]
            if number in self._targets:
                raise DefinitionFileError(f"{self.source.where(number)}: refers to itself")
            found = self._bare[number] = self.create(number, record)
        return found

    def _follow(self, number: int, record: Record) -> tuple[Reader[Made], int]:
        """Return where the object of a record is that refers to another job's folder."""
        job, steps = record["job"], record.get("at", [])
        where = self.source.where(number)
        if type(job) is not str or type(steps) is not list:
            raise DefinitionFileError(f"{where}: expected a job's folder and a place in it")
        if self._jobs is None:
            raise DefinitionFileError(
                f"{where}: is in the job folder {job}, which is not known here"
            )
        reader = self._jobs(job, self.source)
        reader.job = job
        return reader, locate(reader.source, steps, where)


def _build(reader: Reader[Made], number: int) -> None:
    """Make an object and what it holds, whatever refers to what."""
    todo = [(reader, number)]
    while todo:
        reader, number = todo[-1]
        if number in reader.built:
            todo.pop()
            continue
        if number not in reader.begun:
            reader.begun.add(number)
            waiting = reader.waiting(number)
            if waiting:
                todo += waiting
                continue
        todo.pop()
        if number not in reader.built:
            reader.make(number)
