"""Tasks that have produced something, and are not loaded themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from xpm_config import Argument, ConfigInformation


class _StubType:
    """The schema of a task whose class is not loaded."""

    arguments: dict[str, Argument] = {}
    config_arguments: tuple[Argument, ...] = ()
    generated: tuple[Argument, ...] = ()
    required: tuple[Argument, ...] = ()
    converts = None
    submit_hooks: tuple[object, ...] = ()
    is_instance = False
    is_task = True

    def __init__(self, module: str, qualname: str) -> None:
        self.module = module
        self.qualname = qualname
        self.full_name = f"{module}.{qualname}"
        self.identifier = self.full_name.lower()


class _StubInformation(ConfigInformation):
    """What is known of a task that is not loaded: enough to identify what it has produced."""

    # Without `__slots__` of its own: what is pickled is named by those of the base.

    def __init__(self, stub: TaskStub, digest: bytes) -> None:
        schema: Any = _StubType(stub.module, stub.qualname)
        super().__init__(stub, schema, "", 0)
        self.task = stub
        self.digest = digest
        self.sealed = True
        self.validated = True

    def xpmvalues(self) -> Iterator[tuple[Argument, object]]:
        """Return no values: they are not loaded."""
        return iter(())


class TaskStub:
    """Stands for a task that was not loaded, as the producer of a configuration.

    Args:
        identifier: the task's identifier, 64 hexadecimal digits.
        typename: the module and qualified name of its class, joined by a dot.
        module: the module, if it is not all but the last part of `typename`.

    Attributes:
        module: the module of its class.
        qualname: the name of its class in the module.

    Raises:
        ValueError: `identifier` is not an identifier, or the class is not in a module.
    """

    __xpm_task__ = True

    def __init__(self, identifier: str, typename: str, module: str | None = None) -> None:
        if re.fullmatch("[0-9a-f]{64}", identifier) is None:
            raise ValueError(f"expected an identifier of 64 hexadecimal digits, got {identifier!r}")
        if module is None:
            module = typename.rpartition(".")[0]
        if not module or not typename.startswith(f"{module}."):
            raise ValueError(f"expected the name of a class in a module, got {typename!r}")
        self.module = module
        self.qualname = typename[len(module) + 1 :]
        self.__xpm__: ConfigInformation = _StubInformation(self, bytes.fromhex(identifier))

    @property
    def identifier(self) -> str:
        """The task's identifier, 64 hexadecimal digits."""
        return self.__xpm__.identifier.hex()

    @property
    def typename(self) -> str:
        """The module and name of its class."""
        return f"{self.module}.{self.qualname}"

    def __repr__(self) -> str:
        return f"TaskStub(identifier={self.identifier}, typename={self.typename!r})"
