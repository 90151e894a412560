"""One payment at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.counting import Payment, count_payment
from graph.edges import BOUGHT, PAID

DAY = 86_400
NOTHING_PAID, NOTHING_BOUGHT = np.zeros(0, PAID), np.zeros(0, BOUGHT)


def payment(day=1, *, merchant=1, product=2, quantity=None, band=3, scene=0, refund=False, hour=0):
    return Payment(merchant, product, quantity, band, scene, day * DAY + hour * 3600, refund)


def count(edges, *payments):
    for one in payments:
        edges = count_payment(edges, one)
    return edges.tolist()


def test_the_first_purchase_makes_an_edge():
    assert count(NOTHING_PAID, payment(5)) == [(1, 1, 1, 0, 3, 5 * DAY, 5 * DAY)]
    assert count(NOTHING_BOUGHT, payment(5, quantity=4)) == [(2, 1, 4, 5 * DAY)]


def test_the_given_edges_are_not_changed():
    edges = np.array([(1, 1, 1, 0, 3, DAY, DAY)], dtype=PAID)
    edges.flags.writeable = False
    assert len(count_payment(edges, payment(2))) == 1
    assert edges.tolist() == [(1, 1, 1, 0, 3, DAY, DAY)]


def test_two_purchases_of_one_day_are_two_payments_and_one_day():
    assert count(NOTHING_PAID, payment(5), payment(5, hour=3)) == [(1, 2, 1, 0, 3, 5 * DAY, 5 * DAY + 10_800)]


@pytest.mark.parametrize(("third", "days"), [(8, 3), (7, 2), (6, 2), (5, 2), (4, 3)])
def test_a_day_counts_when_it_lies_outside_first_and_last(third, days):
    (edge,) = count(NOTHING_PAID, payment(5), payment(7), payment(third))
    assert edge[1:3] == (3, days)
    assert edge[5:] == (min(5, third) * DAY, max(7, third) * DAY)


def test_scenes_of_one_merchant_are_edges_of_their_own():
    edges = count(NOTHING_PAID, payment(1, scene=3), payment(1, scene=0), payment(1, merchant=0, scene=7))
    assert [edge[:4] for edge in edges] == [(0, 1, 1, 7), (1, 1, 1, 0), (1, 1, 1, 3)]


def test_a_refund_reduces_payments_and_days_stay_within_them():
    (edge,) = count(NOTHING_PAID, payment(1), payment(2), payment(3), payment(9, refund=True))
    assert edge[1:3] == (2, 2)
    assert edge[5:] == (DAY, 3 * DAY)  # a refund is no visit


def test_an_edge_without_payments_is_gone_and_the_others_stay():
    edges = count(NOTHING_PAID, payment(1), payment(1, merchant=4), payment(2, refund=True))
    assert [edge[0] for edge in edges] == [4]
    assert count(NOTHING_BOUGHT, payment(1), payment(2, refund=True)) == []


def test_a_refund_without_a_purchase_leaves_nothing():
    assert count(NOTHING_PAID, payment(1, refund=True)) == []
    assert count(NOTHING_BOUGHT, payment(1, refund=True)) == []


def test_quantity_is_one_where_unknown_and_never_below_zero():
    assert count(NOTHING_BOUGHT, payment(1), payment(2, quantity=5)) == [(2, 2, 6, 2 * DAY)]
    bought = (payment(1), payment(2), payment(3, quantity=9, refund=True))
    assert count(NOTHING_BOUGHT, *bought) == [(2, 1, 0, 2 * DAY)]


def test_a_payment_without_a_product_leaves_bought_alone():
    assert count(NOTHING_BOUGHT, payment(1, product=None)) == []


def test_the_band_is_that_of_the_first_known_amount():
    (edge,) = count(NOTHING_PAID, payment(1, band=0), payment(2, band=6), payment(3, band=2))
    assert edge[4] == 6


def test_counts_stop_at_the_largest_number_of_their_field():
    edges = np.array([(1, 2**32 - 1, 2**16 - 1, 0, 3, DAY, DAY)], dtype=PAID)
    assert count(edges, payment(2))[0][1:3] == (2**32 - 1, 2**16 - 1)


def test_other_layouts_are_the_programmers_mistake():
    with pytest.raises(ValueError, match="layout"):
        count_payment(np.zeros(1, dtype=[("merchant", "<u4")]), payment())


payments = st.builds(
    payment,
    st.integers(0, 9),
    merchant=st.integers(0, 2),
    product=st.none() | st.integers(0, 2),
    quantity=st.none() | st.integers(0, 3),
    scene=st.integers(0, 1),
    refund=st.booleans(),
)


@given(st.lists(payments))
def test_edges_stay_sorted_and_within_their_bounds(listed):
    paid = np.array(count(NOTHING_PAID, *listed), dtype=PAID)
    bought = np.array(count(NOTHING_BOUGHT, *listed), dtype=BOUGHT)
    keys = list(zip(paid["merchant"].tolist(), paid["scene"].tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert bought["product"].tolist() == sorted(set(bought["product"].tolist()))
    assert np.all((paid["days"] >= 1) & (paid["days"] <= paid["payments"]))
    assert np.all(paid["first_at"] <= paid["last_at"])
    assert np.all(bought["payments"] >= 1)


@given(st.lists(payments.filter(lambda one: not one.refund)))
def test_purchases_in_order_of_time_count_exactly(listed):
    listed = sorted(listed, key=lambda one: one.paid_at)
    expected: dict[tuple[int, int], list[int]] = {}
    for one in listed:
        expected.setdefault((one.merchant, one.scene), []).append(one.paid_at // DAY)
    paid = count(NOTHING_PAID, *listed)
    assert {(edge[0], edge[3]): (edge[1], edge[2]) for edge in paid} == {
        key: (len(days), len(set(days))) for key, days in expected.items()
    }
