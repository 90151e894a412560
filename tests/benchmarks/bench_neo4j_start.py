"""The local Neo4j server: from `circles neo4j up` to the first answered query, with everything fetched.

    python tests/benchmarks/bench_neo4j_start.py [--rounds N] [--json FILE]

Each round starts a server that never ran (it gets its password by a tool of its own), stops it, and starts it
again. CPU is that of the command and of the server until then; wall time counts on a quiet machine only.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from measure import CIRCLES, print_table, report, run_child

from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer
from graph.stores.neo4j.address import target_of
from graph.stores.neo4j.bolt import neo4j

BAR_S = 20.0
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    run_child([str(CIRCLES), "neo4j", "fetch"])
    rows = [row for number in range(given.rounds) for row in measure(number + 1)]
    print_table(rows, f"start to first query; bar {BAR_S:.0f} s")
    report({"starts": rows}, given.json)


def measure(number: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as home:
        server = LocalServer(Path(home) / "neo4j")
        try:
            rows = [_start(server, home, f"{number}: first start"), _stop(home, f"{number}: stop")]
            rows += [
                _start(server, home, f"{number}: later start"),
                _start(server, home, f"{number}: it runs"),
            ]
        finally:
            server.kill()
    return rows


def _start(server: LocalServer, home: str, step: str) -> Row:
    before = _cpu(server)
    used = run_child([str(CIRCLES), "neo4j", "up", "--port", str(_port(server))], CIRCLES_HOME=home)
    began = time.perf_counter()
    target = target_of(server.connection())
    with neo4j.GraphDatabase.driver(target.uri, auth=(target.user, target.password)) as driver:
        assert driver.execute_query("RETURN 1").records[0][0] == 1
    query_s = time.perf_counter() - began
    process = psutil.Process(server.status().pid)
    return {
        "step": step,
        "up, wall s": used.wall_s,
        "first query, wall s": round(query_s, 3),
        "command, CPU s": used.cpu_s,
        "server, CPU s": round(_cpu(server) - before, 2),
        "server, MiB": round(process.memory_info().rss / 2**20),
        "bar": "kept" if used.wall_s + query_s <= BAR_S else "missed",
    }


def _stop(home: str, step: str) -> Row:
    used = run_child([str(CIRCLES), "neo4j", "down"], CIRCLES_HOME=home)
    unknown = ("first query, wall s", "server, CPU s", "server, MiB")
    return {
        "step": step,
        "up, wall s": used.wall_s,
        "command, CPU s": used.cpu_s,
        **dict.fromkeys(unknown, "-"),
        "bar": "-",
    }


def _port(server: LocalServer) -> int:
    return server.status().port or free_port()


def _cpu(server: LocalServer) -> float:
    pid = server.status().pid
    if pid is None:
        return 0.0
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
