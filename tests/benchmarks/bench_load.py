"""Loading payments end to end, beside what DuckDB alone needs to read and add up the same file.

    python tests/benchmarks/bench_load.py --lines 10000000 [--users N] [--folder KEPT] [--json FILE]

Every step is the command itself in a process of its own, measured with all its children. The generated
folders are made once and kept with --folder.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from measure import CIRCLES, Usage, print_table, report, run_child

from loaders.synthetic import generate

DAILY_SHARE, OVERLAP_SHARE = 0.01, 0.15
MEMORY = "1GB"  # the loader's default, given to DuckDB alone too

Verdict = Callable[[Usage, Usage, int], bool]  # of a step, beside the full load and its lines
BARS: dict[str, tuple[str, Verdict]] = {
    "full load": (
        "300,000 lines/s, 2 GiB",
        lambda step, full, lines: lines / step.wall_s >= 300_000 and step.peak_mib < 2048,
    ),
    "identical again": ("10 x", lambda step, full, lines: full.wall_s >= 10 * step.wall_s),
    "same rows, other file": ("3 x", lambda step, full, lines: full.wall_s >= 3 * step.wall_s),
    "daily file of 1 %": ("10 x", lambda step, full, lines: full.wall_s >= 10 * step.wall_s),
}


@dataclass(frozen=True)
class Inputs:
    """What is loaded: `catalogue`, a folder with everything but payments, and three files of payments.

    full: the payments. changed: the same rows, shuffled and packed otherwise. daily: what comes next.
    """

    folder: Path
    lines: int
    users: int

    @property
    def catalogue(self) -> Path:
        return self.folder / "catalogue"

    @property
    def full(self) -> Path:
        return self.folder / "full" / "payments.parquet"

    @property
    def changed(self) -> Path:
        return self.folder / "changed" / "payments.parquet"

    @property
    def daily(self) -> Path:
        return self.folder / "daily" / "payments.parquet"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, help="a hundredth of the lines when absent")
    parser.add_argument("--folder", type=Path, help="keep the generated folders here")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)  # the child process of the first step
    given = parser.parse_args()
    if given.floor:
        read_and_aggregate(given.floor)
        return
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="circles-bench-", dir=given.folder) as scratch:
        inputs = Inputs(given.folder or Path(scratch), given.lines, given.users or given.lines // 100)
        prepare(inputs)
        rows = measure(inputs, Path(scratch) / "home")
    print_table(rows, f"{inputs.lines:,} lines of {inputs.users:,} users")
    report({"lines": inputs.lines, "users": inputs.users, "steps": rows}, given.json)


def prepare(inputs: Inputs) -> None:
    """Make the folders, or take those that an earlier run of this size has left."""
    made = inputs.folder / "made.json"
    sizes = {"lines": inputs.lines, "users": inputs.users, "form": 2}
    if made.exists() and json.loads(made.read_text()) == sizes:
        return
    shutil.rmtree(inputs.catalogue, ignore_errors=True)
    for path in (inputs.full, inputs.changed, inputs.daily):
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir()
    new = round(inputs.lines * DAILY_SHARE)
    generate(inputs.catalogue, users=inputs.users, payments=inputs.lines + new)
    everything = inputs.folder / "everything.parquet"
    os.replace(inputs.catalogue / "payments.parquet", everything)
    _divide(inputs, everything)
    everything.unlink()
    made.write_text(json.dumps(sizes))


def _divide(inputs: Inputs, everything: Path) -> None:
    """The first lines in the order of time are the full file, the last ones the daily file."""
    new = round(inputs.lines * DAILY_SHARE)
    daily = round(new / (1 - OVERLAP_SHARE))
    con = duckdb.connect()
    con.execute("SET memory_limit = '4GB'; SET preserve_insertion_order = true")
    con.execute(f"SET temp_directory = '{inputs.folder}/spill'")
    source = f"FROM '{everything}'"
    parts = {
        inputs.full: f"{source} LIMIT {inputs.lines}",
        inputs.daily: f"{source} LIMIT {daily} OFFSET {inputs.lines + new - daily}",
    }
    for path, query in parts.items():
        con.execute(f"COPY ({query}) TO '{path}' (COMPRESSION zstd)")
    shuffled = f"FROM '{inputs.full}' ORDER BY hash(payment_id)"
    con.execute(f"COPY ({shuffled}) TO '{inputs.changed}' (COMPRESSION snappy)")


def measure(inputs: Inputs, home: Path) -> list[dict[str, Any]]:
    """Run all steps and say how they stand to their bars."""
    floor = run_child([sys.executable, __file__, "--floor", str(inputs.full)])
    catalogue = _load(inputs.catalogue, home)
    full = _load(inputs.full, home)
    facts = _facts(home)
    identical = _load(inputs.full, home)
    changed = _load(inputs.changed, home)
    if _facts(home) != facts:
        sys.exit(f"the same payments in another file changed the graph: {facts} became {_facts(home)}")
    daily = _load(inputs.daily, home)
    steps = {
        "DuckDB alone": (floor, inputs.full),
        "catalogue, people, consents": (catalogue, inputs.catalogue),
        "full load": (full, inputs.full),
        "identical again": (identical, inputs.full),
        "same rows, other file": (changed, inputs.changed),
        "daily file of 1 %": (daily, inputs.daily),
    }
    return [_row(name, usage, full, _lines(source)) for name, (usage, source) in steps.items()]


def _row(name: str, usage: Usage, full: Usage, lines: int) -> dict[str, Any]:
    bar, kept = BARS.get(name, ("", None))
    return {
        "step": name,
        "lines": lines,
        "wall s": usage.wall_s,
        "cpu s": usage.cpu_s,
        "peak MiB": usage.peak_mib,
        "lines/s": round(lines / usage.wall_s),
        "full load / this": full.wall_s / usage.wall_s,
        "bar": bar,
        "kept": "" if kept is None else ("yes" if kept(usage, full, lines) else "NO"),
    }


def _load(source: Path, home: Path) -> Usage:
    command = [str(CIRCLES), "load", str(source), "--assume-consent", "--json"]
    return run_child(command, CIRCLES_HOME=str(home), CIRCLES_MEMORY=MEMORY)


def _facts(home: Path) -> dict[str, Any]:
    """What the graph holds, to see whether a load changed it."""
    told = run_child([str(CIRCLES), "graph", "stats", "--json"], CIRCLES_HOME=str(home)).output
    stats: dict[str, Any] = json.loads(told)
    return {name: stats[name] for name in ("User", "Merchant", "Product", "PAID", "BOUGHT")}


def _lines(source: Path) -> int:
    """Rows of a file, or of all tables of a folder."""
    paths = [source] if source.is_file() else sorted(source.glob("*.parquet"))
    return sum(int(duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall()[0][0]) for path in paths)


def read_and_aggregate(path: Path) -> None:
    """The floor: both aggregations of the graph, without checking, pseudonyms, log or store."""
    con = duckdb.connect()
    con.execute(f"SET memory_limit = '{MEMORY}'; SET preserve_insertion_order = false")
    con.execute(
        f"""CREATE TABLE paid AS SELECT user_id, merchant_id, count(*) AS payments,
        count(DISTINCT paid_at::DATE) AS days, min(paid_at) AS first_at, max(paid_at) AS last_at
        FROM '{path}' WHERE amount >= 0 GROUP BY ALL"""
    )
    con.execute(
        f"""CREATE TABLE bought AS SELECT user_id, product_id, count(*) AS payments,
        sum(quantity) AS quantity, max(paid_at) AS last_at
        FROM '{path}' WHERE amount >= 0 AND product_id IS NOT NULL GROUP BY ALL"""
    )


if __name__ == "__main__":
    main()
