"""Entry of a launch server's process."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from typing import Any

from xpm_launchers._forkserver.capacity import Host
from xpm_launchers._host.hardware import cpu_mask, total_memory

from .listener import Listener
from .server import Server


def main(settings: dict[str, Any]) -> None:
    """Serve until nobody is left.

    :param settings: ``folder``, ``key``, ``preload``, ``flags``, ``variables``; standard output is
        where the driver reads that the server is there.
    """
    for module in settings["preload"]:
        importlib.import_module(module)
    listener = Listener(settings["folder"], settings["key"])
    host = Host(cpu_mask(), total_memory())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = Server(
        settings["folder"], listener, host, settings["flags"], tuple(settings["variables"])
    )
    # What is there now is never collected, so that collections in children do not copy its pages.
    gc.collect()
    gc.freeze()
    os.write(1, b"ready\n")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.close(null)
    sys.argv[:] = [""]
    server.run()
