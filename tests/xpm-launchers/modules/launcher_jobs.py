"""What the jobs of the tests do."""

from __future__ import annotations

import atexit
import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path


def succeed() -> None:
    """Do nothing."""


def status(code: str) -> int:
    """Return a status."""
    return int(code)


def leave(text: str) -> None:
    """Leave as scripts do."""
    sys.exit(text)


def fail() -> None:
    """Raise."""
    raise RuntimeError("no luck")


def die(number: str) -> None:
    """Be ended by a signal."""
    os.kill(os.getpid(), int(number))
    signal.pause()


def report(path: str) -> None:
    """Write what this process looks like."""
    facts = {
        "cwd": os.getcwd(),
        "argv": sys.argv,
        "path": sys.path,
        "environ": dict(os.environ),
        "session": os.getsid(0) == os.getpid(),
        "parent": os.getppid(),
        "pid": os.getpid(),
        "descriptors": sorted(os.listdir("/proc/self/fd")) if os.path.isdir("/proc") else [],
        "umask": os.umask(0),
        "random": random.random(),
        "executable": sys.executable,
        "stdin": sys.stdin.read(),
        "zone": time.tzname,
        "default_signals": [
            name.name
            for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
            if signal.getsignal(name) == signal.SIG_DFL
        ],
    }
    Path(path).write_text(json.dumps(facts))


def speak() -> None:
    """Write to both streams, also from a thread and at exit, without flushing."""
    print("to stdout")
    print("to stderr", file=sys.stderr)
    threading.Thread(target=lambda: (time.monotonic(), print("from a thread"))).start()
    atexit.register(print, "at exit")


def hold(folder: str, name: str) -> int:
    """Write that it runs, and run until the file to go on is there."""
    here = Path(folder)
    (here / f"{name}.running").write_text(str(os.getpid()))
    # What a failed test leaves behind ends by itself.
    end = time.monotonic() + 120
    while not (here / f"{name}.go").exists() and not (here / "all.go").exists():
        if time.monotonic() > end:
            raise TimeoutError(f"{name} was not let go on")
        time.sleep(0.005)
    (here / f"{name}.over").touch()
    return 7


def stubborn(folder: str, name: str) -> int:
    """Like `hold`, but SIGTERM is ignored."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return hold(folder, name)


def interval(folder: str, name: str) -> None:
    """Be busy for some milliseconds and note when."""
    begin = time.monotonic()
    while time.monotonic() < begin + 0.01:
        pass
    Path(folder, f"{name}.interval").write_text(json.dumps([begin, time.monotonic()]))


def eat(size: str) -> None:
    """Take memory."""
    block = bytearray(int(size))
    block[::4096] = b"x" * len(block[::4096])


def optimize() -> int:
    """Return the interpreter's optimization level."""
    return sys.flags.optimize


LOADED_BY = os.getpid()


def preloaded() -> int:
    """Return 0 if this module was loaded by another process."""
    return int(os.getpid() == LOADED_BY)


def of_module(name: str) -> int:
    """Return the VERSION of a module."""
    import importlib

    return int(importlib.import_module(name).VERSION)


def count(folder: str, name: str) -> None:
    """Note that this job runs: one more byte in its file."""
    descriptor = os.open(f"{folder}/{name}.count", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, b"x")
    interval(folder, name)


def device(folder: str, name: str) -> None:
    """Note the device that this job was given, and when it had it."""
    interval(folder, name)
    facts = {
        "device": os.environ["CUDA_VISIBLE_DEVICES"],
        "interval": json.loads(Path(folder, f"{name}.interval").read_text()),
    }
    Path(folder, f"{name}.device").write_text(json.dumps(facts))
