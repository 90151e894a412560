"""What every benchmark shares: measured child processes, the machine, tables and JSON."""

import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

PROJECT = Path(__file__).resolve().parents[2]
CIRCLES = Path(sys.executable).parent / "circles"
SAMPLE_S = 0.02
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that temporary folders and children go
NOT_INHERITED = {"PYTHONDONTWRITEBYTECODE"}
PACKAGES = ("numpy", "pyarrow", "duckdb", "ibis-framework", "torch")


@dataclass(frozen=True)
class Usage:
    """What a command took, with all its children. peak_mib: largest sum of resident memory seen."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    output: str


def run_child(argv: list[str], **environ: str) -> Usage:
    """Run a command to its end and measure it.

    Raises:
        SystemExit: the command failed; its output is shown.
    """
    machine()
    # As in anybody's shell: modules are compiled at the first start only, and settings are the given ones.
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    inherited = {name: value for name, value in inherited.items() if not name.startswith("CIRCLES_")}
    begin = time.perf_counter()
    child = subprocess.Popen(
        argv,
        cwd=PROJECT,
        env={**inherited, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watch = _Watch(child.pid)
    watch.start()
    try:
        output = child.stdout.read() if child.stdout else ""
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
    except BaseException:
        child.kill()
        raise
    finally:
        watch.ended.set()
        watch.join()
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(argv)} ended with {code}:\n{output}")
    print(f"{Path(argv[0]).name} {' '.join(argv[1:])}: {wall:.1f} s", file=sys.stderr)
    return Usage(
        round(wall, 3), round(used.ru_utime + used.ru_stime, 3), round(watch.peak / 2**20, 1), output
    )


class _Watch(threading.Thread):
    """Adds up the resident memory of a process and its children, again and again.

    Not `ru_maxrss`: that of a child begins with the memory of the process that started it.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.ended, self.peak, self._root = threading.Event(), 0, psutil.Process(pid)

    def run(self) -> None:
        while not self.ended.wait(SAMPLE_S):
            with suppress(psutil.NoSuchProcess):  # it ended while being looked at
                processes = (self._root, *self._root.children(recursive=True))
                self.peak = max(self.peak, sum(process.memory_info().rss for process in processes))


@cache
def machine() -> dict[str, Any]:
    """Where and with what a figure was measured, as it was when first asked for."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "commit": _commit(),
        "command": " ".join(["python", *sys.argv]),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def print_table(rows: list[dict[str, Any]], title: str = "") -> None:
    """Rows as an aligned table; numbers to the right."""
    if title:
        print(f"\n{title}")
    names = list(rows[0])
    cells = [[_cell(row[name]) for name in names] for row in rows]
    widths = [max(len(line[i]) for line in [names, *cells]) for i in range(len(names))]
    for line in [names, ["-" * width for width in widths], *cells]:
        print(
            "  ".join(
                c.ljust(w) if i == 0 else c.rjust(w)
                for i, (c, w) in enumerate(zip(line, widths, strict=True))
            )
        )


def report(figures: dict[str, Any], path: Path | None) -> None:
    """Figures and the machine as JSON: to a file, or to the end of the output."""
    text = json.dumps({**figures, "machine": machine()}, indent=2, default=_plain)
    if path is None:
        print(f"\n{text}")
    else:
        path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    return asdict(value) if isinstance(value, Usage) else value.item()


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def _commit() -> str:
    def git(*argv: str) -> str:
        done = subprocess.run(["git", *argv], cwd=PROJECT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    return git("rev-parse", "--short", "HEAD") + (" with changes" if git("status", "--porcelain") else "")
