"""From either kind of store into the other one: the same answers, and the same snapshot."""

from contextlib import closing
from dataclasses import replace

import pytest

from graph.cut import cut
from graph.stores.open import open_store
from tests.api.backup.conftest import NOW

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j")]


def snapshot_of(address, policy):
    with closing(open_store(address)) as store:
        edges = {kind: store.edges(kind) for kind in ("paid", "bought")}
        return cut(store, edges, as_of=NOW, policy=policy).content_id


def test_a_backup_goes_into_a_server_and_from_there_into_a_file(
    back_up, restore, answers, settings, empty_neo4j, policy, tmp_path
):
    address, before = empty_neo4j(), answers(settings.home)
    restore(back_up("one"), tmp_path / "served", address)
    assert answers(tmp_path / "served", address) == before
    house = replace(settings, home=tmp_path / "served", store=address)
    restore(back_up("two", house), tmp_path / "embedded")
    assert answers(tmp_path / "embedded") == before
    found = {
        snapshot_of(f"sqlite:///{home / 'circles.db'}", policy)
        for home in (settings.home, tmp_path / "embedded")
    }
    assert found == {snapshot_of(address, policy)}
