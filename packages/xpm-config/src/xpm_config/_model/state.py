"""Configuration objects and their classes as the lower rooms know them: marks and records.

A configuration object carries a `ConfigState` under `__xpm__`, and its class a `Schema`
under `__xpmtype__`. They are data; what is done with them is functions of the rooms above.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .locations import Location
from .names import qualified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType
    from typing import ClassVar, TypeVar

    from .argument import Argument, CountedArgument
    from .groups import Partial


class ConfigClass:
    """Base of every configuration class."""

    if TYPE_CHECKING:
        __xpmtype__: ClassVar[Schema]
        __xpm_task__: ClassVar[bool]
        # what is remembered of one class, in its own dictionary: where it is defined, the
        # functions around it until its first use, its schema and its value class, its hooks,
        # and what a deprecated class changes in its schema
        __xpm_defined__: ClassVar[tuple[CodeType, int]]
        __xpm_frames__: ClassVar[list[FrameType]]
        __xpm_schema__: ClassVar[Schema]
        __xpm_value_class__: ClassVar[type]
        __xpm_hooks__: ClassVar[tuple[Any, ...]]
        __xpm_deprecation__: ClassVar[Callable[[Any], None]]


class ConfigObject:
    """Base of every configuration object (an instance of some `A.C`)."""

    if TYPE_CHECKING:
        __xpm__: ConfigState
        __xpmtype__: ClassVar[Schema]
        __xpm_task__: ClassVar[bool]

        def __validate__(self) -> None: ...


class Schema:
    """What is known of a configuration class.

    Attributes:
        cls: the class as it was written.
        config_type: the class of its configuration objects (`A.C`).
        value_type: the class of its value objects.
        identifier: identifies the class in identifiers and folders.
        preimage_start: the bytes of the identifier, as they stand in a preimage.
        arguments: its arguments by name, inherited ones first.
        old_arguments: methods that set what has replaced an argument, by its old name.
        partials: partial identifiers by name.
        config_arguments: the arguments whose values may be or hold configurations.
        required: the arguments that must be given a value.
        defaults: the arguments that have a value without one being given.
        generated: the arguments whose values are generated when sealing.
        converts: makes what a deprecated configuration stands for, or None.
        deprecated: the class to use instead, or whether the class is deprecated.
        holds_many: whether an argument may hold any number of configurations.
        is_instance: whether its objects are distinguished even when their values are equal.
        is_task: whether it is a task.
    """

    __slots__ = ()

    cls: type
    config_type: Any
    value_type: type
    identifier: str
    preimage_start: bytes
    arguments: dict[str, Argument]
    old_arguments: dict[str, Callable[..., Any]]
    partials: dict[str, Partial]
    config_arguments: tuple[Argument, ...]
    required: tuple[Argument, ...]
    defaults: tuple[Argument, ...]
    generated: tuple[Argument, ...]
    converts: Callable[[Any], Any] | None
    deprecated: type | bool
    holds_many: bool
    is_instance: bool
    is_task: bool

    @property
    def full_name(self) -> str:
        """`module.Class`, for messages."""
        return qualified(self.cls)

    @property
    def submit_hooks(self) -> tuple[Any, ...]:
        """The hooks that decorate the class and those it derives from."""
        raise NotImplementedError

    def counted_arguments(self) -> tuple[CountedArgument, ...]:
        """Return the arguments that can count in identifiers, by name."""
        raise NotImplementedError


_NO_NAMES: frozenset[str] = frozenset()


class ConfigState:
    """Values and state of one configuration object.

    Attributes:
        pyobject: the configuration object.
        xpmtype: the schema of its class.
        values: value by argument name, with the defaults.
        task: the task that produces it (itself for a submitted task), or None.
        awaited: whether what uses it must wait for the end of that task.
        init_tasks: lightweight tasks that run before it is used.
        dependencies: dependencies that were added to it.
        job: the job of a submitted task; this package does not look into it.
        meta: what `setmeta` has set, True or False; else None.
        sealed: whether it is frozen.
        validated: whether its values were validated and have not changed since.
        generated: names of the arguments whose values were generated when sealing.
        has_generated: whether it, or what it holds, has generated paths.
        pending: whether paths are still to be generated although it is sealed.
        owner: the configuration with which it was sealed.
        bindings: what the type variables of a generic class stand for.
        own_tags: its tags, with the place where each was set.
        stopped: names of the arguments whose tags do not reach it.
        known_tags: all tags, remembered once it is sealed.
        known_hooks: hooks of what it holds, remembered once it is sealed.
        digest: its identifier, remembered once it is sealed.
        plain: whether the digest is the same wherever the configuration is held (it holds
            neither a loop nor an instance).
        has_loops: whether it holds itself.
        partial_digests: partial identifiers, remembered once it is sealed.
    """

    __slots__ = (
        "_code",
        "_offset",
        "awaited",
        "bindings",
        "dependencies",
        "digest",
        "generated",
        "has_generated",
        "has_loops",
        "init_tasks",
        "job",
        "known_hooks",
        "known_tags",
        "meta",
        "own_tags",
        "owner",
        "partial_digests",
        "pending",
        "plain",
        "pyobject",
        "sealed",
        "stopped",
        "task",
        "validated",
        "values",
        "xpmtype",
    )

    def __init__(self, pyobject: Any, xpmtype: Schema, code: CodeType | str, offset: int) -> None:
        self.pyobject: ConfigObject = pyobject
        self.xpmtype = xpmtype
        self._code = code
        self._offset = offset
        self.values: dict[str, Any] = {}
        self.task: ConfigObject | None = None
        self.awaited = True
        self.init_tasks: list[ConfigObject] = []
        self.dependencies: list[Any] = []
        self.job: Any = None
        self.meta: bool | None = None
        self.sealed = False
        self.pending = False
        self.validated = False
        self.generated: frozenset[str] | set[str] = _NO_NAMES
        self.stopped: frozenset[str] | set[str] = _NO_NAMES
        self.has_generated = False
        self.owner: ConfigObject | None = None
        self.bindings: dict[TypeVar, Any] | None = None
        self.own_tags: dict[str, tuple[Any, Location | None]] | None = None
        self.known_tags: tuple[int, dict[str, tuple[Any, Location | None]]] | None = None
        self.known_hooks: tuple[int, tuple[Any, ...]] | None = None
        self.digest: bytes | None = None
        self.plain = False
        self.has_loops = False
        self.partial_digests: dict[tuple[object, ...], bytes] | None = None

    @property
    def location(self) -> Location:
        """Where the configuration was created."""
        return Location(self._code, self._offset)

    @location.setter
    def location(self, location: Location) -> None:
        self._code, self._offset = location.code, location.offset

    @property
    def shown(self) -> str:
        """The class, and where the configuration was created, for messages."""
        return f"{self.xpmtype.full_name} (created at {self.location})"

    def xpmvalues(self) -> Iterator[tuple[Argument, Any]]:  # the name that 2.x users know
        """Return the arguments that have a value, with it, in the order of declaration."""
        values = self.values
        for name, argument in self.xpmtype.arguments.items():
            if name in values:
                yield argument, values[name]
