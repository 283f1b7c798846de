"""Every launcher passes the conformance suite, the one of the documentation too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xpm_launchers import DirectLauncher, Launcher
from xpm_launchers.testing import LauncherConformance

GUIDE = Path(__file__).parents[3] / "docs" / "writing-a-launcher.md"


class TestDirectLauncher(LauncherConformance):
    """Forks of the fork server."""

    @pytest.fixture
    def launcher(self) -> Iterator[Launcher]:
        """The local launcher."""
        made = DirectLauncher()
        yield made
        made.close()


class TestSpawn(LauncherConformance):
    """An interpreter for each call."""

    @pytest.fixture
    def launcher(self) -> Iterator[Launcher]:
        """The local launcher without forks."""
        made = DirectLauncher(spawn=True)
        yield made
        made.close()


# Its threads wait for children that the tests leave to themselves.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
class TestTheGuide(LauncherConformance):
    """The launcher that the guide shows."""

    @pytest.fixture
    def launcher(self) -> Iterator[Launcher]:
        """The launcher of the first example."""
        example = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
        assert example is not None
        names: dict[str, Any] = {}
        exec(compile(example[1], str(GUIDE), "exec"), names)
        made: Launcher = names["SubprocessLauncher"]()
        yield made
        made.close()
