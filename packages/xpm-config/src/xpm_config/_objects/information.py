"""What a configuration object knows: `c.__xpm__`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._identity.identify import identify, identify_partial
from xpm_config._model.markers import Location
from xpm_config.exceptions import SealedError

from .copying import convert
from .sealing import seal
from .storage import storage
from .tags import TagDict, collect_tags, tags
from .validation import validate
from .values import ArgumentValues

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from xpm_config._declarations.schema import ObjectType
    from xpm_config._identity.identifier import Identifier
    from xpm_config._model.context import ConfigWalkContext
    from xpm_config._model.groups import Partial

_NO_NAMES: frozenset[str] = frozenset()


class ConfigInformation(ArgumentValues):
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
        meta: True or False where `setmeta` said so, else None.
        sealed: whether it is frozen.
        generated: names of the arguments whose values were generated when sealing.
        has_generated: whether it, or what it holds, has generated paths.
        pending: whether paths are still to be generated although it is sealed.
        owner: the configuration with which it was sealed.
    """

    __slots__ = (
        "awaited",
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
        "task",
    )

    def __init__(self, pyobject: Any, xpmtype: ObjectType, code: Any, offset: int) -> None:
        self.pyobject = pyobject
        self.xpmtype = xpmtype
        self._code = code
        self._offset = offset
        self.values: dict[str, Any] = {}
        self.task: Any = None
        self.awaited = True
        self.init_tasks: list[Any] = []
        self.dependencies: list[Any] = []
        self.job: Any = None
        self.meta: bool | None = None
        self.sealed = False
        self.pending = False
        self.validated = False
        self.generated: frozenset[str] | set[str] = _NO_NAMES
        self.stopped: frozenset[str] | set[str] = _NO_NAMES
        self.has_generated = False
        self.owner: Any = None
        # what the type variables of a generic class stand for
        self.bindings: dict[Any, Any] | None = None
        self.own_tags: dict[str, Any] | None = None
        self.known_tags: tuple[int, dict[str, Any]] | None = None
        self.known_hooks: tuple[int, tuple[Any, ...]] | None = None
        # identifiers, once it is sealed: the digest, and whether it is the same wherever
        # the configuration is nested (it holds neither loop nor instance)
        self.digest: bytes | None = None
        self.plain = False
        self.has_loops = False
        self.partial_digests: dict[Any, bytes] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: all but what belongs to this process."""
        state = {name: getattr(self, name) for name in (*ArgumentValues.__slots__, *self.__slots__)}
        state["_code"], state["_offset"] = self.location
        state.update(job=None, dependencies=[], known_tags=None, known_hooks=None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def wait(self) -> bool:
        """Waits for the end of the job of a submitted task.

        Returns:
            Whether it has succeeded.

        Raises:
            ValueError: it was not submitted.
        """
        if self.job is None:
            raise ValueError(f"{self.shown} was not submitted: there is nothing to wait for")
        return bool(self.job.wait())

    def owner_title(self) -> str:
        """The configuration that it was sealed with, for messages."""
        return self.owner.__xpm__.xpmtype.full_name if self.owner is not None else "another task"

    def validate(self) -> None:
        """Checks that all is set, here and below, and runs `__validate__` (bottom-up).

        Raises:
            UnsetArgumentError: an argument without a default has no value.
            ConfigValidationError: a `__validate__` refused a configuration.
        """
        validate(self.pyobject)

    def seal(self, context: ConfigWalkContext | None = None) -> None:
        """Freezes the configuration and all that it holds, and generates paths.

        Args:
            context: tells where generated paths lie; without one they are generated by a
                later call that has one.
        """
        seal(self.pyobject, context)

    @property
    def identifier(self) -> Identifier:
        """The identifier; remembered once the configuration is sealed."""
        return identify(self.pyobject)

    def get_partial_identifier(self, partial: Partial) -> Identifier:
        """The identifier without the arguments that a partial leaves out."""
        return identify_partial(self.pyobject, partial)

    def tags(self) -> TagDict:
        """Tags of the configuration and of what it holds."""
        return tags(self.pyobject)

    def tag_places(self) -> dict[str, tuple[Any, Location | None]]:
        """Tags with the place where each was set."""
        return dict(collect_tags(self.pyobject))

    def set_meta(self, flag: bool | None) -> None:
        """Says whether the configuration counts where it is held (see `setmeta`)."""
        if self.sealed and self.meta is not flag:
            raise SealedError(f"{self.shown} is sealed")
        self.meta = flag

    def add_dependencies(self, *dependencies: Any) -> None:
        """Adds dependencies, which the scheduler understands.

        Raises:
            SealedError: it was submitted already.
        """
        if self.job is not None:
            raise SealedError(f"{self.shown} was submitted: dependencies are added before that")
        self.dependencies.extend(dependencies)

    def converted(self) -> Any:
        """What a deprecated configuration stands for (itself without `__convert__`)."""
        return convert(self.pyobject)

    def serialize(
        self, save_directory: str | Path, definition_filename: str = "experimaestro.json"
    ) -> None:
        """Saves the configuration, as `save` of xpm-serialize does.

        Args:
            save_directory: the folder.
            definition_filename: the file for the definition.

        Raises:
            MissingStorageError: no package that stores configurations is installed.
        """
        storage().serialize(self.pyobject, save_directory, definition_filename)

    @staticmethod
    def deserialize(
        path: str | Path | Callable[..., Path],
        as_instance: bool = False,
        partial_loading: bool | None = None,
        definition_filename: str | None = None,
    ) -> Any:
        """Loads what was saved.

        Args:
            path: the folder, or a function that says where the definition and what it refers
                to lie (see `load` of xpm-serialize).
            as_instance: make value objects; configurations if false.
            partial_loading: do not load the tasks that have produced configurations.
            definition_filename: the file of the definition.

        Raises:
            MissingStorageError: no package that stores configurations is installed.
        """
        return storage().deserialize(path, as_instance, partial_loading, definition_filename)

    @staticmethod
    def load_objects(
        definitions: Sequence[Any],
        as_instance: bool = True,
        partial_loading: bool | None = None,
    ) -> dict[int, Any]:
        """Makes all the objects of a list of records, as files of definitions hold them.

        Args:
            definitions: the records.
            as_instance: make value objects; configurations if false.
            partial_loading: do not load the tasks that have produced configurations.

        Returns:
            Object by the id of its record.

        Raises:
            MissingStorageError: no package that stores configurations is installed.
        """
        found: dict[int, Any] = storage().load_objects(definitions, as_instance, partial_loading)
        return found
