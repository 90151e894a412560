"""Neo4j's importer, on real files: what comes through, what is refused, what a cut leaves."""

import csv
import os
import signal
import subprocess
import sys

import pytest

from graph.errors import ConfigError, InputError, StoreError
from graph.local_neo4j.admin_import import import_csv
from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer
from graph.settings import PROJECT

pytestmark = [pytest.mark.neo4j, pytest.mark.slow, pytest.mark.xdist_group("neo4j-own")]
NAMES = ['says "hi", twice', "two\nlines", "朝阳茶馆", "", " spaces ", "back\\slash", "a;b|c\td"]

CUT = """
import os, sys
from pathlib import Path
from graph.local_neo4j.admin_import import import_csv
from graph.local_neo4j.server import LocalServer, programs
users, ties, folder = map(Path, sys.argv[1:])
found = programs(os.environ, progress=lambda *told: None)
import_csv(LocalServer(folder), found, {"User": [users]}, {"TIE": [ties]}, progress=lambda *told: print(told))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A graph in a folder and files whose names the importer would misread."""
    folder = tmp_path_factory.mktemp("a, b [c]")
    write(
        folder / "u(1)+.csv",
        [":ID(User)", "idx:long", "name"],
        [(i, i, name) for i, name in enumerate(NAMES)],
    )
    ties = [(0, i, i) for i in range(1, len(NAMES))]
    write(folder / "ties.csv", [":START_ID(User)", ":END_ID(User)", "since:long"], ties)
    write(folder / "bad.csv", [":START_ID(User)", ":END_ID(User)", "since:long"], [(0, 404, 1)])
    return folder


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerow(header)
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    server = LocalServer(tmp_path_factory.mktemp("filled"))
    yield server
    server.kill()


def test_an_import_killed_half_way_is_never_taken_for_a_graph(target, files, neo4j_programs):
    arguments = [files / "u(1)+.csv", files / "ties.csv", target.files.folder]
    cut = subprocess.Popen(
        [sys.executable, "-u", "-c", CUT, *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    while b"importing: " not in cut.stdout.readline():  # until it has begun
        assert cut.poll() is None
    os.killpg(cut.pid, signal.SIGKILL)
    cut.wait()
    cut.stdout.close()
    with pytest.raises(ConfigError, match="cut off"):
        target.up(neo4j_programs)


def test_a_tie_to_nobody_is_refused_by_name_and_nothing_starts(target, files, neo4j_programs):
    with pytest.raises(StoreError, match="404"):
        import_csv(target, neo4j_programs, {"User": [files / "u(1)+.csv"]}, {"TIE": [files / "bad.csv"]})
    with pytest.raises(ConfigError, match="import"):
        target.up(neo4j_programs)


def test_every_field_comes_through_and_a_second_import_replaces_the_first(
    target, files, neo4j_programs, cypher
):
    told = []
    nodes, ties = {"User": [files / "u(1)+.csv"]}, {"TIE": [files / "ties.csv"]}
    import_csv(target, neo4j_programs, nodes, ties, progress=lambda *report: told.append(report))
    stages = [stage for stage, done, total in told]
    assert stages[:2] == ["importing", "importing: nodes"]
    assert "importing: relationships" in stages
    assert not target.is_running()
    target.up(neo4j_programs, port=free_port(), heap="512m")
    rows = cypher(target, "MATCH (u:User) RETURN u.idx, u.name ORDER BY u.idx")
    assert rows == [[i, name] for i, name in enumerate(NAMES)]
    rows = cypher(target, "MATCH (:User {idx: 0})-[t:TIE]->(u:User) RETURN u.idx, t.since ORDER BY t.since")
    assert rows == [[i, i] for i in range(1, len(NAMES))]


def test_a_running_server_is_stopped_for_an_import_and_its_graph_replaced(
    target, files, neo4j_programs, cypher
):
    cypher(target, "CREATE (:Old)")
    import_csv(target, neo4j_programs, {"User": [files / "u(1)+.csv"]}, {})
    target.up(neo4j_programs)
    assert cypher(target, "MATCH (n) RETURN DISTINCT labels(n), count(n)") == [[["User"], len(NAMES)]]
    assert cypher(target, "MATCH ()-[r]->() RETURN count(r)") == [[0]]


def test_missing_files_change_nothing(target, tmp_path, neo4j_programs):
    with pytest.raises(InputError, match="absent"):
        import_csv(target, neo4j_programs, {"User": [tmp_path / "absent.csv"]}, {})
    with pytest.raises(InputError, match="'TIE'"):
        import_csv(target, neo4j_programs, {}, {"TIE": []})
    assert target.is_running()
    assert not target.files.importing.exists()
