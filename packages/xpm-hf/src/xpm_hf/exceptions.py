"""What can go wrong with the Hub, beyond the errors of the layers below.

::

    HubError
    └── VariantNotFoundError    (FileNotFoundError) the repository has no such variant

What ``huggingface_hub`` raises (a repository that is not there, a token that is refused, a
server that does not answer) goes through as it is: its messages say what to do. What is wrong
with a definition is told by the errors of ``xpm_serialize``.
"""

from __future__ import annotations

__all__ = ["HubError", "VariantNotFoundError"]


class HubError(Exception):
    """Root of the errors of this package."""


class VariantNotFoundError(HubError, FileNotFoundError):
    """The repository or folder holds no such variant."""
