"""A store moved into an empty local server: every table comes over."""

from contextlib import closing

import pytest

from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer
from graph.stores.neo4j.transfer import transfer
from graph.stores.open import open_store

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j"), pytest.mark.slow]


@pytest.fixture
def server(tmp_path, neo4j_programs):
    server = LocalServer(tmp_path / "neo4j")
    server.up(neo4j_programs, port=free_port(), heap="512m")
    yield server
    server.kill()


def fill(store):
    """A little of what people and owners did."""
    store.intern("User", ["u0", "u1", "u2"])
    store.upsert("Circle", {"id": ["c0"], "owner_id": ["m0"], "name": ['a "name", quoted']})
    store.join(0, 0, 10)
    store.block(1, 2, 11)
    store.show_suggestions(0, [1], 3)
    store.keep_release("m0", "2026-Q4", '2026-W41 "a", b', 0.5, 6.5, '{"joins":{"v":40},"餐":{"v":20}}')
    return store


def test_every_table_comes_over(server, tmp_path, neo4j_programs):
    with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as source:
        transfer(fill(source), server, neo4j_programs, lambda stage, done, total: None)
        with closing(open_store(server.connection())) as target:
            assert dict(target.export()) == dict(source.export())
            assert target.check() == []
