"""Tasks that have produced something, and are not loaded themselves."""

from __future__ import annotations

import re
from typing import Any


class _StubType:
    """What the schema of a task's class would say."""

    arguments: dict[str, Any] = {}
    config_arguments: tuple[Any, ...] = ()
    generated: tuple[Any, ...] = ()
    required: tuple[Any, ...] = ()
    converts = None
    submit_hooks: tuple[Any, ...] = ()
    is_instance = False
    is_task = True

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.qualname = name
        self.full_name = f"{module}.{name}"
        self.identifier = self.full_name.lower()


class _StubInformation:
    """What is known of a task that is not loaded: enough to identify what it has produced."""

    has_loops = False
    has_generated = False
    pending = False
    plain = False
    sealed = True
    validated = True
    meta = None
    job = None
    own_tags = None
    known_hooks = None
    known_tags = None
    stopped: frozenset[str] = frozenset()
    values: dict[str, Any] = {}
    init_tasks: list[Any] = []
    dependencies: list[Any] = []
    location = None

    def __init__(self, stub: TaskStub, digest: bytes, module: str, name: str) -> None:
        self.pyobject = stub
        self.task = stub
        self.digest = digest
        self.identifier = _Hex(digest.hex())
        self.xpmtype = _StubType(module, name)

    def xpmvalues(self) -> Any:
        return iter(())


class _Hex(str):
    """An identifier as text and as bytes."""

    __slots__ = ()

    @property
    def all(self) -> bytes:
        return bytes.fromhex(self)

    main = all


class TaskStub:
    """Stands for a task that was not loaded, as the producer of a configuration.

    Args:
        identifier: the task's identifier, 64 hexadecimal digits.
        typename: the module and qualified name of its class, joined by a dot.
        module: the module, if it is not all but the last part of ``typename``.

    Raises:
        ValueError: ``identifier`` is none, or the class lies in no module.
    """

    __xpm_task__ = True

    def __init__(self, identifier: str, typename: str, module: str | None = None) -> None:
        if re.fullmatch("[0-9a-f]{64}", identifier) is None:
            raise ValueError(f"expected an identifier of 64 hexadecimal digits, got {identifier!r}")
        if module is None:
            module = typename.rpartition(".")[0]
        if not module or not typename.startswith(f"{module}."):
            raise ValueError(f"expected the name of a class in a module, got {typename!r}")
        name = typename[len(module) + 1 :]
        self.__xpm__ = _StubInformation(self, bytes.fromhex(identifier), module, name)

    @property
    def identifier(self) -> str:
        """The task's identifier, 64 hexadecimal digits."""
        return str(self.__xpm__.identifier)

    @property
    def typename(self) -> str:
        """The module and name of its class."""
        return self.__xpm__.xpmtype.full_name

    def __repr__(self) -> str:
        return f"TaskStub(identifier={self.identifier}, typename={self.typename!r})"
