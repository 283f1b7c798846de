"""The border to `huggingface_hub`: what it raises where the Hub does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from xpm_hf.exceptions import HubUnreachableError


@contextmanager
def reaching_the_hub() -> Iterator[None]:
    """Tell that the Hub cannot be reached, whichever library its requests were made with.

    Raises:
        HubUnreachableError: it cannot.
    """
    try:
        yield
    except Exception as error:
        # The library has changed what it sends requests with, and does not translate their
        # errors: known by name, they need not be imported from one or the other.
        names = {kind.__name__ for kind in type(error).__mro__}
        if names.isdisjoint({"TransportError", "RequestException"}) or hasattr(
            error, "server_message"
        ):
            raise
        raise HubUnreachableError(f"the Hub cannot be reached: {error}") from error
