"""What every benchmark shares: measured child processes, the machine, tables and JSON."""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

PROJECT = Path(__file__).resolve().parents[2]
DATA = PROJECT.parent / "shared" / "data"
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
        "packages": {name: _version_of(name) for name in PACKAGES},
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


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # a machine for training has no database
        return None


def _commit() -> str:
    def git(*argv: str) -> str:
        done = subprocess.run(["git", *argv], cwd=PROJECT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    return git("rev-parse", "--short", "HEAD") + (" with changes" if git("status", "--porcelain") else "")


def folders_with(given: Sequence[Path], answers: str) -> list[Path]:
    """The folders that were named, else every public set with a table `test/<answers>`; ends without any."""
    folders = list(given) or sorted(path.parent.parent for path in DATA.glob(f"*/test/{answers}.*"))
    if not folders:
        sys.exit(f"no data set with test/{answers} in {DATA}")
    return folders


def evaluated(folder: Path, *options: str, methods: str | None = None) -> tuple[dict[str, Any], Usage]:
    """The figures of one `circles evaluate` on one thread, and what it took."""
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as scratch:
        path = Path(scratch) / "figures.json"
        only = ["--methods", methods] if methods else []
        source = folder.resolve() if folder.exists() else folder  # a folder, or a name as `completejourney`
        argv = [str(CIRCLES), "evaluate", str(source), *options, *only, "--json", str(path)]
        used = run_child(argv, CIRCLES_THREADS="1")
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value | {"folder": folder.name}, used


def evaluation_options(description: str) -> argparse.ArgumentParser:
    """What every benchmark of `circles evaluate` may be told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folders", nargs="*", type=Path, help="every set beside the project if absent")
    parser.add_argument("--methods", help="only these, separated by commas")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--markdown", type=Path, help="write the tables there")
    return parser


def keep(figures: Mapping[str, Any], markdown: str, given: argparse.Namespace) -> None:
    """Write tables and figures where they were asked for."""
    for path in filter(None, (given.markdown, given.json)):
        path.parent.mkdir(parents=True, exist_ok=True)
    if given.markdown:
        given.markdown.write_text(markdown, encoding="utf-8")
    report(dict(figures), given.json)


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table for a README; the first column is text, the others are numbers."""
    names = list(rows[0])
    lines = [
        names,
        ["---", *("--:" for _ in names[1:])],
        *([str(row[name]) for name in names] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
