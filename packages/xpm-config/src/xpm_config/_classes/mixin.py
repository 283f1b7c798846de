"""What configuration objects have beyond their class."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

from xpm_config._identity.computation import digest
from xpm_config._identity.identify import identify
from xpm_config._model.checks import is_config_class
from xpm_config._model.locations import user_location
from xpm_config._model.names import nearest
from xpm_config._model.state import ConfigObject
from xpm_config._objects.comparison import equal
from xpm_config._objects.composition import compose
from xpm_config._objects.copying import clone, copy_one
from xpm_config._objects.information import ConfigInformation
from xpm_config._objects.instances import ObjectStore, instance
from xpm_config._objects.tags import TagDict, set_tag
from xpm_config.exceptions import UnhashableConfigError

if TYPE_CHECKING:
    from xpm_config._declarations.schema import ObjectType
    from xpm_config._identity.identifier import Identifier
    from xpm_config._model.generation import ConfigWalkContext


class ConfigMixin(ConfigObject):
    """What configuration objects have beyond their class: `A.C` derives from it and from `A`."""

    __xpm__: ConfigInformation
    __xpmtype__: ClassVar[ObjectType]

    # Classes of third parties may watch attributes; configurations go past them.
    __setattr__ = object.__setattr__
    __getattribute__ = object.__getattribute__
    __delattr__ = object.__delattr__

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep the class from users' `__init_subclass__`, which is for their own classes."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return object.__new__(cls)

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        if args:
            raise TypeError(
                f"{type(self).__xpmtype__.basetype.__qualname__}.C takes keyword arguments only, "
                f"got {', '.join(map(repr, args))} (at {user_location()})"
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
        for cls in type(self).__mro__:
            if name in vars(cls):
                # a property is there, but failed: by this error, which Python has put aside
                return object.__getattribute__(self, name)
            found = vars(cls).get("__getattr__")
            if found is not None and is_config_class(cls) and not issubclass(cls, ConfigObject):
                return found(self, name)
        near = nearest(name, info.xpmtype.arguments)
        raise AttributeError(f"{info.xpmtype.full_name} has no attribute '{name}'{near}")

    def __eq__(self, other: object) -> bool:
        return self is other or equal(self, other)

    def __hash__(self) -> int:
        info = self.__xpm__
        if not info.sealed:
            raise UnhashableConfigError(
                f"{info.shown} is not sealed, and so cannot be hashed; "
                "make sets of configurations by sealed_set(...)"
            )
        return hash(digest(self))

    def __repr__(self) -> str:
        from xpm_config._model.display import show  # errors and people alone

        return show(self)

    def __identifier__(self) -> Identifier:
        """Return the identifier."""
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
        """Tag the configuration.

        Args:
            name: name of the tag.
            value: its value.

        Returns:
            The configuration.
        """
        set_tag(self.__xpm__, name, value)
        return self

    def tags(self) -> TagDict:
        """Tag of the configuration and of what it holds."""
        return self.__xpm__.tags()

    def copy(self) -> Any:
        """Return a copy of it and of what it holds, none of it sealed.

        Outputs of tasks are shared; attributes that are not arguments are left out.
        """
        return clone(self)

    def add_dependencies(self, *dependencies: Any) -> Any:
        """Add dependencies, such as tokens, and returns the configuration."""
        self.__xpm__.add_dependencies(*dependencies)
        return self

    def copy_dependencies(self, other: Any) -> Any:
        """Add the dependencies of another configuration, and returns the configuration."""
        self.__xpm__.add_dependencies(*other.__xpm__.dependencies)
        return self

    def seal(self, context: ConfigWalkContext | None = None) -> None:
        """Freeze the configuration and what it holds, and generates paths.

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
        """Return the value object.

        Args:
            context: where generated paths lie, for a configuration that is not sealed.
            objects: value objects made before, which are used again.
            keep: whether value objects remember their configuration (`__config__`).

        Raises:
            UnsetArgumentError: an argument without a default has no value.
        """
        return instance(self, context, objects, keep)
