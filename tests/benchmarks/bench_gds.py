"""The real Neo4j Graph Data Science library as a peer: FastRP and filtered neighbours, tuned like the others.

    python tests/benchmarks/bench_gds.py [FOLDER ...] [--budget SECONDS] [--json FILE]

Starts a Neo4j of its own without Docker, with the open part of the library (OpenGDS 2.13) from Maven Central;
the jars are GPLv3, are fetched at this command only and are no part of this project. CPU seconds are the
server's.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import neo4j
import numpy as np
import psutil
from measure import PROJECT, print_table, report
from scipy import sparse

from embeddings.evaluation.bootstrap import interval
from embeddings.evaluation.ranking import answers_of, gains_of, metrics_of, ranked_lists
from embeddings.peers.sight import has_behaviour, has_themes
from embeddings.peers.tuned import TunedPeer
from graph.cut import build
from graph.local_neo4j import server as local
from graph.local_neo4j.artifacts import Artifacts, cache_folder
from graph.local_neo4j.files import Files, Memory
from graph.policy.values import read_policy
from loaders.interchange import read_answers, read_tables

DATA = PROJECT.parent / "shared" / "data"
VERSION = "2.13.9"  # for Neo4j 5.26; the newest that Maven Central has in a matching pair
MODULES = ("proc", "opengds-extension", "open-model-catalog", "open-write-services", "proc-sysinfo")
SETTINGS = "dbms.security.procedures.unrestricted=gds.*\nserver.directories.plugins={plugins}\n"
NEIGHBOURS = 50  # circles of a person: twenty, and those joined in train; its cost grows with the square
TUNED_S = 240
PROJECT_ROWS = """
UNWIND $rows AS row
WITH gds.graph.project('peer', row[0], row[1], {
    sourceNodeLabels: CASE WHEN row[0] < $users THEN 'Person' ELSE 'Other' END,
    targetNodeLabels: CASE WHEN row[1] < $columns_end THEN 'Circle' ELSE 'Thing' END,
    relationshipType: 'TOUCHED', relationshipProperties: {weight: row[2]}
}, {undirectedRelationshipTypes: ['TOUCHED']}) AS made
RETURN made.nodeCount AS nodes
"""
EMBED = """
CALL gds.fastRP.mutate('peer', {
    embeddingDimension: $dim, iterationWeights: $weights, normalizationStrength: $strength,
    relationshipWeightProperty: 'weight', randomSeed: $seed, concurrency: 1, mutateProperty: 'vector'
}) YIELD nodePropertiesWritten RETURN nodePropertiesWritten
"""
NEAREST = """
CALL gds.knn.filtered.stream('peer', {
    nodeProperties: {vector: 'COSINE'}, topK: $top_k, sourceNodeFilter: 'Person', targetNodeFilter: 'Circle',
    randomSeed: $seed, concurrency: 1
}) YIELD node1, node2, similarity RETURN node1, node2, similarity
"""
DROP = "CALL gds.graph.drop('peer', false) YIELD graphName RETURN graphName"
driver: neo4j.Driver


class Gds:
    """FastRP and filtered kNN of the library, behind the interface of every peer."""

    name: ClassVar[str] = "gds-fastrp-knn"
    weighs: ClassVar[bool] = True
    grid: ClassVar[dict[str, tuple[Any, ...]]] = {
        "dim": (256, 64),
        "weights": ((0.0, 1.0, 1.0), (0.0, 1.0, 1.0, 1.0, 1.0), (1.0, 1.0, 1.0)),
        "strength": (0.0, -0.5, -1.0),
    }

    def __init__(self, seed: int) -> None:
        self.learned: dict[str, Any] = {}
        self._seed = seed

    def fit(self, sight: Any, settings: Any, *, deadline: float | None = None, watch: Any = None) -> None:
        edges = sight.matrix.tocoo()
        ends = edges.col.astype(np.int64) + sight.matrix.shape[0]
        rows = list(zip(edges.row.tolist(), ends.tolist(), edges.data.astype(float).tolist(), strict=True))
        first = sight.matrix.shape[0]
        with driver.session() as session:
            session.run(DROP).consume()
            session.run(
                PROJECT_ROWS, rows=rows, users=sight.num_users, columns_end=first + sight.num_circles
            ).consume()
            chosen = {name: settings[name] for name in ("dim", "strength")}
            session.run(EMBED, weights=list(settings["weights"]), seed=self._seed, **chosen).consume()
            near = session.run(NEAREST, top_k=min(NEIGHBOURS, sight.num_circles), seed=self._seed).values()
            session.run(DROP).consume()
        people, circles, similarity = (np.array(part) for part in zip(*near, strict=True))
        pairs = (people.astype(np.int64), circles.astype(np.int64) - first)
        shape = (sight.num_users, sight.num_circles)
        self._near = sparse.csr_array((similarity.astype(np.float32), pairs), shape=shape)

    def scores(self, users: Any) -> Any:
        return np.asarray(self._near[users].toarray(), dtype=np.float32)


@dataclass(frozen=True)
class WithPlugins(Artifacts):
    """The server's jars and those of the library: both have to be on the class path."""

    plugins: Path

    @property
    def class_path(self) -> str:
        return f"{self.folder}/*:{self.plugins}/*"


@dataclass(frozen=True)
class WithSettings(Files):
    """Files of a server that may run the library's procedures."""

    plugins: Path

    def write_conf(self, port: int, memory: Memory) -> None:
        super().write_conf(port, memory)
        with (self.conf / "neo4j.conf").open("a", encoding="utf-8") as file:
            file.write(SETTINGS.format(plugins=self.plugins))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--budget", type=float, default=TUNED_S, help="seconds for each form")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    folders = given.folders or [DATA / name for name in ("weeplaces", "mafengwo")]
    with serving() as process:
        rows = [row for folder in folders for row in measured(folder.resolve(), given.budget, process)]
    print_table(rows, f"OpenGDS {VERSION}: FastRP and filtered kNN")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
    report({"gds": VERSION, "rows": rows}, given.json)


def measured(folder: Path, budget: float, process: psutil.Process) -> Iterator[dict[str, Any]]:
    """The figures of one data set, a row for each form of it."""
    policy = read_policy(PROJECT / "policy.toml")
    snapshot = build(read_tables(str(folder), policy=policy, cut=None), as_of=2**31, policy=policy)
    asked = answers_of(snapshot, read_answers(str(folder), policy=policy, cut=None))
    forms = {"memberships": True, "joint": has_behaviour(snapshot), "themes": has_themes(snapshot)}
    for form in (form for form, there in forms.items() if there):
        peer = TunedPeer(Gds, form, budget_s=budget)
        before = sum(process.cpu_times()[:2])
        peer.fit(snapshot)
        spent = sum(process.cpu_times()[:2]) - before
        ranked = ranked_lists(peer, snapshot, asked.users, 20)
        metrics, found = metrics_of(ranked, asked, snapshot), interval(gains_of(ranked, asked))
        yield {
            "data": folder.name,
            "method": peer.name + (" *" if peer.hit_budget else ""),
            "recall@20": metrics["recall@20"],
            "ndcg@20": metrics["ndcg@20"],
            "95 %": f"{found.low:.3f}-{found.high:.3f}",
            "server CPU s": round(spent, 1),
            "server MiB": round(process.memory_info().rss / 2**20),
            "settings": ", ".join(f"{name} {value}" for name, value in peer.settings.items()),
        }


@contextmanager
def serving() -> Iterator[psutil.Process]:
    """A server with the library, and the driver to it; both end with the block."""
    global driver
    say = say_once()
    found = local.programs(os.environ, progress=say)
    plugins = fetch_library(found.artifacts.folder)
    with tempfile.TemporaryDirectory(prefix="circles-gds-") as scratch:
        server = local.LocalServer(Path(scratch))
        server.files = WithSettings(Path(scratch), plugins)
        artifacts = WithPlugins(found.artifacts.folder, found.artifacts.version, plugins)
        server.up(local.Programs(found.java, artifacts), heap="2g", progress=say)
        try:
            scheme, _, rest = server.connection().partition("://")
            account, _, address = rest.rpartition("@")
            auth = tuple(account.split(":", 1))
            with neo4j.GraphDatabase.driver(f"{scheme}://{address}", auth=auth) as driver:
                (version,) = driver.execute_query("RETURN gds.version() AS version").records[0]
                print(f"gds {version}", file=sys.stderr)
                yield psutil.Process(server.files.read_pid())
        finally:
            server.down()


def fetch_library(server_jars: Path) -> Path:
    """The jars of the library that the server lacks, from Maven Central into the cache of programs."""
    import jgo

    folder = cache_folder(os.environ) / "gds" / VERSION
    if (folder / "whole").exists():
        return folder
    print("fetching OpenGDS (15 MB)", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # A jar of the server may be there in another version: its name up to the version is what counts.
    had = {path.name.rpartition("-")[0] for path in server_jars.glob("*.jar")}
    for artifact in jgo.resolve("+".join(f"org.neo4j.gds:{module}:{VERSION}" for module in MODULES)):
        if artifact.version == VERSION or artifact.artifactId not in had:
            path = Path(artifact.resolve())
            shutil.copyfile(path, folder / path.name)
    (folder / "whole").touch()
    return folder


def say_once() -> Callable[[str, int, int], None]:
    """Tells each stage once."""
    told: set[str] = set()

    def say(stage: str, done: int, total: int) -> None:
        if stage not in told:
            told.add(stage)
            print(stage, file=sys.stderr)

    return say


if __name__ == "__main__":
    main()
