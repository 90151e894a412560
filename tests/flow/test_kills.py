"""kill -9 of workers, servers, publishers and loaders while people read and pay."""

from contextlib import closing

import pytest

from graph.home import Home
from graph.stores.open import open_store
from tests.flow.faults import (
    Load,
    in_background,
    key_of,
    kill_after,
    log,
    running,
    versions_are_whole,
)
from tests.tables import write_tables

pytestmark = pytest.mark.slow
STORES = [
    pytest.param("published", marks=pytest.mark.xdist_group("faults"), id="sqlite"),
    pytest.param("on_neo4j", marks=[pytest.mark.neo4j, pytest.mark.xdist_group("neo4j")], id="neo4j"),
]
READERS = ("u2", "u61")
LOADED = 200  # payments of each load


def write_load(folder, number):
    """A further export: payments of somebody who pays by file only."""
    payments = [
        (f"file{number}-{i}", "filed", "c1", "4.50", "CNY", "2026-09-03T08:00:00Z") for i in range(LOADED)
    ]
    head = ("payment_id", "user_id", "merchant_id", "amount", "currency", "paid_at")
    folder.mkdir()
    return write_tables(folder, {"payments": [head, *payments]})


def store_of(house):
    return open_store(Home(house.home).store_address(house.store or "sqlite:///circles.db"))


def paid_by(house, load):
    """Writer -> payments that the store counts."""
    from loaders.pseudonyms import Pseudonyms

    names = Pseudonyms(Home(house.home).key_file.read_text().strip().encode())
    with closing(store_of(house)) as store:
        assert store.check() == []
        states = {user: store.user_state(names.of(user)) for user in [*load.acknowledged, "filed"]}
        return {user: int(state.paid["payments"].sum()) for user, state in states.items() if state}


@pytest.mark.parametrize("store", STORES)
def test_whoever_is_killed_loses_nothing_acknowledged_and_the_service_is_back(store, request, tmp_path, luck):
    house = request.getfixturevalue(store)
    key = key_of(house)
    export = write_load(tmp_path / "export", 0)
    with running(house) as server, Load(server, key, READERS) as load:
        load.goes_on()
        publisher, loader = (
            in_background(house, *words) for words in (("train", "--no-gnn"), ("load", str(export)))
        )
        server.kill_worker(luck)
        kill_after(loader, luck.uniform(0, 6))
        kill_after(publisher, luck.uniform(0, 6))
        assert versions_are_whole(house.home) >= 1
        load.goes_on()
        server.kill()
        server.start()
        server.wait()
        load.goes_on()
        load.stop()
        house.run("load", str(export))  # what was interrupted is finished, what was whole is not repeated
        load.settle()
    log.info("%s", dict(load.answers))
    acknowledged = {user: len(payments) for user, payments in load.acknowledged.items()}
    assert paid_by(house, load) == acknowledged | {"filed": LOADED}
