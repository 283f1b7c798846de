"""The border to `huggingface_hub`: what it raises if the Hub does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from xpm_hf.exceptions import HubUnreachableError


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise one error if the Hub cannot be reached, whichever library has sent the requests.

    Raises:
        HubUnreachableError: it cannot.
    """
    try:
        yield
    except Exception as error:
        # Releases of `huggingface_hub` send requests with different libraries, and do not
        # translate their errors. Compared by name, these need not be imported.
        names = {kind.__name__ for kind in type(error).__mro__}
        if names.isdisjoint({"TransportError", "RequestException"}) or hasattr(
            error, "server_message"
        ):
            raise
        raise HubUnreachableError(f"the Hub cannot be reached: {error}") from error
