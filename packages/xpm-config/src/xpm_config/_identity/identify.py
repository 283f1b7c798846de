"""Identifiers of configurations, whole or partial, of one or of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .computation import Computation, digest, digest_in
from .cycles import identify_with_cycles
from .identifier import Identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpm_config._model.groups import Partial
    from xpm_config._model.state import ConfigObject


def identify(config: ConfigObject) -> Identifier:
    """Return the identifier of a configuration."""
    found = digest(config)
    return Identifier(found, config.__xpm__.has_loops)


def identifiers(configs: Iterable[Any]) -> list[Identifier]:
    """Return the identifiers of several configurations, in one visit of all that they share.

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
    """Computes identifiers: the name that 2.x users know."""

    @staticmethod
    def compute(config: Any) -> Identifier:
        """Return the identifier of a configuration (`config.__identifier__()` gives the same)."""
        return identify(config)

    @staticmethod
    def compute_partial(config: Any, partial: Partial) -> Identifier:
        """Return the identifier without the arguments that a partial leaves out."""
        return identify_partial(config, partial)


def identify_partial(config: Any, partial: Partial) -> Identifier:
    """Return the identifier without the arguments that a partial leaves out."""
    info = config.__xpm__
    key = partial.key()
    if info.partial_digests is not None and key in info.partial_digests:
        return Identifier(info.partial_digests[key])
    computation = Computation()
    found, _ = identify_with_cycles(
        computation, computation.target(config), lambda a: not partial.excludes(a.groups)
    )
    if info.sealed:
        info.partial_digests = {**(info.partial_digests or {}), key: found}
    return Identifier(found)
