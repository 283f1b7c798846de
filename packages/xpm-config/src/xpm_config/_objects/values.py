"""The values of a configuration's arguments, and what they are checked against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._declarations.type_variables import bind
from xpm_config._model.argument import Argument
from xpm_config._model.markers import UNSET, Location, nearest, qualified, user_location
from xpm_config._model.type import Refused
from xpm_config.exceptions import ReadOnlyError, SealedError, UnknownArgumentError

from .copying import warn_deprecated
from .tags import Wrapped, set_tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import CodeType

    from xpm_config._declarations.schema import ObjectType


class ArgumentValues:
    """The part of `ConfigInformation` that sets and gives values of arguments."""

    __slots__ = (
        "_code",
        "_offset",
        "bindings",
        "pyobject",
        "sealed",
        "stopped",
        "validated",
        "values",
        "xpmtype",
    )

    _code: CodeType | str
    _offset: int
    bindings: dict[Any, Any] | None
    pyobject: Any
    sealed: bool
    stopped: frozenset[str] | set[str]
    validated: bool
    values: dict[str, Any]
    xpmtype: ObjectType

    def fill(self, given: Mapping[str, Any]) -> None:
        """Sets the values that a constructor was given, then the defaults.

        Raises:
            UnknownArgumentError: there is no argument of a name.
            ArgumentTypeError: a value does not have its argument's type.
        """
        xpmtype = self.xpmtype
        arguments, values = xpmtype.arguments, self.values
        if xpmtype.deprecated:
            warn_deprecated(xpmtype)
        for name, value in given.items():
            argument = arguments.get(name)
            if argument is None:
                self._set_unknown(name, value)
            elif type(value) is Wrapped:
                self.set_wrapped(argument, value)
            elif argument.kind == "constant":
                self._check_constant(argument, value)
            else:
                try:
                    values[name] = argument.coerce(value)
                except Refused:
                    argument.validate(value)
                if argument.type.holds_configs:
                    self._check_held(argument, values[name])
        for argument in xpmtype.defaults:
            if argument.name not in values:
                if argument.default is UNSET and argument.default_factory is None:
                    values[argument.name] = None
                elif argument.fresh_default or argument.default_factory is not None:
                    values[argument.name] = argument.make_default()
                else:
                    values[argument.name] = argument.default

    def set(self, argument: Argument, value: Any) -> None:
        """Sets the value of an argument.

        Raises:
            SealedError: the configuration is sealed.
            ReadOnlyError: the argument is a constant.
            ArgumentTypeError: the value does not have the argument's type.
        """
        if self.sealed:
            raise SealedError(
                f"{self.shown} is sealed: "
                f"'{argument.name}' cannot be set; change a copy (`.copy()`)"
            )
        if type(value) is Wrapped:
            self.set_wrapped(argument, value)
            return
        if argument.constant:
            self._check_constant(argument, value)
            return
        coerced = argument.validate(value)
        if argument.type.holds_configs:
            self._check_held(argument, coerced)
        self.values[argument.name] = coerced
        self.validated = False
        if argument.name in self.stopped:
            self.stopped = set(self.stopped) - {argument.name}

    def set_wrapped(self, argument: Argument, wrapped: Wrapped) -> None:
        """Sets a value that comes with a tag, or whose tags are to stop."""
        self.set(argument, wrapped.value)
        if wrapped.tagged:
            set_tag(self, argument.name, wrapped.value)
        if wrapped.stopped:
            self.stopped = {*self.stopped, argument.name}

    def _check_constant(self, argument: Argument, value: Any) -> None:
        if value != argument.default:
            raise ReadOnlyError(
                f"{qualified(argument.owner)}.{argument.name} is a constant "
                f"({argument.default!r}): it cannot be set to {value!r} "
                f"(set at {user_location()})"
            )

    def _check_held(self, argument: Argument, value: Any) -> None:
        if self.xpmtype.is_task and not argument.ignore_generated:
            argument.check_generated(value, self.xpmtype.full_name)
        if argument.type.generic:
            bind(self, argument, value)

    def _set_unknown(self, name: str, value: Any) -> None:
        old = self.xpmtype.old_arguments.get(name)
        if old is None:
            known = self.xpmtype.arguments
            takes = f"it has {', '.join(known)}" if known else "it has none"
            raise UnknownArgumentError(
                f"{self.xpmtype.full_name} has no argument '{name}'{nearest(name, known)} "
                f"({takes}) (set at {user_location()})"
            )
        setattr(self.pyobject, name, value)

    def xpmvalues(self) -> Iterator[tuple[Argument, Any]]:
        """The arguments that have a value, with it, in the order of declaration."""
        values = self.values
        for name, argument in self.xpmtype.arguments.items():
            if name in values:
                yield argument, values[name]

    def get(self, name: str) -> Any:
        """The value of an argument.

        Raises:
            KeyError: it has none.
        """
        return self.values[name]

    @property
    def location(self) -> Location:
        """Where the configuration was created."""
        return Location(self._code, self._offset)

    @property
    def shown(self) -> str:
        """The class, and where the configuration was created, for messages."""
        return f"{self.xpmtype.full_name} (created at {self.location})"

    def set_location(self, location: Location) -> None:
        """Says where the configuration was created."""
        self._code, self._offset = location.code, location.offset
