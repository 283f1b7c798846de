"""What the process of a fork server runs."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys

from xpm_launchers._forkserver.capacity import Host
from xpm_launchers._forkserver.protocol import ServerSettings
from xpm_launchers._host.hardware import cpu_mask, total_memory

from .listener import Listener
from .server import Server


def main(settings: ServerSettings) -> None:
    """Run the server until it has neither drivers nor jobs.

    A line on the standard output shows the driver that it serves.

    Args:
        settings: What the driver starts it with.
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
