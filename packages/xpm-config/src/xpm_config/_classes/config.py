"""Configuration classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from xpm_config._declarations.hints import Field, field
from xpm_config._model.locations import user_location
from xpm_config._model.state import ConfigClass

from .factory import (
    ConfigTypeAttribute,
    SchemaAttribute,
    ValueTypeAttribute,
    definition_frames,
    definition_place,
    register_value_class,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self, dataclass_transform

    from xpm_config._declarations.schema import ObjectType
    from xpm_config._identity.identifier import Identifier
    from xpm_config._model.generation import ConfigWalkContext
    from xpm_config._objects.information import ConfigInformation
    from xpm_config._objects.instances import ObjectStore
    from xpm_config._objects.tags import TagDict
else:

    def dataclass_transform(**_: Any) -> Any:
        """Return a decorator that only type checkers look at."""
        return lambda cls: cls


T = TypeVar("T")


@dataclass_transform(kw_only_default=True, field_specifiers=(field, Field))
class Config(ConfigClass):
    """Base of all configuration classes.

    A sub-class declares arguments by annotations:

    >>> from xpm_config import Config, Param, field
    >>> class Model(Config):
    ...     size: Param[int]
    ...     rate: Param[float] = field(default=0.1)

    `Model.C(size=3)` is a configuration object: its values are checked, it can be
    identified, composed, copied and compared. `Model.C(size=3).instance()` is a value
    object, a plain instance of `Model` (or of its value class) with the values as attributes.

    >>> model = Model.C(size="3")
    >>> model
    Model.C(size=3, rate=0.1)
    >>> model.instance().size
    3
    """

    __xpm_task__: ClassVar[bool] = False

    if TYPE_CHECKING:
        # what configuration objects have; value objects are of the same static type
        __xpm__: ClassVar[ConfigInformation]
        __xpmtype__: ClassVar[ObjectType]
        C: ClassVar = ConfigTypeAttribute()
        XPMConfig: ClassVar = ConfigTypeAttribute()
        XPMValue: ClassVar = ValueTypeAttribute()

        def __identifier__(self) -> Identifier: ...
        def __matmul__(self, inner: Config) -> Self: ...
        def tag(self, name: str, value: Any) -> Self: ...
        def tags(self) -> TagDict: ...
        def copy(self) -> Self: ...
        def copy_dependencies(self, other: Config) -> Self: ...
        def add_dependencies(self, *dependencies: Any) -> Self: ...
        def seal(self, context: ConfigWalkContext | None = None) -> None: ...
        def instance(
            self,
            context: ConfigWalkContext | None = None,
            *,
            objects: ObjectStore | None = None,
            keep: bool = True,
        ) -> Self: ...
        @property
        def xpmconfig(self) -> Self: ...
    else:
        C = ConfigTypeAttribute()
        XPMConfig = C
        XPMValue = ValueTypeAttribute()
        __xpmtype__ = SchemaAttribute()

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            """Return a value object; its values are set by `instance()`."""
            if args or kwargs:
                given = ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in kwargs.items())])
                raise TypeError(
                    f"{cls.__qualname__}({given}) is not a configuration: "
                    f"write {cls.__qualname__}.C({given}) (at {user_location()})"
                )
            if "__xpm_schema__" not in vars(cls):
                cls.__xpmtype__  # noqa: B018 # takes the defaults off the class
            return object.__new__(cls)

        @property
        def xpmconfig(self) -> Any:
            """The configuration that a value object was made from."""
            found = vars(self).get("__config__")
            if found is None:
                raise AttributeError(
                    f"this {type(self).__qualname__} was not made by instance(keep=True)"
                )
            return found

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        place = definition_place(cls)
        if place is not None:
            cls.__xpm_defined__ = place
        frames = definition_frames(cls)
        if frames:
            cls.__xpm_frames__ = frames  # until the first use

    def __post_init__(self) -> None:
        """Run on a value object when its values are set."""

    def __validate__(self) -> None:
        """Run on a configuration object before it is used; raises an error to refuse it."""

    def __xpm_serialize__(self, context: Any) -> dict[str, Any]:
        """Say how fields are written when a configuration object is saved: the data paths.

        An override may call this one, and change what it gives or add to it.

        Args:
            context: where data files go: `context.var_path` are the names that lead to this
                configuration, and `context.serialize(names, path, self)` puts a file there.

        Returns:
            The form of a field by its name; fields that are not named are written as usual.
        """
        info = self.__xpm__
        return {
            name: context.serialize([*context.var_path, name], info.values[name], self)
            for name, argument in info.xpmtype.arguments.items()
            if argument.is_data and info.values.get(name) is not None
        }

    @classmethod
    def __getxpmtype__(cls) -> ObjectType:
        """Return the schema of the class."""
        return cls.__xpmtype__

    @classmethod
    def value_class(cls) -> Callable[[type[T]], type[T]]:
        """Register the class of the value objects, as a decorator.

        >>> from xpm_config import Config, Param
        >>> class Model(Config):
        ...     size: Param[int]
        >>> @Model.value_class()
        ... class Network(Model):  # may need what planning does without, such as torch
        ...     pass
        >>> type(Model.C(size=3).instance()).__name__
        'Network'

        Raises:
            TypeError: the class derives neither from the configuration class nor from
                the value classes of its parents.
        """
        return lambda value_type: register_value_class(cls, value_type)

    #: Records the outputs of the running task; set in its process, by whoever runs it.
    __xpm_record_output__: ClassVar[Any] = None

    def register_task_output(self, method: Any, *args: Any, **kwargs: Any) -> None:
        """Register an output of the running task; does nothing where no task is run.

        Args:
            method: the method, of the task or of what it holds, that makes the output's
                configuration in the plan: it gets a marker, then what follows here.
            args: arguments, as JSON can write them.
            kwargs: named arguments, likewise.

        Raises:
            TypeError: it is not such a method, or an argument cannot be written.
        """
        record = Config.__xpm_record_output__
        if record is not None:
            record(method, args, kwargs)


class InstanceConfig(Config):
    """Base of configurations whose objects are distinguished even when their values are equal.

    Two of them with the same values, in two places of a configuration, are not the same
    as one of them in both places.

    >>> from xpm_config import Config, InstanceConfig, Param
    >>> class Layer(InstanceConfig):
    ...     size: Param[int]
    >>> class Model(Config):
    ...     first: Param[Layer]
    ...     second: Param[Layer]
    >>> layer, other = Layer.C(size=3), Layer.C(size=3)
    >>> shared = Model.C(first=layer, second=layer)
    >>> shared.__identifier__() == Model.C(first=layer, second=other).__identifier__()
    False
    """

    __xpm_instance__: ClassVar[bool] = True
