"""Files that Spark writes for Neo4j's importer: the real one takes them, and the graph is the same."""

import random
from contextlib import closing

import pytest

from graph.errors import ConfigError, InputError
from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer
from graph.stores.open import open_store

pytestmark = [pytest.mark.spark, pytest.mark.neo4j, pytest.mark.slow]
HEADER = "payment_id,user_id,merchant_id,product_id,amount,currency,paid_at"


@pytest.fixture
def source(tmp_path):
    rng, products = random.Random(20261127), ("", "x1", "x2")
    lines = [
        f"p{i},u{rng.randrange(400)},m{rng.randrange(25)},{products[i % 3]},5,CNY,2026-04-0{1 + i % 9}"
        for i in range(3000)
    ]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "payments.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    (folder / "users.csv").write_text(
        'user_id,verified,adult,city\nu1,yes,no,"a ""city"", quoted"\nu2,,,茶城\n'
    )
    (folder / "circles.csv").write_text("circle_id,name,owner_id\nc1,Tea,m1\n")
    (folder / "memberships.csv").write_text("user_id,circle_id\nu1,c1\nu999,c1\n")
    return folder


@pytest.fixture
def server(tmp_path, neo4j_programs):
    server = LocalServer(tmp_path / "neo4j")
    yield server
    server.kill()


@pytest.fixture
def many_parts(spark):
    """Spark would put so few rows into one file."""
    name = "spark.sql.adaptive.coalescePartitions.enabled"
    spark.conf.set(name, "false")
    yield
    spark.conf.unset(name)


@pytest.mark.usefixtures("many_parts")
def test_the_importer_takes_them(house, source, tmp_path, server, neo4j_programs):
    into = tmp_path / "out"
    house.load(source, engine="spark", into=into)
    assert len(list((into / "PAID").glob("part-*.csv"))) > 1
    server.files.make()
    server.admin(neo4j_programs, "database", "import", "full", "neo4j", *_arguments(into), heap="1g")
    server.up(neo4j_programs, port=free_port(), heap="512m")
    with closing(open_store(server.connection())) as target:
        assert target.stats() == house.store.stats()
        assert target.meta("store_id") == house.store.meta("store_id")
        for label in ("User", "Merchant", "Product", "Circle"):
            assert target.nodes(label) == house.store.nodes(label)
        for kind in ("paid", "bought"):
            assert target.edges(kind).edges.tobytes() == house.store.edges(kind).edges.tobytes()
        assert not target.check()


def _arguments(folder):
    """What `@import.args` says, seen from another folder."""
    out = []
    for line in (folder / "import.args").read_text().splitlines():
        option, name, files = (*line.split("=", 2), "", "")[:3]
        paths = ",".join(str(folder / file) for file in files.split(",")) if files else ""
        out.append(f"{option}={name}={paths}" if files else line)
    return out


def test_a_folder_with_something_in_it_is_left_as_it_is(house, source, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    with pytest.raises(InputError, match="is not empty; name a new folder"):
        house.load(source, engine="spark", into=tmp_path / "out")
    assert house.store.stats()["User"] == 0


def test_one_machine_writes_no_such_files(house, source, tmp_path):
    with pytest.raises(ConfigError, match="add --engine spark"):
        house.load(source, into=tmp_path / "out")
