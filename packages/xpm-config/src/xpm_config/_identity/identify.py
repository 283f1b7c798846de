"""Identifiers of configurations, whole or partial, of one or of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .computation import Computation, digest, digest_in
from .cycles import identify_in_context
from .identifier import Identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpm_config._model.groups import Partial


def identify(config: Any) -> Identifier:
    """The identifier of a configuration."""
    found = digest(config)
    return Identifier(found, config.__xpm__.has_loops)


def identifiers(configs: Iterable[Any]) -> list[Identifier]:
    """The identifiers of several configurations, in one visit of all that they share.

    Args:
        configs: configurations; best those first that others hold.

    Returns:
        The identifiers, in the same order.
    """
    computation = Computation()
    found = []
    for config in configs:
        info = config.__xpm__
        known = info.digest
        if known is None:
            known = digest_in(computation, config)
        found.append(Identifier(known, info.has_loops))
    return found


class IdentifierComputer:
    """Computes identifiers, by the name it had in the 2.x releases."""

    @staticmethod
    def compute(config: Any) -> Identifier:
        """The identifier of a configuration (`config.__identifier__()` gives the same)."""
        return identify(config)

    @staticmethod
    def compute_partial(config: Any, partial: Partial) -> Identifier:
        """The identifier of a configuration without the arguments that a partial leaves out."""
        return identify_partial(config, partial)


def identify_partial(config: Any, partial: Partial) -> Identifier:
    """The identifier of a configuration without the arguments that a partial leaves out."""
    info = config.__xpm__
    key = partial.key()
    if info.partial_digests is not None and key in info.partial_digests:
        return Identifier(info.partial_digests[key])
    computation = Computation()
    found, _ = identify_in_context(
        computation, computation.target(config), lambda a: not partial.excludes(a.groups)
    )
    if info.sealed:
        info.partial_digests = {**(info.partial_digests or {}), key: found}
    return Identifier(found)
