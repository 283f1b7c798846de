"""Configuration classes and configuration objects."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ._base import ConfigClass, ConfigObject, is_config_class, nearest
from ._comparing import equal
from ._composing import compose
from ._copying import convert, copy_one
from ._hints import Field, field
from ._identify import digest, identify
from ._information import ConfigInformation
from ._instances import ObjectStore, instance
from ._schema import ObjectType
from ._tagging import TagDict, set_tag
from .exceptions import UnhashableConfigError, UnsetArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from typing_extensions import Self, dataclass_transform

    from ._context import ConfigWalkContext
    from ._identifier import Identifier
else:

    def dataclass_transform(**_: Any) -> Any:
        """Known to type checkers alone."""
        return lambda cls: cls


T = TypeVar("T")


class _ArgumentAttribute:
    """Reads and writes an argument of a configuration object."""

    __slots__ = ("argument", "name")

    def __init__(self, argument: Any) -> None:
        self.argument = argument
        self.name = argument.name

    def __get__(self, config: Any, owner: type | None = None) -> Any:
        if config is None:
            return self.argument
        try:
            return config.__xpm__.values[self.name]
        except KeyError:
            info = config.__xpm__
            raise UnsetArgumentError(
                f"{info.xpmtype.title} (created at {info.location}): '{self.name}' "
                + (
                    "is generated when the configuration is sealed"
                    if self.argument.generator is not None
                    else "has no value"
                )
            ) from None

    def __set__(self, config: Any, value: Any) -> None:
        config.__xpm__.set(self.argument, value)


class _OldArgumentAttribute:
    """Writes an argument that has another name now, by a method of the user's."""

    __slots__ = ("function", "name")

    def __init__(self, name: str, function: Any) -> None:
        self.name = name
        self.function = function

    def __get__(self, config: Any, owner: type | None = None) -> Any:
        raise AttributeError(f"'{self.name}' is deprecated: it can be set, but not read")

    def __set__(self, config: Any, value: Any) -> None:
        self.function(config, value)


def _definition_frames(cls: type) -> list[Any]:
    """The functions around the definition of a class, whose names its annotations may use."""
    if "<locals>" not in cls.__qualname__:
        return []
    outer = cls.__qualname__.split(".")
    outermost = outer[outer.index("<locals>") - 1]
    frames: list[Any] = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_globals.get("__name__") == cls.__module__:
            frames.append(frame)
            if frame.f_code.co_name == outermost:
                return frames
        frame = frame.f_back
    return frames[:1]


class _Schema:
    """`A.__xpmtype__`: the schema of a class, built at first use."""

    def __get__(self, config: Any, owner: type) -> ObjectType:
        if issubclass(owner, ConfigObject):
            owner = _base_of(owner)
        found = vars(owner).get("__xpm_schema__")
        if found is None:
            found = _build(owner)
        return found


def _base_of(cls: type) -> type:
    return next(base for base in cls.__mro__ if not issubclass(base, ConfigObject))


class _ConfigTypeAttribute:
    """`A.C`: the class of the configuration objects of a class."""

    def __get__(self, config: T | None, owner: type[T]) -> type[T]:
        if issubclass(owner, ConfigObject):
            owner = _base_of(owner)
        found = vars(owner).get("__xpm_schema__")
        if found is None:
            found = _build(owner)
        return found.config_type  # type: ignore[no-any-return] # of a class's dictionary


class _ValueTypeAttribute:
    """`A.XPMValue`: the class of the value objects of a class."""

    def __get__(self, config: T | None, owner: type[T]) -> type[T]:
        return owner.__xpmtype__.value_type  # type: ignore[attr-defined,no-any-return] # a Config


def _build(cls: type) -> ObjectType:
    frames = vars(cls).get("__xpm_frames__", [])
    schema = ObjectType(cls, frames)
    cls.__xpm_schema__ = schema  # type: ignore[attr-defined] # the class's own
    if frames:
        del cls.__xpm_frames__  # type: ignore[attr-defined] # keeps functions alive
    # A class written as the value class of another one has no schema of its own to offer.
    base = vars(cls).get("__xpm_deprecation__")
    if base is not None:
        base(schema)
    schema.config_type = _config_type(cls, schema)
    return schema


def _config_type(cls: type, schema: ObjectType) -> type:
    parents = [base.__xpmtype__.config_type for base in cls.__bases__ if is_config_class(base)]
    if not parents:
        parents = [ConfigMixin]
    namespace: dict[str, Any] = {
        "__module__": cls.__module__,
        "__qualname__": f"{cls.__qualname__}.XPMConfig",
        "__doc__": cls.__doc__,
        "__xpmtype__": schema,
    }
    for name, old in schema.old_arguments.items():
        namespace[name] = _OldArgumentAttribute(name, old)
    for name, argument in schema.arguments.items():
        namespace[name] = _ArgumentAttribute(argument)
    if schema.converts and getattr(schema.converts, "replace", False):
        namespace["__new__"] = _replaced_new
    name = f"{cls.__name__}.XPMConfig"
    made = type(cls)(name, (*parents, cls), namespace)
    made.C = made.XPMConfig = made  # type: ignore[attr-defined] # the class itself
    return made


def _replaced_new(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Makes what a deprecated configuration stands for instead."""
    made = object.__new__(cls)
    frame = sys._getframe(1)
    made.__xpm__ = ConfigInformation(made, cls.__xpmtype__, frame.f_code, frame.f_lasti)
    made.__xpm__.fill(kwargs)
    return convert(made)


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
        C: ClassVar = _ConfigTypeAttribute()
        XPMConfig: ClassVar = _ConfigTypeAttribute()
        XPMValue: ClassVar = _ValueTypeAttribute()

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
        C = _ConfigTypeAttribute()
        XPMConfig = C
        XPMValue = _ValueTypeAttribute()
        __xpmtype__ = _Schema()

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            """A value object; its values are set by `instance()`."""
            if args or kwargs:
                given = ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in kwargs.items())])
                raise TypeError(
                    f"{cls.__qualname__}({given}) is no configuration: "
                    f"write {cls.__qualname__}.C({given})"
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
        frames = _definition_frames(cls)
        if frames:
            cls.__xpm_frames__ = frames  # type: ignore[attr-defined] # until the first use

    def __post_init__(self) -> None:
        """Runs on a value object when its values are set."""

    def __validate__(self) -> None:
        """Runs on a configuration object before it is used; raises an error to refuse it."""

    @classmethod
    def __getxpmtype__(cls) -> ObjectType:
        """The schema of the class."""
        return cls.__xpmtype__

    @classmethod
    def value_class(cls) -> Callable[[type[T]], type[T]]:
        """Registers the class of the value objects, as a decorator.

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
        return lambda value_type: _register_value_class(cls, value_type)

    def register_task_output(self, method: Any, *args: Any, **kwargs: Any) -> None:
        """Registers an output while a task runs (see the scheduler's `ResumableTask`).

        Raises:
            AttributeError: this configuration is no task that can do it.
        """
        raise AttributeError(f"{type(self).__qualname__} is not a task with dynamic outputs")


def _register_value_class(cls: type, value_type: Any) -> Any:
    schema: ObjectType = cls.__xpmtype__  # type: ignore[attr-defined] # a Config
    for base in cls.__mro__:
        if not is_config_class(base):
            continue
        expected = cls if base is cls else base.__xpmtype__.value_type
        if not issubclass(value_type, expected):
            raise TypeError(
                f"the value class {value_type.__qualname__} of {cls.__qualname__} is expected to "
                f"derive from {expected.__qualname__}"
            )
    schema.value_type = value_type
    if getattr(schema.config_type, "__abstractmethods__", None):
        # the value class has the methods that are abstract in the configuration class
        schema.config_type.__abstractmethods__ = frozenset()
    return value_type


class ConfigMixin(ConfigObject):
    """What configuration objects have beyond their class: `A.C` derives from it and from `A`."""

    __xpm__: ConfigInformation
    __xpmtype__: ClassVar[ObjectType]

    # Classes of third parties may watch attributes; configurations go past them.
    __setattr__ = object.__setattr__
    __getattribute__ = object.__getattribute__
    __delattr__ = object.__delattr__

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keeps the class from users' `__init_subclass__`: it is none of theirs."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return object.__new__(cls)

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        if args:
            raise TypeError(
                f"{type(self).__xpmtype__.basetype.__qualname__}.C takes keyword arguments only, "
                f"got {', '.join(map(repr, args))}"
            )
        frame = sys._getframe(1)
        info = ConfigInformation(self, type(self).__xpmtype__, frame.f_code, frame.f_lasti)
        self.__xpm__ = info
        info.fill(kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        info = self.__dict__.get("__xpm__")
        if info is None:
            raise AttributeError(name)
        raise AttributeError(
            f"{info.xpmtype.title} has no attribute '{name}'{nearest(name, info.xpmtype.arguments)}"
        )

    def __eq__(self, other: object) -> bool:
        return self is other or equal(self, other)

    def __hash__(self) -> int:
        info = self.__xpm__
        if not info.sealed:
            raise UnhashableConfigError(
                f"{info.xpmtype.title} (created at {info.location}) is not sealed, and so cannot "
                "be hashed; make sets of configurations by sealed_set(...)"
            )
        return hash(digest(self))

    def __repr__(self) -> str:
        from ._display import show  # errors and people alone

        return show(self)

    def __identifier__(self) -> Identifier:
        """The identifier."""
        return identify(self)

    def __matmul__(self, inner: Any) -> Any:
        return compose(self, inner)

    def __copy__(self) -> Any:
        return copy_one(self, {})

    @property
    def xpmconfig(self) -> Any:
        """The configuration itself."""
        return self

    def tag(self, name: str, value: Any) -> Any:
        """Tags the configuration.

        Args:
            name: name of the tag.
            value: its value.

        Returns:
            The configuration.
        """
        set_tag(self.__xpm__, name, value)
        return self

    def tags(self) -> TagDict:
        """Tags of the configuration and of what it holds."""
        return self.__xpm__.tags()

    def copy(self) -> Any:
        """A copy that is not sealed; attributes that are no arguments are left out."""
        return copy_one(self, {})

    def add_dependencies(self, *dependencies: Any) -> Any:
        """Adds dependencies, such as tokens, and returns the configuration."""
        self.__xpm__.add_dependencies(*dependencies)
        return self

    def copy_dependencies(self, other: Any) -> Any:
        """Adds the dependencies of another configuration, and returns the configuration."""
        self.__xpm__.add_dependencies(*other.__xpm__.dependencies)
        return self

    def seal(self, context: ConfigWalkContext | None = None) -> None:
        """Freezes the configuration and what it holds, and generates paths.

        Args:
            context: where generated paths lie.
        """
        self.__xpm__.seal(context)

    def instance(
        self,
        context: ConfigWalkContext | None = None,
        *,
        objects: ObjectStore | None = None,
        keep: bool = True,
    ) -> Any:
        """The value object.

        Args:
            context: where generated paths lie, for a configuration that is not sealed.
            objects: value objects made before, which are used again.
            keep: whether value objects remember their configuration (`__config__`).

        Raises:
            UnsetArgumentError: an argument without a default has no value.
        """
        return instance(self, context, objects, keep)


class InstanceConfig(Config):
    """Base of configurations whose objects are told apart even when their values are equal.

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
