"""What can go wrong with the Hub, beyond the errors of the layers below.

::

    HubError
    ├── HubUnreachableError     (ConnectionError) the Hub does not answer
    └── VariantNotFoundError    (FileNotFoundError) the repository has no such variant

What the Hub answers (a repository that is not there, a token that is refused) goes through as
`huggingface_hub.errors` has it: its messages say what to do. What is wrong with a definition
is told by the errors of `xpm_serialize`.
"""

from __future__ import annotations

__all__ = ["HubError", "HubUnreachableError", "VariantNotFoundError"]


class HubError(Exception):
    """Root of the errors of this package."""


class HubUnreachableError(HubError, ConnectionError):
    """The Hub does not answer, or the connection to it was lost."""


class VariantNotFoundError(HubError, FileNotFoundError):
    """The repository or folder holds no such variant."""
