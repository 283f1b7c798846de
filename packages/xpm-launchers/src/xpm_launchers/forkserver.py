"""The programs of the fork server, which interpreters run by the name of this module.

`serve` is run by the interpreter that a driver starts as the server, `call_and_exit` by the one
that the server starts for a call which cannot be a fork.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from ._forkserver.protocol import ServerSettings

# Imported inside: each program pays at its start for what it needs alone.


def serve(settings: ServerSettings) -> None:
    """Run the fork server until it has neither drivers nor jobs."""
    from ._forkserver.server.main import main

    main(settings)


def call_and_exit(target: str, args: Sequence[str]) -> NoReturn:
    """Call a function and end the process with what it returns.

    Args:
        target: `"module:function"`.
        args: Its positional arguments.
    """
    from ._host.call import call_and_exit

    call_and_exit(target, args)
