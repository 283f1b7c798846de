"""A Hub on this machine, for the tests of xpm-hf."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

SERVER = Path(__file__).parent.parent / "testbed" / "hf-hub"
sys.path.insert(0, str(Path(__file__).parent / "modules"))


class Hub:
    """The server: its address, and what can be asked of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.env: dict[str, str] = {}
        self.url = ""

    def start(self) -> None:
        command = [sys.executable, str(SERVER), "up", str(self.path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            self.env[name] = value
        self.url = self.env["HF_ENDPOINT"]

    def stop(self) -> None:
        command = [sys.executable, str(SERVER), "down", str(self.path)]
        subprocess.run(command, check=True, capture_output=True)

    def fail(self, path: str, *, status: int = 500, times: int = 1, method: str = "") -> None:
        """Have the next requests for a path fail."""
        fault: dict[str, Any] = {"path": path, "status": status, "times": times}
        if method:
            fault["method"] = method
        request = urllib.request.Request(f"{self.url}/_fail", data=json.dumps(fault).encode())
        with urllib.request.urlopen(request):
            pass

    def requests(self) -> list[dict[str, Any]]:
        lines = (self.path / "requests.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    found = Hub(tmp_path_factory.mktemp("hub"))
    found.start()
    yield found
    found.stop()


@pytest.fixture(autouse=True)
def hub(server: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """The Hub, running; the library's own settings lead to it, as alice."""
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    # Read from the environment when the library is imported, which may be long ago.
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "default cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    yield server
    server.start()


@pytest.fixture
def repository(request: pytest.FixtureRequest) -> str:
    """The name of a repository of the test's own, which is not there yet."""
    name = re.sub("[^a-z0-9]+", "-", request.node.name).strip("-")
    return f"alice/{name[:80]}"


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[], Path]:
    """Gives caches that nothing was downloaded into."""
    count = iter(range(100))
    return lambda: tmp_path / f"cache {next(count)}"
