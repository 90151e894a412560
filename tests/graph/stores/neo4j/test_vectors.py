"""Vectors in the graph: for circles, merchants and products, never for people."""

from contextlib import closing

import neo4j
import numpy as np
import pytest

from graph.errors import InputError
from graph.stores.neo4j.store import Neo4jStore

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j")]


@pytest.fixture
def store(empty_neo4j):
    with closing(Neo4jStore(empty_neo4j())) as store:
        store.intern("Circle", ["north", "east", "north-east"])
        yield store


def nearest(store, circle):
    with store._session(neo4j.READ_ACCESS) as session:
        found = session.run(
            "MATCH (c:Circle {id: $id}) CALL db.index.vector.queryNodes('circle_embedding', 2, c.embedding) "
            "YIELD node, score WHERE node <> c RETURN node.id",
            id=circle,
        )
        return [row[0] for row in found.values()]


COMPASS = np.array([[0, 1], [1, 0], [0.6, 0.8]], dtype=np.float32)


def test_the_nearest_circle_is_found_by_its_vector(store):
    assert store.put_vectors("Circle", np.arange(3), COMPASS, version="v1") == 3
    assert nearest(store, "north") == ["north-east"]


def test_vectors_of_an_earlier_version_go_and_dimensions_may_change(store):
    store.put_vectors("Circle", np.arange(3), COMPASS, version="v1")
    wider = np.hstack([COMPASS, np.ones((3, 1), np.float32)])[:2]
    assert store.put_vectors("Circle", np.array([0, 2]), wider, version="v2") == 2
    with store._session(neo4j.READ_ACCESS) as session:
        rows = session.run(
            "MATCH (c:Circle) RETURN c.id, size(c.embedding), c.embedding_version ORDER BY c.idx"
        ).values()
    assert rows == [["north", 3, "v2"], ["east", None, None], ["north-east", 3, "v2"]]
    assert nearest(store, "north") == ["north-east"]


def test_a_person_never_gets_a_vector(store):
    store.intern("User", ["u"])
    with pytest.raises(InputError, match="a User gets no vector"):
        store.put_vectors("User", np.array([0]), COMPASS[:1], version="v1")
