"""Figures of the launchers alone: `python tests/benchmarks/launching.py [jobs]`.

Everything runs in a runtime folder of its own, so that the capacity is not shared with what else
runs on the machine; the processors are.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpm_launchers import LocalProcess

HERE = str(Path(__file__).resolve().parent / "workload")
LOG = "XPM_BENCHMARK_LOG"


def drive(name: str, count: int) -> None:
    """A driver: `count` busy jobs."""
    from xpm_launchers import PythonCall, command, run_all

    sys.path.append(HERE)
    ends = run_all(command(PythonCall("launched:busy", (name,))) for _ in range(count))
    assert all(end.code == 0 for end in ends)


def noop(jobs: int) -> None:
    """CPU and wall time of jobs that do nothing, over all processes."""
    code = (
        "import sys, resource, time\n"
        f"sys.path.append({HERE!r})\n"
        "from xpm_launchers import PythonCall, command, run_all\n"
        "begin = time.monotonic()\n"
        f"ends = run_all(command(PythonCall('launched:nothing')) for _ in range({jobs}))\n"
        "assert all(end.code == 0 for end in ends)\n"
        "print(time.monotonic() - begin)\n"
    )
    before = _cpu(resource.RUSAGE_CHILDREN)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    driver = _cpu(resource.RUSAGE_CHILDREN) - before
    server = _server()
    children = _cpu_of(server.pid) if server is not None else 0.0
    total = driver + children
    print(f"{jobs} no-op jobs: {float(ran.stdout):.1f} s, {1e3 * total / jobs:.2f} ms CPU each")
    if server is not None:
        status = Path(f"/proc/{server.pid}/status").read_text()
        size = re.search(r"VmRSS:\s+(\d+)", status)
        print(f"fork server: {int(size[1]) / 1024 if size else 0:.1f} MiB resident")


def start() -> None:
    """Time from nothing to a server that serves."""
    code = (
        "import time; from xpm_launchers import DirectLauncher, PythonCall, command, run_all\n"
        "from xpm_launchers._forkserver.client.bootstrap import Address\n"
        "address = Address(()); begin = time.monotonic()\n"
        "address.connect(); print(time.monotonic() - begin)\n"
    )
    times = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            ran = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True,
                env={**os.environ, "XPM_RUNTIME_DIR": folder},
            )  # fmt: skip
            times.append(float(ran.stdout))
    print(f"fork server started: {1e3 * sorted(times)[2]:.0f} ms (best {1e3 * min(times):.0f})")


def two_drivers(count: int, seeds: tuple[str, str], cpus: int, log: str) -> None:
    """Two drivers at once: how much runs at once, how much is idle, who gets what."""
    Path(log).unlink(missing_ok=True)
    drivers = [
        subprocess.Popen(
            [sys.executable, __file__, "drive", name, str(count)],
            env={**os.environ, "PYTHONHASHSEED": seed, LOG: log},
        )
        for name, seed in zip("ab", seeds, strict=True)
    ]
    for driver in drivers:
        assert driver.wait() == 0
    rows = [line.split() for line in Path(log).read_text().splitlines()]
    times = [(name, float(begin), float(end)) for name, begin, end in rows]
    changes = sorted([(t, 1) for _, t, _ in times] + [(t, -1) for _, _, t in times])
    level = most = 0
    for _, change in changes:
        level += change
        most = max(most, level)
    # While both have work: from the second driver's first job to the first one's last.
    begin = max(min(b for n, b, _ in times if n == name) for name in "ab")
    end = min(max(e for n, _, e in times if n == name) for name in "ab")
    inside = [(n, max(b, begin), min(e, end)) for n, b, e in times if e > begin and b < end]
    used = sum(e - b for _, b, e in inside)
    share = sum(n == "a" for n, _, _ in inside) / len(inside)
    gap = ((end - begin) * cpus - used) / len(inside)
    kind = "one server" if seeds[0] == seeds[1] else "two servers"
    print(
        f"2 drivers, {count} jobs each, {kind}: at most {most} at once of {cpus}, "
        f"{1e3 * gap:.1f} ms from an end to the next start, shares {share:.2f} : {1 - share:.2f}"
    )


def match() -> None:
    """Parsing a requirement and matching it against 100 hosts."""
    from xpm_launchers.finder import (
        CPUSpecification,
        CudaSpecification,
        HostSpecification,
        parse,
    )

    hosts = [
        HostSpecification(
            cuda=[CudaSpecification(memory=(8 + n % 5 * 8) << 30)] * (n % 9),
            cpu=CPUSpecification(memory=128 << 30, cores=32),
        )
        for n in range(100)
    ]
    parse("cpu()")
    best = 1.0
    for n in range(50):
        text = f"duration={n + 1}h & cpu(cores=4) & cuda(mem=32GiB) * 4 | cuda(mem=100GiB)"
        begin = time.perf_counter()
        need = parse(text)
        for host in hosts:
            need.match(host)
        best = min(best, time.perf_counter() - begin)
    print(f"parse one requirement and match 100 hosts: {1e3 * best:.2f} ms")


def _server() -> LocalProcess | None:
    """The fork server of the runtime folder that has the most processor time."""
    from xpm_launchers import LocalProcess

    found = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _serves(pid)]
    return LocalProcess(max(found, key=_cpu_of)) if found else None


def _serves(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return os.environ["XPM_RUNTIME_DIR"].encode() in words


def _cpu_of(pid: int) -> float:
    """Processor time of a process and of its children that have ended, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _cpu(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure all."""
    if sys.argv[1:2] == ["drive"]:
        drive(sys.argv[2], int(sys.argv[3]))
        return
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    cpus = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XPM_RUNTIME_DIR"] = folder
        start()
        noop(jobs)
        for seeds in (("0", "0"), ("0", "1")):
            two_drivers(500, seeds, cpus, f"{folder}/log")
        match()


if __name__ == "__main__":
    main()
