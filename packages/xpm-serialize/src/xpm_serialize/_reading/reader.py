"""Make objects of records: each once, what it holds first, without recursion."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from xpm_config import Config
from xpm_serialize._format.class_lookup import find_config
from xpm_serialize._format.decoder import PLAIN, Decoder, references
from xpm_serialize._format.source import Source
from xpm_serialize._objects.gc import collector_paused
from xpm_serialize.exceptions import DefinitionFileError

# (job's folder, file that refers to it) → its reader
JobReaders = Callable[[str, Source], "Reader"]


class Group:
    """The readers that one load takes: the objects of one may hold those of others.

    Attributes:
        readers: the readers.
        pending: what is to be called, in order, once all objects are there.
        tasks: job's folder → its task, read or not.
        exists: says whether the folder of a job, which a file refers to, is there.
    """

    __slots__ = ("exists", "pending", "readers", "tasks")

    def __init__(self) -> None:
        self.readers: list[Reader] = []
        self.pending: list[Callable[[], object]] = []
        self.tasks: dict[str | None, Any] = {}
        self.exists: Callable[[str, Source], bool] = lambda job, source: False

    def call_pending(self) -> None:
        """Call what was to be called once all objects are there."""
        pending, self.pending = self.pending, []
        for call in pending:
            call()

    def finish(self) -> None:
        """Do what can only be done once all objects are there."""
        busy = True
        while busy:
            # All of them, each time: what one does may give work to another.
            busy = False
            for reader in self.readers:
                busy |= reader.finish()
        self.call_pending()


class Reader(ABC):
    """Makes the objects of one file.

    Args:
        source: the file's records.
        jobs: gives the reader of another job's folder.
        group: the readers of this load.
    """

    def __init__(
        self, source: Source, jobs: JobReaders | None = None, group: Group | None = None
    ) -> None:
        self.source = source
        self.group = Group() if group is None else group
        self.group.readers.append(self)
        # The folder by which other files refer to this one.
        self.job: str | None = None
        self.built: dict[int, Any] = {}
        self.begun: set[int] = set()
        self._early: dict[int, Any] = {}
        self._classes: dict[tuple[str, str, str | None], type[Config]] = {}
        self._jobs = jobs
        self._targets: dict[int, tuple[Reader, int]] = {}
        self._decoder = Decoder(source, self._deref)

    def object(self, number: Any) -> Any:
        """The object of a record.

        Raises:
            DefinitionFileError: the file is not what it should be.
            ClassNotFoundError: a class is not to be had.
        """
        self._check(number, None)
        with collector_paused():
            self.build(number)
        self.group.finish()
        return self.built[number]

    def task(self, number: Any) -> Any:
        """The task of a record, submitted whether or not the record says so."""
        return self.object(number)

    def build(self, number: int) -> None:
        """Make an object and what it holds."""
        if number in self.built:
            return
        ahead = self.ahead(number)
        if ahead is None:
            _build(self, number)
            return
        for ready in ahead:
            self.make(ready)

    def ahead(self, number: int) -> list[int] | None:
        """What an object needs, in an order in which each can be made at once, and itself.

        What a file's last object holds is before it, and so on, unless there are loops or
        references to other files: it is found in one pass.

        Returns:
            ``None`` where it is not that simple (see :func:`_build`).
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

    def simple_children(self, number: int, record: dict[str, Any]) -> list[int] | None:
        """What an object holds; ``None`` if it cannot be made as soon as that is there."""
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

    def is_simple(self, value: Any) -> bool:
        """Whether a value can be made as soon as what it refers to is there."""
        return True

    def finish(self) -> bool:
        """Do what can only be done once all objects are there.

        Returns:
            Whether there was something to do, by which others may have got more to do.
        """
        return False

    def value(self, data: Any) -> Any:
        """The value of a JSON form that lies beside the records."""
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

    def locate(self, steps: Any, where: str) -> int:
        """The id of the object found from the last one, by arguments, positions and keys."""
        source = self.source
        if source.last is None:
            raise DefinitionFileError(f"{source.name}: there is no object")
        number = source.last
        value: Any = {"type": "python", "value": number}
        for step in steps:
            try:
                if type(value) is dict and value.get("type") == "python":
                    number = value["value"]
                    value = source.by_id[number]["fields"][step]
                elif type(value) is dict and "items" in value:
                    value = value["items"][step]
                else:
                    value = value[step]
            except (KeyError, IndexError, TypeError):
                raise DefinitionFileError(
                    f"{where}: there is nothing at {steps} in {source.name}"
                ) from None
        if type(value) is not dict or value.get("type") != "python":
            raise DefinitionFileError(f"{where}: there is no object at {steps} in {source.name}")
        found: int = value["value"]
        self._check(found, None)
        return found

    def waiting(self, number: int) -> list[tuple[Reader, int]]:
        """What must be made before an object, and is not begun: the first comes last."""
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

    def children(self, number: int, record: dict[str, Any]) -> list[int]:
        """What an object holds."""
        held = [value for value in record["fields"].values() if type(value) not in PLAIN]
        return self._collect(held, number) if held else held

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
                    # As the decoder does: most of what is no plain value.
                    child = value["value"]
                    fields[name] = built[child] if child in built else self._deref(child)
                else:
                    fields[name] = decode(value)
        except RecursionError:
            raise self.too_deep(number) from None
        early = self._early.pop(number, None) if self._early else None
        built[number] = self.fill(number, record, early, fields)

    def class_of(self, number: int, record: dict[str, Any]) -> type[Config]:
        """The class of a record's object."""
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
        """The error of an object with values that are nested beyond reason."""
        return DefinitionFileError(f"{self.source.where(number)}: nested too deeply")

    @abstractmethod
    def create(self, number: int, record: dict[str, Any]) -> Any:
        """A bare object, which is referred to before it can be filled."""

    @abstractmethod
    def fill(self, number: int, record: dict[str, Any], early: Any, fields: dict[str, Any]) -> Any:
        """The object with its fields: ``early``, if it had to be created."""

    def _collect(self, value: Any, number: int | None) -> list[int]:
        found: list[int] = []
        try:
            references(value, found)
        except RecursionError:
            where = self.source.name if number is None else self.source.where(number)
            raise DefinitionFileError(f"{where}: nested too deeply") from None
        by_id = self.source.by_id
        for child in found:
            if type(child) is not int or child not in by_id:
                self._check(child, number)
        return found

    def _check(self, number: Any, holder: int | None) -> None:
        if type(number) is not int or number not in self.source.by_id:
            where = self.source.name if holder is None else self.source.where(holder)
            raise DefinitionFileError(f"{where}: refers to object {number!r}, which is not there")

    def _deref(self, number: int) -> Any:
        if number in self.built:
            return self.built[number]
        found = self._early.get(number)
        if found is None:
            # Only in a loop: the rest is made before what holds it.
            record = self.source.by_id[number]
            if number in self._targets:
                raise DefinitionFileError(f"{self.source.where(number)}: refers to itself")
            found = self._early[number] = self.create(number, record)
        return found

    def _follow(self, number: int, record: dict[str, Any]) -> tuple[Reader, int]:
        job, steps = record["job"], record.get("at", [])
        where = self.source.where(number)
        if type(job) is not str or type(steps) is not list:
            raise DefinitionFileError(f"{where}: expected a job's folder and a place in it")
        if self._jobs is None:
            raise DefinitionFileError(
                f"{where}: lies in the job folder {job}, which is not known here"
            )
        reader = self._jobs(job, self.source)
        reader.job = job
        return reader, reader.locate(steps, where)


def _build(reader: Reader, number: int) -> None:
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
