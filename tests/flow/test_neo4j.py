"""The whole road on a real Neo4j: the same graph, the same snapshot, the same answers as on SQLite."""

import json
import re
import shutil
import time
from contextlib import closing
from dataclasses import replace

import neo4j
import pytest

from graph.cut import cut
from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer
from graph.settings import PROJECT
from graph.stores.neo4j.address import target_of
from graph.stores.open import open_store
from tests.flow.faults import (
    FROZEN_S,
    Load,
    freeze,
    is_left_alone,
    is_used_again,
    key_of,
    log,
    running,
    slowest_degraded,
    thaw,
)

README = (PROJECT / "README.md").read_text(encoding="utf-8")
# On the worker that has the demonstration; the server is another than that of the contract.
pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("demonstration"), pytest.mark.slow]
AS_OF = 1_800_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory, neo4j_programs):
    server = LocalServer(tmp_path_factory.mktemp("moved") / "home" / "neo4j")
    server.up(neo4j_programs, port=free_port(), heap="1g")
    yield server
    server.kill()


@pytest.fixture(scope="module")
def moved(demonstration, server):
    """The demonstration's home, its graph moved into a local Neo4j by `circles neo4j import`."""
    home = server.files.folder.parent
    shutil.copytree(demonstration.home, home, dirs_exist_ok=True)
    house = replace(demonstration, home=home)
    house.run("neo4j", "import")
    return replace(house, store="neo4j")


@pytest.fixture
def both(demonstration, moved, server):
    """The embedded store and the server's."""
    with (
        closing(open_store(f"sqlite:///{demonstration.home / 'circles.db'}")) as sqlite,
        closing(open_store(server.connection())) as store,
    ):
        yield sqlite, store


def test_everything_comes_over_and_a_second_import_does_nothing(moved, both):
    sqlite, store = both
    assert dict(store.export()) == dict(sqlite.export())
    assert store.stats() == sqlite.stats()
    assert store.check() == []
    assert json.loads(replace(moved, store="").run("neo4j", "import", "--json"))["already"] is True


def test_the_snapshot_is_the_same_bit_for_bit(both, policy):
    one, two = (
        cut(store, {kind: store.edges(kind) for kind in ("paid", "bought")}, as_of=AS_OF, policy=policy)
        for store in both
    )
    assert one.content_id == two.content_id
    assert one.bought.num_edges > 800_000


@pytest.mark.parametrize("household", ["18", "490"])
def test_a_household_gets_the_same_circles_from_both_stores(demonstration, moved, household):
    answers = [house.json("recommend", household) for house in (demonstration, moved)]
    assert answers[0]["items"] == answers[1]["items"]
    assert len(answers[0]["items"]) == 10


def test_a_new_person_is_served_from_their_third_payment(moved):
    with moved.serving() as client:
        assert client.ask("PUT", "/v1/users/new/consents/circles", {"granted": True})[0] == 200
        payments = [
            {"payment_id": f"n{i}", "user_id": "new", "merchant_id": "store-367", "product_id": product,
             "amount": "3.50", "currency": "USD", "paid_at": f"2026-11-0{i + 1}T09:00:00Z"}
            for i, product in enumerate(["862799", "1008032", "940731"])
        ]  # fmt: skip
        assert client.ask("POST", "/v1/payments", payments)[1]["accepted"] == 3
        assert client.ask("POST", "/v1/payments", payments)[1]["duplicates"] == 3
        status, answer = client.ask("GET", "/v1/users/new/circles?limit=5")
        assert (status, answer["personalised"], len(answer["items"])) == (200, True, 5)
        event = {"event_id": "e1", "kind": "dismiss", "user_id": "new"}
        first = answer["items"][0]["circle_id"]
        assert client.ask("POST", "/v1/events", event | {"circle_id": first})[1]["accepted"] == 1
        later = client.ask("GET", "/v1/users/new/circles?limit=5")[1]
        assert first not in [item["circle_id"] for item in later["items"]]


def cypher_examples():
    """Queries of the README with the answers it shows."""
    blocks = re.findall(r"<!-- cypher -->\n```cypher\n(.*?)```\n\n((?:\|[^\n]*\n)+)", README, re.DOTALL)
    for query, table in blocks:
        rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table.splitlines()]
        yield query, [rows[0], *rows[2:]]


def test_the_queries_of_the_readme_give_the_answers_it_shows(moved, server):
    assert moved.json("neo4j", "vectors")["written"]["Circle"] > 100
    target = target_of(server.connection())
    examples = list(cypher_examples())
    assert len(examples) == 3
    with neo4j.GraphDatabase.driver(target.uri, auth=(target.user, target.password)) as driver:
        for query, shown in examples:
            answer = driver.execute_query(query)
            found = [answer.keys, *([str(value) for value in row.values()] for row in answer.records)]
            assert found == shown, query


def test_nobody_has_a_vector(moved, both):
    with both[1]._session(neo4j.READ_ACCESS) as session:
        counted = session.run("MATCH (u:User) WHERE u.embedding IS NOT NULL RETURN count(u)")
        assert counted.single()[0] == 0


def test_a_frozen_server_is_left_alone_and_used_again(moved, server, luck):
    key = key_of(moved)
    with running(moved) as service, Load(service, key, ("18", "490", "22")) as load:
        load.goes_on()
        time.sleep(luck.random())
        pid, soon_s, end = server.status().pid, load.soon_s(), time.monotonic() + FROZEN_S
        freeze(pid)
        try:
            is_left_alone(service, key, "18", soon_s)
            time.sleep(max(0.0, end - time.monotonic()))
        finally:
            thaw(pid)
        is_used_again(service, key, "18", load)
    log.info("slowest: %s; %s", dict(load.slowest), dict(load.answers))
    assert load.slowest["read"] < soon_s
    assert {status for kind, status in load.answers if kind == "read"} == {200}


def test_while_a_killed_server_is_away_reads_go_on_and_afterwards_all_is_stored(
    moved, server, neo4j_programs, luck
):
    key = key_of(moved)
    with running(moved) as service, Load(service, key, ("18", "490")) as load:
        load.goes_on()
        time.sleep(luck.random())
        soon_s = load.soon_s()
        server.kill()
        is_left_alone(service, key, "18", soon_s)
        service.kill_worker(luck)  # one that starts while the store is away answers too
        assert slowest_degraded(service, key, "18") < soon_s
        server.up(neo4j_programs)  # a server that has just started plans its first queries slowly
        is_used_again(service, key, "18", load)
