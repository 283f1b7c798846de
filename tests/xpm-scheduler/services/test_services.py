"""Services: states, listeners, data, logs; in threads and processes, within experiments."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from xpm_scheduler import RunMode, experiment
from xpm_scheduler.services import (
    ProcessWebService,
    Service,
    ServiceListener,
    ServiceState,
    WebService,
)


def _wait_until(condition: Callable[[], bool], limit: float = 30.0) -> None:
    event, end = threading.Event(), time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        event.wait(0.01)


def _get(url: str | None) -> bytes:
    assert url is not None
    with urlopen(url, timeout=10) as answer:
        content: bytes = answer.read()
    return content


class _States(ServiceListener):
    def __init__(self) -> None:
        self.seen: list[str] = []

    def service_state_changed(self, service: Service) -> None:
        self.seen.append(service.state.name)


def _alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_web_service_goes_from_state_to_state_and_tells_each(tmp_path: Path) -> None:
    from extras import Hello

    service, states = Hello(tmp_path), _States()
    service.add_listener(states)
    assert service.state is ServiceState.STOPPED
    assert _get(service.get_url()) == b"hello"
    assert service.get_url() == service.url
    service.stop()
    assert service.url is None
    assert states.seen == ["STARTING", "RUNNING", "STOPPING", "STOPPED"]
    assert _get(service.get_url()) == b"hello"  # and again
    service.remove_listener(states)
    service.stop()
    assert len(states.seen) == 6


def test_all_who_ask_while_it_starts_get_the_one_url() -> None:
    gate = threading.Event()

    class Slow(WebService):
        id = "slow"
        starts = 0

        def _serve(self, running: threading.Event) -> None:
            Slow.starts += 1
            gate.wait(30)
            self.url = "http://slow"
            running.set()
            while not self.should_stop():
                time.sleep(0.005)

    service = Slow()
    urls: list[str | None] = []
    threads = [threading.Thread(target=lambda: urls.append(service.get_url())) for _ in range(5)]
    for thread in threads:
        thread.start()
    _wait_until(lambda: Slow.starts == 1)
    gate.set()
    for thread in threads:
        thread.join(30)
    assert urls == ["http://slow"] * 5
    assert Slow.starts == 1
    service.stop()


def test_a_listener_may_ask_for_the_url_and_its_failure_is_its_own() -> None:
    class Asks(ServiceListener):
        urls: list[str | None] = []

        def service_state_changed(self, service: Service) -> None:
            if service.state is ServiceState.RUNNING:
                assert isinstance(service, WebService)
                self.urls.append(service.get_url())
            raise ValueError("a listener's fault")

    from extras import Hello

    service, asks = Hello(Path()), Asks()
    service.add_listener(asks)
    assert _get(service.get_url()) == b"hello"
    service.stop()
    assert len(asks.urls) == 1


def test_a_web_service_that_fails_says_why_and_can_be_started_again() -> None:
    class Moody(WebService):
        id = "moody"
        calls = 0

        def _serve(self, running: threading.Event) -> None:
            self.calls += 1
            if self.calls == 1:
                raise OSError("the port is taken")
            if self.calls == 2:
                return
            self.url = "http://moody"
            running.set()

    service, states = Moody(), _States()
    service.add_listener(states)
    assert service.get_url() is None
    assert (service.state, service.error) == (ServiceState.ERROR, "the port is taken")
    assert service.get_url() is None
    assert service.error is not None
    assert "running.set()" in service.error
    assert service.get_url() in ("http://moody", None)  # it ends at once, by itself
    _wait_until(lambda: service.state is ServiceState.ERROR)
    assert service.error == "_serve() has returned though it was not to stop"
    assert states.seen[:4] == ["STARTING", "ERROR", "STARTING", "ERROR"]


def test_a_web_service_that_does_not_listen_is_made_to_stop() -> None:
    class Deaf(WebService):
        id = "deaf"

        def _serve(self, running: threading.Event) -> None:
            self.url = "http://deaf"
            running.set()
            while True:
                time.sleep(0.005)

    service = Deaf()
    service.get_url()
    service.stop(timeout=0.05)
    assert service.state is ServiceState.STOPPED
    _wait_until(lambda: all(one.name != "service deaf" for one in threading.enumerate()))


def test_a_process_serves_and_ends_with_those_it_has_started(tmp_path: Path) -> None:
    from extras import Files

    service, states = Files(log_directory=tmp_path / "logs"), _States()
    service.add_listener(states)
    assert b"Directory listing" in _get(service.get_url())
    process = service.process
    assert process is not None
    assert service.stdout == tmp_path / "logs" / "logs.out"
    assert "Serving HTTP" in service.stdout.read_text()
    service.stop()
    assert not _alive(process.pid)
    assert service.process is None
    assert states.seen == ["STARTING", "RUNNING", "STOPPING", "STOPPED"]


def test_a_process_that_ends_by_itself_is_an_error(tmp_path: Path) -> None:
    from extras import Files

    class Ends(Files):
        id = "ends"

        def _build_command(self) -> list[str]:
            return [sys.executable, "-c", "import sys; sys.exit('no display')"]

    service = Ends(log_directory=tmp_path)
    assert service.get_url() is None
    assert service.error is not None
    assert "status 1" in service.error
    assert str(service.stderr) in service.error
    assert service.stderr is not None
    assert "no display" in service.stderr.read_text()

    later = Files(log_directory=tmp_path / "later")
    assert later.get_url() is not None
    assert later.process is not None
    later.process.kill()
    _wait_until(lambda: later.state is ServiceState.ERROR)
    assert "status -9" in str(later.error)


def test_a_process_that_is_stopped_while_it_starts_is_gone(tmp_path: Path) -> None:
    class Waits(ProcessWebService):
        id = "waits"

        def _build_command(self) -> list[str]:
            return [sys.executable, "-c", "import time; time.sleep(60)"]

        def _wait_for_ready(self) -> str:
            time.sleep(1)
            return "http://never"

    service = Waits(log_directory=tmp_path)
    asking = threading.Thread(target=service.get_url)
    asking.start()
    _wait_until(lambda: service.process is not None)
    assert service.process is not None
    pid = service.process.pid
    service.stop()
    asking.join(30)
    assert service.state is ServiceState.STOPPED
    _wait_until(lambda: not _alive(pid))
    assert service.url is None


def test_without_a_folder_for_logs_a_process_is_not_started() -> None:
    from extras import Files

    service = Files()
    assert service.get_url() is None
    assert "log_directory" in str(service.error)
    assert service.setup_logging() == (None, None)


def test_a_service_as_data_and_back(tmp_path: Path) -> None:
    from extras import Hello

    service = Hello(tmp_path, log_directory=tmp_path / "logs")
    found = json.loads(json.dumps(service.full_state_dict()))
    assert found["class"] == "extras.Hello"
    assert found["service_id"] == "hello"
    assert found["state_dict"] == {
        "log_directory": {"__path__": str(tmp_path / "logs")},
        "folder": {"__path__": str(tmp_path)},
    }
    again = Service.from_state_dict(found["class"], found["state_dict"])
    assert isinstance(again, Hello)
    assert (again.folder, again.log_directory) == (tmp_path, tmp_path / "logs")
    moved = Service.from_state_dict(
        found["class"], found["state_dict"], lambda text: Path("/here") / Path(text).name
    )
    assert isinstance(moved, Hello)
    assert moved.log_directory == Path("/here/logs")


def test_what_cannot_be_made_again_is_refused() -> None:
    class Local(Service):
        id = "local"

    described = Local().full_state_dict()
    with pytest.raises(ValueError, match="cannot be made again"):
        Service.from_state_dict(described["class"], described["state_dict"])
    for name in ("extras.Nope", "no_such_module.Nope", "Nope"):
        with pytest.raises(ValueError, match="Nope"):
            Service.from_state_dict(name, {})
    with pytest.raises(ValueError, match="class of services"):
        Service.from_state_dict("pathlib.Path", {})
    with pytest.raises(TypeError, match=r"state_dict\(\)\['a'\]\[1\].*object"):
        Service.serialize_state_dict({"a": [1, object()]})


def test_a_service_may_derive_from_other_classes_too() -> None:
    class Other:
        def __init__(self, colour: str = "none") -> None:
            self.colour = colour

    class Both(WebService, Other):
        id = "both"

        def _serve(self, running: threading.Event) -> None:
            running.set()

    assert Both().colour == "none"
    assert Both(colour="red").colour == "red"

    class Forgets(Service):
        id = "forgets"

        def __init__(self) -> None:
            """Calls nobody."""

    assert Forgets().state is ServiceState.STOPPED
    assert Forgets().state_dict() == {}


def test_what_the_thread_of_a_service_logs_goes_to_its_files(tmp_path: Path) -> None:
    logger = logging.getLogger("a.viewer")

    class Talks(WebService):
        id = "talks"

        def _serve(self, running: threading.Event) -> None:
            handlers = self.setup_logging()
            logger.warning("watch out")
            self.url = "http://talks"
            running.set()
            while not self.should_stop():
                time.sleep(0.005)
            self.cleanup_logging(*handlers)
            logger.warning("too late")

    service = Talks(log_directory=tmp_path / "logs")
    before = list(logging.getLogger().handlers)
    service.get_url()
    logger.warning("somebody else's")
    service.stop()
    assert service.stdout is not None
    assert service.stderr is not None
    for file in (service.stdout, service.stderr):
        assert "watch out" in file.read_text()
        assert len(file.read_text().splitlines()) == 1
    assert logging.getLogger().handlers == before


def test_set_error_and_sub_services() -> None:
    from extras import Hello

    service, states = Hello(Path()), _States()
    service.add_listener(states)
    service.set_error("gone")
    assert (service.state, service.error) == (ServiceState.ERROR, "gone")
    service.set_error(None)
    assert service.error is None
    assert states.seen == ["ERROR"]
    assert service.subservices() == [service]
    assert service.get_subservice("hello") is service
    with pytest.raises(KeyError, match="hello"):
        service.get_subservice("nobody")


def test_an_experiment_gives_logs_stops_and_records_its_services(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from extras import Files, Hello

    with experiment(tmp_path, "served") as xp:
        hello = xp.add_service(Hello(tmp_path))
        files = xp.add_service(Files())
        assert xp.services == {"hello": hello, "files": files}
        assert (hello.experiment_id, hello.run_id) == ("served", xp.workdir.name)
        assert hello.log_directory is not None
        assert hello.log_directory.parent.parent.parent == tmp_path / ".scheduler"
        assert _get(hello.get_url()) == b"hello"
        assert files.get_url() is not None
        assert files.process is not None
        pid = files.process.pid
        workdir = xp.workdir
        status = workdir / "status.json"
        _wait_until(
            lambda: (
                {one["state"] for one in json.loads(status.read_text())["services"].values()}
                == {"RUNNING"}
            )
        )
        assert json.loads(status.read_text())["services"]["hello"]["url"] == hello.url
    assert hello.state is files.state is ServiceState.STOPPED
    assert not _alive(pid)
    printed = capsys.readouterr().err
    assert "served: stopped the service hello" in printed
    assert "served: stopped the service files" in printed
    services = json.loads(status.read_text())["services"]
    assert services["hello"]["class"] == "extras.Hello"
    assert services["hello"]["description"] == f"says hello from {tmp_path}"
    assert {one["state"] for one in services.values()} == {"STOPPED"}
    events = [
        json.loads(line)
        for file in sorted((workdir / "events").glob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    kinds = [event["event_type"] for event in events if event.get("service_id") == "hello"]
    assert kinds[0] == "ServiceAddedEvent"
    assert kinds[1:] == ["ServiceStateChangedEvent"] * 4


def test_an_equal_service_is_added_once_and_another_takes_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from extras import Hello

    with experiment(tmp_path, "twice") as xp:
        first = xp.add_service(Hello(tmp_path))
        assert xp.add_service(Hello(tmp_path)) is first
        assert xp.add_service(first) is first
        first.get_url()
        other = xp.add_service(Hello(tmp_path / "other"))
        assert other is not first
        assert first.state is ServiceState.STOPPED
        assert xp.services == {"hello": other}
        assert other.log_directory != first.log_directory
    assert "takes the place of another" in capsys.readouterr().err


def test_what_is_no_service_is_refused(tmp_path: Path) -> None:
    from extras import Hello

    class Nameless(Service):
        pass

    class Odd(Hello):
        def state_dict(self) -> dict[str, Any]:
            return {"thing": object()}

    with experiment(tmp_path, "refused") as xp:
        with pytest.raises(TypeError, match="expected a service, got int"):
            xp.add_service(3)  # type: ignore[type-var]
        with pytest.raises(ValueError, match=r"Nameless\.id"):
            xp.add_service(Nameless())
        with pytest.raises(TypeError, match=r"state_dict\(\)\['thing'\]"):
            xp.add_service(Odd(tmp_path))
        assert xp.services == {}


def test_a_service_that_fails_does_not_fail_the_experiment(tmp_path: Path) -> None:
    from sample import Add

    class Broken(WebService):
        id = "broken"

        def _serve(self, running: threading.Event) -> None:
            raise OSError("no port is left")

        def stop(self, timeout: float = 2.0) -> None:
            raise OSError("cannot stop either")

    with experiment(tmp_path, "goes-on") as xp:
        service = xp.add_service(Broken())
        assert service.get_url() is None
        Add.C(x=1).submit()
    assert not xp.failed
    status = json.loads((xp.workdir / "status.json").read_text())
    assert status["status"] == "done"
    assert status["services"]["broken"]["state"] == "ERROR"
    assert status["services"]["broken"]["error"] == "no port is left"


def test_a_dry_run_has_services_and_writes_nothing(tmp_path: Path) -> None:
    from extras import Hello

    with experiment(tmp_path / "ws", "dry", run_mode=RunMode.DRY_RUN) as xp:
        service = xp.add_service(Hello(tmp_path))
        assert service.log_directory is None
        assert _get(service.get_url()) == b"hello"
    assert service.state is ServiceState.STOPPED
    assert not (tmp_path / "ws").exists()


_PLAN = """
import sys
from pathlib import Path
from extras import Files, Hello
from sample import note
from xpm_scheduler import experiment

with experiment(sys.argv[1], "served") as xp:
    files = xp.add_service(Files())
    xp.add_service(Hello(Path())).get_url()
    assert files.get_url() is not None
    Path(sys.argv[2]).with_suffix(".tmp").write_text(str(files.process.pid))
    Path(sys.argv[2]).with_suffix(".tmp").rename(sys.argv[2])
    {end}
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_driver_that_is_told_to_end_leaves_no_service_behind(
    tmp_path: Path, sample_modules: Path, number: signal.Signals
) -> None:
    printed = tmp_path / "pid"
    plan = _PLAN.format(end="import threading; threading.Event().wait(60)")
    driver = subprocess.Popen(
        [sys.executable, "-c", plan, str(tmp_path / "ws"), str(printed)],
        env={**os.environ, "PYTHONPATH": str(sample_modules)},
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_until(printed.exists)
    pid = int(printed.read_text())
    assert _alive(pid)
    driver.send_signal(number)
    _, text = driver.communicate(timeout=10)
    assert not _alive(pid)
    assert "stopped the service files" in text


def test_wait_for_quit_keeps_services_until_it_is_told(tmp_path: Path) -> None:
    from extras import Hello

    seen: list[bytes] = []
    with experiment(tmp_path, "stays", wait_for_quit=True) as xp:
        service = xp.add_service(Hello(tmp_path))
        service.get_url()

        def look() -> None:
            seen.append(_get(service.url))
            xp.quit()

        looking = threading.Timer(0.2, look)
        looking.start()
    assert seen == [b"hello"]
    with experiment(tmp_path, "stays", wait_for_quit=True):
        pass  # nothing to see: nothing to wait for


def test_the_web_monitor_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with experiment(tmp_path / "ws", "alone", port=12345):
        pass
    assert "alone: no web monitor is installed" in capsys.readouterr().err

    installed = tmp_path / "installed"
    info = installed / "a_monitor-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a-monitor\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[experimaestro.monitor]\nweb = a_monitor:start\n")
    (installed / "a_monitor.py").write_text(
        "calls = []\n"
        "class Monitor:\n"
        "    def stop(self): calls.append('stop')\n"
        "def start(xp, **options):\n"
        "    if xp.name == 'fails': raise OSError('no port')\n"
        "    calls.append((xp.name, options))\n"
        "    return Monitor()\n"
    )
    monkeypatch.syspath_prepend(str(installed))
    with experiment(tmp_path / "ws", "watched", host="h", port=1, token="t"):
        pass
    with experiment(tmp_path / "ws", "fails", port=1) as xp:
        pass
    assert not xp.failed
    assert "(a_monitor:start) has failed: OSError: no port" in capsys.readouterr().err
    import a_monitor  # type: ignore[import-not-found]  # written above

    options = {"host": "h", "port": 1, "token": "t"}
    assert a_monitor.calls == [("watched", options), "stop"]
