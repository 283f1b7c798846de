"""Help for tests of launchers and of what uses them.

`LauncherConformance` is the test suite that every launcher passes; `Recorder` is an
event sink that starts the commands it is given and remembers everything; `wait_until` waits on a
condition with a limit.
"""

from ._testing.conformance import LauncherConformance
from ._testing.recorder import Event, Recorder, wait_until

__all__ = ["Event", "LauncherConformance", "Recorder", "wait_until"]
