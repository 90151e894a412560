"""A hand-drawn graph, cut into a snapshot.

ann --paid 2x tea house (dining)      tea circle (run by the tea house): tea house, green tea
ann --bought 3 green tea              bus circle: metro
bob --paid 1x metro (other)           bob is in the bus circle since 50, ann in the tea circle from 10 to 40
eve consents to nothing               pills (sensitive) are in the theme of the tea circle too
"""

from contextlib import closing

import numpy as np
import pytest

from graph.cut import Tables, build, cut
from graph.edges import BOUGHT, PAID, UserEdges
from graph.schema import SCENES
from graph.stores.base import ThemeTarget
from graph.stores.open import open_store

AS_OF = 100
DINING, OTHER = SCENES.index("dining"), SCENES.index("other")
TEA_THEME = (
    ThemeTarget("merchant", "tea house", 2.0),
    ThemeTarget("product", "green tea"),
    ThemeTarget("product", "pills"),
    ThemeTarget("category", "pharmacy"),
    ThemeTarget("category", "tea"),
    ThemeTarget("scene", "dining", 0.5),
)


def fill(store, order=1):
    """Draw the graph; `order` -1 meets every node in the opposite order."""
    users = dict(
        zip(["ann", "bob", "eve"][::order], store.intern("User", ["ann", "bob", "eve"][::order]), strict=True)
    )
    store.intern("Merchant", ["metro", "tea house"][::order])
    store.upsert(
        "Merchant", {"id": ["tea house"], "name": ["Tea House"], "category": ["tea"], "scene": ["dining"]}
    )
    products = {"id": ["green tea", "pills"], "category": ["tea", None], "sensitive": [None, True]}
    store.upsert("Product", {name: values[::order] for name, values in products.items()})
    store.upsert("Product", {"id": ["green tea"], "merchant_id": ["tea house"]})
    store.intern("Circle", ["bus", "tea"][::order])
    store.upsert("Circle", {"id": ["tea"], "name": ["Tea"], "owner_id": ["tea house"], "created_at": [5]})
    merchant = dict(
        zip(["metro", "tea house"], store.indices("Merchant", ["metro", "tea house"]), strict=True)
    )
    green_tea = store.indices("Product", ["green tea"])[0]
    bus, tea = store.indices("Circle", ["bus", "tea"]).tolist()
    rows = {
        users["ann"]: (merchant["tea house"], 2, 2, DINING, 3, 10, 90),
        users["bob"]: (merchant["metro"], 1, 1, OTHER, 1, 20, 20),
        users["eve"]: (merchant["metro"], 9, 9, OTHER, 1, 20, 20),
    }
    owners = np.array(sorted(rows))
    edges = np.array([rows[user] for user in owners], dtype=PAID)
    store.set_edges("paid", UserEdges(owners, np.arange(4), edges))
    bought = np.array([(green_tea, 1, 3, 90)], dtype=BOUGHT)
    store.set_edges("bought", UserEdges(np.array([users["ann"]]), np.array([0, 1]), bought))
    for name, purpose in (("ann", "circles"), ("bob", "links")):
        store.set_consents({"user": [users[name]], "purpose": [purpose], "granted": [True], "at": [1]})
    store.join(users["ann"], tea, 10)
    store.leave(users["ann"], tea, 40)
    store.join(users["bob"], bus, 50)
    store.dismiss(users["bob"], tea, 60)
    store.add_links({"user": [users["ann"]], "other": [users["bob"]], "since": [70]})
    store.set_themes({tea: TEA_THEME, bus: [ThemeTarget("merchant", "metro")]})
    return store


@pytest.fixture
def open_graph(tmp_path):
    """Opens new stores with the graph of this module."""
    stores = []

    def open_(order=1):
        stores.append(open_store(f"sqlite:///{tmp_path / f'{len(stores)}.db'}"))
        return fill(stores[-1], order)

    yield open_
    for store in stores:
        store.close()


@pytest.fixture
def graph(open_graph):
    return open_graph()


def edges_now(store):
    return {kind: store.edges(kind) for kind in ("paid", "bought")}


def pairs(csr, rows, columns):
    """Edges as pairs of ids."""
    return [(rows[r], columns[c]) for r, c in zip(csr.rows().tolist(), csr.indices.tolist(), strict=True)]


def test_only_who_consents_to_something_is_in_it(graph, policy):
    snapshot = cut(graph, edges_now(graph), as_of=AS_OF, policy=policy)
    assert list(snapshot.users) == ["ann", "bob"]
    assert {purpose: mask.tolist() for purpose, mask in snapshot.consents.items()} == {
        "circles": [True, False],
        "links": [False, True],
        "portraits": [False, False],
    }


def test_edges_keep_their_values_and_change_only_their_numbers(graph, policy):
    snapshot = cut(graph, edges_now(graph), as_of=AS_OF, policy=policy)
    assert pairs(snapshot.paid, snapshot.users, snapshot.merchants) == [
        ("ann", "tea house"),
        ("bob", "metro"),
    ]
    assert {name: values.tolist() for name, values in snapshot.paid.columns.items()} == {
        "payments": [2, 1],
        "days": [2, 1],
        "last_at": [90, 20],
        "scene": [DINING, OTHER],
    }
    assert pairs(snapshot.bought, snapshot.users, snapshot.products) == [("ann", "green tea")]
    assert snapshot.bought.columns["quantity"].tolist() == [3]
    assert pairs(snapshot.links, snapshot.users, snapshot.users) == [("ann", "bob"), ("bob", "ann")]


def test_things_keep_what_is_known_about_them(graph, policy):
    snapshot = cut(graph, edges_now(graph), as_of=AS_OF, policy=policy)
    assert (list(snapshot.merchants), list(snapshot.circles)) == (["metro", "tea house"], ["bus", "tea"])
    assert snapshot.names["merchants"] == [None, "Tea House"]
    assert [snapshot.categories[i] if i >= 0 else None for i in snapshot.merchant_category] == [None, "tea"]
    assert snapshot.merchant_scene.tolist() == [-1, DINING]
    assert snapshot.product_merchant.tolist() == [1, -1]
    assert (snapshot.circle_owner.tolist(), snapshot.circle_created_at.tolist()) == ([-1, 1], [0, 5])


def test_walled_things_are_dropped_from_themes(graph, policy):
    snapshot = cut(graph, edges_now(graph), as_of=AS_OF, policy=policy)
    tea, columns = (
        list(snapshot.circles).index("tea"),
        {"product": snapshot.products, "category": snapshot.categories},
    )
    assert [snapshot.products[i] for i in snapshot.themes["product"].row(tea)] == ["green tea"]
    assert [columns["category"][i] for i in snapshot.themes["category"].row(tea)] == ["tea"]
    assert snapshot.themes["scene"].row(tea).tolist() == [DINING]
    weights = snapshot.themes["merchant"].columns["weight"]
    assert weights[snapshot.themes["merchant"].row_slice(tea)].tolist() == [2.0]


@pytest.mark.parametrize(
    ("as_of", "members", "turned_down", "num_links"),
    [
        (5, [], [], 0),
        (39, [("ann", "tea")], [], 0),
        (40, [], [("ann", "tea")], 0),
        (55, [("bob", "bus")], [("ann", "tea")], 0),
        (70, [("bob", "bus")], [("ann", "tea"), ("bob", "tea")], 2),
    ],
)
def test_nothing_after_the_moment_is_seen(graph, policy, as_of, members, turned_down, num_links):
    snapshot = cut(graph, edges_now(graph), as_of=as_of, policy=policy)
    assert pairs(snapshot.members, snapshot.users, snapshot.circles) == members
    assert pairs(snapshot.dismissed, snapshot.users, snapshot.circles) == turned_down
    assert snapshot.links.num_edges == num_links
    assert snapshot.as_of == as_of


def test_who_came_back_is_a_member_and_turned_nothing_down(graph, policy):
    ann, tea = graph.indices("User", ["ann"])[0], graph.indices("Circle", ["tea"])[0]
    graph.join(ann, tea, 80)
    snapshot = cut(graph, edges_now(graph), as_of=AS_OF, policy=policy)
    assert ("ann", "tea") in pairs(snapshot.members, snapshot.users, snapshot.circles)
    assert ("ann", "tea") not in pairs(snapshot.dismissed, snapshot.users, snapshot.circles)
    assert snapshot.members.columns["joined_at"].tolist() == [80, 50]


def test_a_member_by_two_files_is_a_member_once(graph, policy):
    bob, bus = graph.indices("User", ["bob"])[0], graph.indices("Circle", ["bus"])[0]
    graph.add_memberships(
        {"user": [bob, bob], "circle": [bus, bus], "joined_at": [None, 30], "left_at": [None, None]}
    )
    snapshot = cut(graph, edges_now(graph), as_of=AS_OF, policy=policy)
    assert pairs(snapshot.members, snapshot.users, snapshot.circles) == [("bob", "bus")]
    assert snapshot.members.columns["joined_at"].tolist() == [50]


def test_somebody_forgotten_while_cutting_leaves_their_edges_to_nobody(graph, policy):
    edges = edges_now(graph)
    graph.forget(int(graph.indices("User", ["ann"])[0]))
    snapshot = cut(graph, edges, as_of=AS_OF, policy=policy)
    assert list(snapshot.users) == ["bob"]
    assert pairs(snapshot.paid, snapshot.users, snapshot.merchants) == [("bob", "metro")]
    assert snapshot.bought.num_edges == 0


def test_what_arrives_while_cutting_waits_for_the_next_snapshot(graph, policy):
    edges = edges_now(graph)
    late = UserEdges(
        np.array([0, 99]), np.array([0, 1, 2]), np.array([(99, 1, 1, 0, 0, 5, 5)] * 2, dtype=PAID)
    )
    snapshot = cut(graph, edges | {"paid": late}, as_of=AS_OF, policy=policy)
    assert snapshot.paid.num_edges == 0


def test_withdrawn_consent_removes_a_person_from_the_next_snapshot(graph, policy):
    bob = graph.indices("User", ["bob"])[0]
    graph.set_consents({"user": [bob], "purpose": ["links"], "granted": [False], "at": [2]})
    assert list(cut(graph, edges_now(graph), as_of=AS_OF, policy=policy).users) == ["ann"]


def test_the_order_in_which_a_store_met_its_nodes_does_not_matter(open_graph, policy):
    one, two = (cut(g, edges_now(g), as_of=AS_OF, policy=policy) for g in (open_graph(1), open_graph(-1)))
    assert one.content_id == two.content_id
    assert one.store_index["merchants"].tolist() != two.store_index["merchants"].tolist()


def test_store_indices_lead_back_to_the_store(graph, policy):
    snapshot = cut(graph, edges_now(graph), as_of=AS_OF, policy=policy)
    for name, label in (("merchants", "Merchant"), ("products", "Product"), ("circles", "Circle")):
        assert graph.ids(label, snapshot.store_index[name]) == list(getattr(snapshot, name))
    assert snapshot.store_seq == graph.seq()


@pytest.mark.parametrize(
    "change",
    [
        lambda graph: graph.join(
            int(graph.indices("User", ["ann"])[0]), int(graph.indices("Circle", ["bus"])[0]), 90
        ),
        lambda graph: graph.upsert("Circle", {"id": ["bus"], "name": ["Bus riders"]}),
        lambda graph: graph.set_circle_state(int(graph.indices("Circle", ["bus"])[0]), "quarantined", 90),
    ],
    ids=["join", "name", "state"],
)
def test_another_content_has_another_id(graph, policy, change):
    before = cut(graph, edges_now(graph), as_of=AS_OF, policy=policy).content_id
    assert cut(graph, edges_now(graph), as_of=AS_OF, policy=policy).content_id == before
    assert cut(graph, edges_now(graph), as_of=AS_OF + 1, policy=policy).content_id != before
    change(graph)
    assert cut(graph, edges_now(graph), as_of=AS_OF, policy=policy).content_id != before


def test_who_and_what_only_walled_payments_tell_of_leaves_no_trace(graph, policy):
    before = cut(graph, edges_now(graph), as_of=AS_OF, policy=policy)
    (alone,) = graph.intern("User", ["alone"]).tolist()
    graph.set_consents({"user": [alone], "purpose": ["links"], "granted": [True], "at": [1]})
    graph.intern("Merchant", ["aaa nameless"])
    graph.intern("Product", ["nameless"])
    after = cut(graph, edges_now(graph), as_of=AS_OF, policy=policy)
    assert after.content_id == before.content_id
    assert after.store_index["merchants"].tolist() == before.store_index["merchants"].tolist()


def test_a_shop_that_something_is_said_of_is_known_before_anybody_pays(graph, policy):
    graph.upsert("Merchant", {"id": ["new"], "name": ["New"]})
    assert "new" in list(cut(graph, edges_now(graph), as_of=AS_OF, policy=policy).merchants)


def test_an_empty_store_gives_an_empty_snapshot(tmp_path, policy):
    with closing(open_store(f"sqlite:///{tmp_path / 'empty.db'}")) as store:
        snapshot = cut(store, edges_now(store), as_of=AS_OF, policy=policy)
    assert set(snapshot.counts().values()) == {0}


# -- from plain tables --------------------------------------------------------------------------------


def tables(**changes):
    """Two users, one merchant, one product, one circle."""
    values = {
        "users": {"id": ["u2", "u1"]},
        "merchants": {"id": ["m"]},
        "products": {"id": ["p"], "merchant": np.array([0])},
        "circles": {"id": ["c"], "owner": [-1]},
        "paid": {
            name: np.array([0]) for name in ("user", "merchant", "payments", "days", "last_at", "scene")
        },
        "bought": {},
        "members": {"user": np.array([1, 0]), "circle": np.array([0, 0]), "joined_at": np.array([0, 7])},
        "themes": {},
        "consents": {purpose: np.ones(2, dtype=bool) for purpose in ("circles", "links", "portraits")},
    }
    return Tables(**values | changes)


def test_plain_tables_are_sorted_and_edges_follow(policy):
    snapshot = build(tables(), as_of=AS_OF, policy=policy)
    assert list(snapshot.users) == ["u1", "u2"]
    assert pairs(snapshot.paid, snapshot.users, snapshot.merchants) == [("u2", "m")]
    assert snapshot.members.columns["joined_at"].tolist() == [0, 7]
    assert (snapshot.product_merchant.tolist(), snapshot.circle_owner.tolist()) == ([0], [-1])
    assert snapshot.store_index == {}


def test_a_theme_makes_its_unknown_targets_known(policy):
    themes = {
        0: [ThemeTarget("merchant", "new"), ThemeTarget("category", "tea"), ThemeTarget("scene", "moon")]
    }
    snapshot = build(tables(themes=themes), as_of=AS_OF, policy=policy)
    assert (list(snapshot.merchants), list(snapshot.categories)) == (["m", "new"], ["tea"])
    assert {kind: matrix.num_edges for kind, matrix in snapshot.themes.items()} == {
        "merchant": 1, "product": 0, "category": 1, "scene": 0,
    }  # fmt: skip


def test_a_person_who_grants_nothing_takes_their_edges_along(policy):
    consents = {p: np.array([False, p == "circles"]) for p in ("circles", "links", "portraits")}
    snapshot = build(tables(consents=consents), as_of=AS_OF, policy=policy)
    assert (list(snapshot.users), snapshot.paid.num_edges, snapshot.members.num_edges) == (["u1"], 0, 1)
