"""What can go wrong with the Hub, beyond the errors of the layers below.

::

    HubError
    ├── HubUnreachableError     (ConnectionError) the Hub does not answer
    └── VariantNotFoundError    (FileNotFoundError) the repository has no such variant

Answers of the Hub (a repository does not exist, a token is refused) are raised as the errors of
`huggingface_hub.errors`: their messages say what to do. What is wrong with a definition is raised
as the errors of `xpm_serialize`.
"""

from __future__ import annotations

__all__ = ["HubError", "HubUnreachableError", "VariantNotFoundError"]


class HubError(Exception):
    """Root of the errors of this package."""


class HubUnreachableError(HubError, ConnectionError):
    """The Hub does not answer, or the connection to it was lost."""


class VariantNotFoundError(HubError, FileNotFoundError):
    """The repository or folder holds no such variant."""
