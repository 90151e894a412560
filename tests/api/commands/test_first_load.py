"""A first load into the local Neo4j goes beside it and is moved over; cut off, the next one goes on."""

from contextlib import closing

import pytest

from api.commands import first_load
from api.commands.common import Parts
from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer
from graph.settings import Settings
from graph.stores.neo4j.store import Neo4jStore
from graph.stores.open import open_store
from graph.stores.sqlite.store import SqliteStore
from loaders.run import load

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j-own"), pytest.mark.slow]


def silent(stage, done, total):
    pass


@pytest.fixture
def parts(tmp_path, neo4j_programs, monkeypatch):
    """A home with a running, empty local server; its first load counts as large."""
    monkeypatch.setattr(first_load, "LARGE_BYTES", 0)
    parts = Parts(Settings(home=tmp_path / "home", store="neo4j"))
    server = LocalServer(parts.home.neo4j)
    server.up(neo4j_programs, port=free_port(), heap="512m")
    yield parts
    parts.store.close()
    server.kill()


def loaded(parts, store, folder):
    return load(
        [str(folder)], home=parts.home, store=store, policy=parts.policy, key=b"k" * 32, now=1_790_000_000,
        assume_consent=True,
    )  # fmt: skip


def test_a_first_load_that_is_cut_off_is_finished_by_the_next(parts, shared_data, tmp_path):
    folder, beside = shared_data / "mafengwo", parts.home.neo4j / "first-load.db"
    identity = parts.store.meta("store_id")
    cut_off = first_load.store_to_load(parts, [str(folder)], None, silent)
    store = cut_off.__enter__()
    assert isinstance(store, SqliteStore)
    loaded(parts, store, folder)
    with pytest.raises(KeyboardInterrupt):
        cut_off.gen.throw(KeyboardInterrupt())
    assert beside.exists()
    assert parts.store.stats()["User"] == 0
    with first_load.store_to_load(parts, [str(folder)], None, silent) as store:
        assert loaded(parts, store, folder).as_dict()["already_loaded"]
    assert not beside.exists()
    assert isinstance(parts.store, Neo4jStore)
    assert parts.store.meta("store_id") == identity
    other = Parts(Settings(home=tmp_path / "other"))
    with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as sqlite:
        loaded(other, sqlite, folder)
        counted = {name: number for name, number in parts.store.stats().items() if name != "seq"}
        assert counted == {name: number for name, number in sqlite.stats().items() if name != "seq"}
    # A later load writes to the server directly.
    with first_load.store_to_load(parts, [str(folder)], None, silent) as store:
        assert store is parts.store
    assert parts.store.check() == []
