"""Services, actions and cached methods for the tests; jobs import this module too."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from sample import note, wait_for

from xpm_config import Config, Meta, Param, PathGenerator, field
from xpm_scheduler import Action, DependentMarker, Interaction, Task, cache
from xpm_scheduler.services import ProcessWebService, WebService


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Hello(WebService):
    """A small web server in a thread."""

    id = "hello"

    def __init__(self, folder: Path, log_directory: Path | None = None) -> None:
        super().__init__(log_directory)
        self.folder = folder

    def description(self) -> str:
        return f"says hello from {self.folder}"

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "folder": self.folder}

    def _serve(self, running: threading.Event) -> None:
        with HTTPServer(("127.0.0.1", 0), _Hello) as server:
            server.timeout = 0.02
            self.url = f"http://127.0.0.1:{server.server_port}"
            running.set()
            while not self.should_stop():
                server.handle_request()


class Files(ProcessWebService):
    """A small web server in a process."""

    id = "files"

    def _build_command(self) -> list[str]:
        return [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]

    def _wait_for_ready(self) -> str:
        assert self.stdout is not None
        while "(http" not in (printed := self.stdout.read_text()):
            time.sleep(0.02)
        return printed.split("(")[1].split("/)")[0]


class Documents(Config):
    """Has a cached method that notes each time it has work to do."""

    number: Param[int]
    journal: Meta[Path]
    gate: Meta[Path | None]
    end: Meta[str | None]

    @cache("counts.json")
    def counts(self, path: Path, factor: int = 1) -> dict[str, Any]:
        if path.exists():
            note(self.journal, "read")
            return dict(json.loads(path.read_text()))
        note(self.journal, "make")
        with path.open("w") as file:
            file.write('{"number": ')
            file.flush()
            if self.gate is not None:
                note(self.journal, "half")
                wait_for(self.gate)
            if self.end == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.end == "raise":
                raise RuntimeError("no more")
            file.write(f"{self.number * factor}}}")
        return dict(json.loads(path.read_text()))

    @cache("index")
    def index(self, folder: Path) -> Path:
        if not folder.exists():
            note(self.journal, "index")
            folder.mkdir()
            (folder / "part").write_text(str(self.number))
        return folder


@Documents.value_class()
class LoadedDocuments(Documents):
    """What tasks have of it."""


class Holder(Config):
    documents: Param[Documents]


class Collect(Task):
    """Gives out documents."""

    documents: Param[Documents]

    def task_outputs(self, dep: DependentMarker[Any]) -> Any:
        return dep(Holder.C(documents=self.documents))

    def execute(self) -> None:
        self.documents.counts()


class Count(Task):
    """Uses a cached method of what another task holds."""

    holder: Param[Holder]
    out: Meta[Path] = field(default_factory=PathGenerator("out.json"))

    def execute(self) -> None:
        documents = self.holder.documents
        found = {"counts": documents.counts(), "index": str(documents.index())}
        self.out.write_text(json.dumps(found))


class Export(Action):
    """Writes what a task has made to a file."""

    task: Param[Any]
    where: Param[Path]
    version: Param[int] = field(default=1)

    def describe(self) -> str:
        return f"export to\n {self.where.name}"

    def execute(self, interaction: Interaction) -> None:
        form = interaction.choice("form", "Which form?", ["json", "text"])
        loud = interaction.checkbox("loud", "Loud?", default=False)
        name = interaction.text("name", "Whose?", default="Ada")
        value = self.task.out.read_text() if hasattr(self.task, "out") else ""
        self.where.write_text(f"{form} {loud} {name} {value}")


class Exported(Task):
    """Registers an action when it is submitted."""

    where: Param[Path]
    out: Meta[Path] = field(default_factory=PathGenerator("out.txt"))

    def execute(self) -> None:
        self.out.write_text("made")

    def __submit__(self, dep: DependentMarker[Any], add_action: Any) -> Any:
        output = dep(self)
        add_action(Export.C(task=output, where=self.where))
        return output
