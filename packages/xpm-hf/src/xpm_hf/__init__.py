"""Experimaestro configurations on the Hugging Face Hub."""

from __future__ import annotations

from ._hub.hub import ExperimaestroHFHub
from .exceptions import HubError, HubUnreachableError, VariantNotFoundError

__all__ = [
    # the hub
    "ExperimaestroHFHub",
    # errors
    "HubError",
    "HubUnreachableError",
    "VariantNotFoundError",
]
