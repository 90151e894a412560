"""Loaded into both stores on their own, real data give the same snapshot."""

from contextlib import closing

import pytest

from graph.cut import cut
from graph.home import Home
from graph.stores.open import open_store
from loaders.run import load

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j"), pytest.mark.slow]
NOW = 1_790_000_000


def content_of(address, folder, home, policy):
    with closing(open_store(address)) as store:
        arguments = {"store": store, "policy": policy, "key": b"k" * 32, "assume_consent": True, "now": NOW}
        report = load([str(folder)], home=Home(home), **arguments)
        assert report.as_dict()["payments"]["loaded"] > 8_000
        assert store.check() == []
        edges = {kind: store.edges(kind) for kind in ("paid", "bought")}
        return cut(store, edges, as_of=NOW, policy=policy).content_id


@pytest.mark.parametrize("name", ["weeplaces", "mafengwo", "foursquare_nyc"])
def test_public_data_give_the_same_snapshot_from_both_stores(
    name, empty_neo4j, tmp_path, shared_data, policy
):
    sqlite = f"sqlite:///{tmp_path / 'graph.db'}"
    found = [
        content_of(address, shared_data / name, tmp_path / kind, policy)
        for kind, address in (("sqlite", sqlite), ("neo4j", empty_neo4j()))
    ]
    assert found[0] == found[1]
