"""Groups of arguments, and the partial identifiers that leave some of them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ParameterGroup:
    """A named group of arguments; groups of one name are equal."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParameterGroup) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"param_group({self.name!r})"


def check_group(group: object, taker: str) -> None:
    """Refuse what is not a group, such as the name of one."""
    if not isinstance(group, ParameterGroup):
        raise TypeError(
            f"{taker}(...): expected groups, which param_group(...) gives, got {group!r}"
        )


class Partial:
    """Which arguments a partial identifier leaves out."""

    __slots__ = ("exclude_all", "exclude_groups", "exclude_no_group", "include_groups", "name")

    def __init__(
        self,
        exclude_groups: Iterable[ParameterGroup] = (),
        include_groups: Iterable[ParameterGroup] = (),
        exclude_no_group: bool = False,
        exclude_all: bool = False,
    ) -> None:
        self.exclude_groups = frozenset(exclude_groups)
        self.include_groups = frozenset(include_groups)
        for group in self.exclude_groups | self.include_groups:
            check_group(group, "partial")
        self.exclude_no_group = exclude_no_group
        self.exclude_all = exclude_all
        self.name: str | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def excludes(self, groups: frozenset[ParameterGroup]) -> bool:
        """Return whether an argument of these groups is left out.

        Being in an included group wins; then being in any excluded one.
        """
        if groups & self.include_groups:
            return False
        if self.exclude_all or groups & self.exclude_groups:
            return True
        return self.exclude_no_group and not groups

    def key(self) -> tuple[object, ...]:
        """Return what distinguishes partials that leave out other arguments."""
        return (
            self.exclude_groups,
            self.include_groups,
            self.exclude_no_group,
            self.exclude_all,
        )

    def __repr__(self) -> str:
        return f"<partial {self.name or 'without name'}>"


def param_group(name: str) -> ParameterGroup:
    """Return a group of arguments, for `field(groups=[...])` and `partial(...)`.

    Args:
        name: name of the group; two groups of one name are the same.
    """
    return ParameterGroup(name)


def partial(
    *,
    exclude_groups: Iterable[ParameterGroup] | None = None,
    include_groups: Iterable[ParameterGroup] | None = None,
    exclude_no_group: bool = False,
    exclude_all: bool = False,
) -> Partial:
    """Describe an identifier in which some arguments do not count.

    Args:
        exclude_groups: arguments in any of these groups are left out.
        include_groups: arguments in any of these are kept whatever else is asked for.
        exclude_no_group: arguments without group are left out.
        exclude_all: all arguments are left out (but those of `include_groups`).

    >>> from xpm_config import Config, Param, field, param_group, partial
    >>> training = param_group("training")
    >>> class Learn(Config):
    ...     size: Param[int]
    ...     epochs: Param[int] = field(groups=[training])
    >>> model = partial(exclude_groups=[training])
    >>> short, long = Learn.C(size=3, epochs=1), Learn.C(size=3, epochs=100)
    >>> short.__identifier__() == long.__identifier__()
    False
    >>> (
    ...     short.__xpm__.get_partial_identifier(model)
    ...     == long.__xpm__.get_partial_identifier(model)
    ... )
    True
    """
    return Partial(exclude_groups or (), include_groups or (), exclude_no_group, exclude_all)
