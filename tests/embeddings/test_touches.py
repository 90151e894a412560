"""What users touched, for many at once and for one."""

import numpy as np
import pytest

from embeddings.profile import Decay, Visits, profile_of
from embeddings.touches import binary, degrees, newest_edge, touches_of

DAY = 86_400
NOW = 1_700_000_000  # as_of of every graph that `make_snapshot` builds


def test_one_payment_today_weighs_one(make_snapshot):
    touches = touches_of(make_snapshot(paid={"ann": {"mill": 1}}), half_life_days=180)
    assert touches.of["merchant"].toarray().tolist() == [[1.0]]


def test_payments_fade_with_their_age(make_snapshot):
    snapshot = make_snapshot(paid={"ann": {"mill": 3, "pier": 3}}, last_at={"mill": NOW - 10 * DAY})
    weights = touches_of(snapshot, half_life_days=10).of["merchant"].toarray()[0]
    assert weights == pytest.approx([np.log2(1 + 1.5), 2.0])


def test_who_does_not_consent_is_in_no_row_and_no_degree(make_snapshot):
    snapshot = make_snapshot(paid={"ann": {"mill": 1}, "bob": {"mill": 1}}, refusing=["bob"])
    merchant = touches_of(snapshot, half_life_days=1).of["merchant"]
    assert degrees(merchant, 1).tolist() == [1, 0]
    assert degrees(merchant, 0).tolist() == [1]


def test_products_add_up_in_their_category(make_snapshot):
    bought = {"ann": {"oolong": 1, "sencha": 2, "rope": 4}}
    snapshot = make_snapshot(bought=bought, categories={"oolong": "teas", "sencha": "teas"})
    assert touches_of(snapshot, half_life_days=1).of["product_category"].toarray() == pytest.approx(2.0)


def test_ages_count_from_the_newest_edge(make_snapshot):
    snapshot = make_snapshot(paid={"ann": {"mill": 1}}, last_at={"mill": NOW - 400 * DAY})
    assert newest_edge(snapshot) == NOW - 400 * DAY
    assert touches_of(snapshot, half_life_days=1).of["merchant"].toarray() == pytest.approx(1.0)
    assert newest_edge(make_snapshot(members={"ann": ["tea"]})) == NOW


def test_binary_forgets_weights_only(make_snapshot):
    matrix = touches_of(make_snapshot(paid={"ann": {"mill": 7}}), half_life_days=1).of["merchant"]
    assert binary(matrix).toarray().tolist() == [[1.0]]


def test_one_profile_equals_the_row_of_many(planted):
    touches = touches_of(planted, half_life_days=180)
    decay = Decay(touches.newest_at, touches.half_life_s)
    for user in range(0, 300, 37):
        profile = row_profile(planted, user, decay)
        for kind, matrix in touches.of.items():
            row = matrix[[user]]
            touched = profile.of_kind(kind)
            dense = np.zeros(matrix.shape[1], dtype=np.float32)
            dense[touched.rows] = touched.values
            assert dense == pytest.approx(row.toarray()[0], rel=1e-6), kind


def row_profile(snapshot, user, decay):
    paid, bought = snapshot.paid, snapshot.bought

    def columns(edges):
        at = edges.row_slice(user)
        return edges.indices[at].astype(np.int64), {c: v[at] for c, v in edges.columns.items()}

    (shops, p), (goods, b) = columns(paid), columns(bought)
    return profile_of(
        merchants=lambda: Visits(shops, p["payments"], lambda: decay(p), p["scene"]),
        products=lambda: Visits(goods, b["payments"], lambda: decay(b)),
        circles=snapshot.members.row(user).astype(np.int64),
        merchant_category=snapshot.merchant_category,
        product_category=snapshot.product_category,
    )
