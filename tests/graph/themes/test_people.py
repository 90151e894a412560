"""Who paid for anything of a theme."""

from contextlib import closing

import numpy as np
import pytest

from graph.cut import cut
from graph.edges import LAYOUTS, UserEdges
from graph.schema import SCENES
from graph.stores.base import ThemeTarget
from graph.stores.open import open_store
from graph.themes.people import people_of

DINING = SCENES.index("dining")


def packed(kind, *records_of_users):
    users = np.arange(len(records_of_users), dtype=np.int64)
    offsets = np.cumsum([0, *(len(records) for records in records_of_users)])
    flat = [record for records in records_of_users for record in records]
    return UserEdges(users, offsets, np.array(flat, dtype=LAYOUTS[kind]))


@pytest.fixture
def snapshot(tmp_path, policy):
    """u0 paid a cafe, u1 bought beans of the category coffee, u2 a gym, u3 nothing; u4 did not consent."""
    with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as store:
        store.intern("User", [f"u{i}" for i in range(5)])
        store.upsert("Merchant", {"id": ["cafe", "gym"], "category": ["coffee shop", "gym"]})
        store.upsert("Product", {"id": ["beans", "rope"], "category": ["COFFEE", None]})
        granted = {"user": [0, 1, 2, 3], "purpose": ["circles"] * 4, "granted": [True] * 4, "at": [1] * 4}
        store.set_consents(granted)
        cafe, gym = (0, 1, 1, DINING, 0, 5, 5), (1, 1, 1, SCENES.index("fitness"), 0, 5, 5)
        store.set_edges("paid", packed("paid", [cafe], [], [gym], [], [cafe]))
        bean = np.zeros(1, dtype=LAYOUTS["bought"])
        bean["payments"] = 1
        store.set_edges("bought", packed("bought", [], [tuple(bean[0])], [], [], []))
        edges = {kind: store.edges(kind) for kind in LAYOUTS}
        return cut(store, edges, as_of=10, policy=policy)


@pytest.mark.parametrize(
    ("kind", "target", "who"),
    [
        ("merchant", "cafe", ["u0"]), ("category", "coffee shop", ["u0"]), ("category", "COFFEE", ["u1"]),
        ("product", "beans", ["u1"]), ("product", "rope", []), ("scene", "dining", ["u0"]),
        ("scene", "fitness", ["u2"]), ("merchant", "nobody", []),
    ],
)  # fmt: skip
def test_whoever_paid_for_a_target_is_counted_and_nobody_else(snapshot, kind, target, who):
    found = people_of(snapshot, [ThemeTarget(kind, target)])
    assert [snapshot.users[i] for i in np.flatnonzero(found)] == who


def test_several_targets_count_a_person_once(snapshot):
    theme = [ThemeTarget("merchant", "cafe"), ThemeTarget("scene", "dining"), ThemeTarget("product", "beans")]
    assert people_of(snapshot, theme).tolist() == [True, True, False]  # of u3 nothing is known
    assert not people_of(snapshot, []).any()
