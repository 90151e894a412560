import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.log import NONE, UNDECLARED, empty_rows
from graph.policy.scenes import place
from graph.schema import SCENES
from loaders.placing import labels_from, labels_of, labels_of_some

CATEGORIES = [None, "Coffee shop", "Pharmacy", "Quux"]
NODES = {
    "index": [*range(8)],
    "category": CATEGORIES * 2,
    "sensitive": [None] * 4 + [True] * 4,
    "scene": [None, "fitness", "scene-6", None] * 2,
}


KNOWN, UNKNOWN = st.integers(0, 7), st.just(99)


@pytest.mark.parametrize("unknown", ["sensitive", "ordinary"])
@pytest.mark.parametrize("most_cells", [1 << 24, 1])
@given(
    rows=st.lists(
        st.tuples(KNOWN | UNKNOWN | st.just(NONE), KNOWN | UNKNOWN, st.sampled_from([0, 3, UNDECLARED]))
    )
)
def test_whole_columns_are_placed_like_payments_one_by_one(policy, unknown, most_cells, rows):
    table = empty_rows(len(rows))
    for name, values in zip(("product", "merchant", "declared"), zip(*rows, strict=True), strict=False):
        table[name] = values
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("loaders.placing._MOST_CELLS", most_cells)
        labels_from(NODES, NODES, policy, unknown).relabel(table)
    for row in table:
        placed = one_by_one(policy, unknown, row["product"], row["merchant"], row["declared"])
        assert (SCENES[row["scene"]], bool(row["walled"])) == (placed.scene, placed.walled)


def one_by_one(policy, unknown, product, merchant, declared):
    return place(
        policy,
        product_category=said("category", product),
        merchant_category=said("category", merchant),
        declared_scene=said("scene", merchant) if declared == UNDECLARED else SCENES[declared],
        sensitive=bool(said("sensitive", product) or said("sensitive", merchant)),
        unknown_category=unknown,
    )


def said(name, index):
    return NODES[name][index] if index < 8 else None


def test_a_few_things_are_labelled_like_in_the_whole_catalogue(house, write, pay, policy):
    goods = write(
        "products.csv", "product_id,category", ["tea", "Coffee shop"], ["pill", "Pharmacy"], ["x", ""]
    )
    shops = write(
        "merchants.csv", "merchant_id,category,scene", ["m1", "Grocery store", ""], ["m2", "", "dining"]
    )
    house.load(goods, shops, pay(pay.row(1)))
    whole = labels_of(house.store, policy, "sensitive")
    ids = {"Product": ["pill", "not there", "tea"], "Merchant": ["m2", "m1"]}
    some = labels_of_some(house.store, policy, "sensitive", ids)
    rows = empty_rows(8)
    products = house.store.indices("Product", ["tea", "pill"]).tolist()
    merchants = house.store.indices("Merchant", ["m1", "m2"]).tolist()
    rows["product"], rows["merchant"] = [*products, NONE, 999] * 2, np.repeat(merchants, 4)
    rows["declared"] = UNDECLARED
    expected = rows.copy()
    whole.relabel(expected)
    some.relabel(rows)
    assert rows.tolist() == expected.tolist()
    assert len(np.unique(rows["walled"])) == 2
