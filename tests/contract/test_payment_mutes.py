"""What a person wants unused is in no edge of theirs, whatever is paid later, and comes back unchanged."""

import pytest

from graph.errors import InputError, NotFound
from graph.log import empty_rows
from graph.policy.payment_mutes import Mutable
from graph.stores.payment_mutes import PaymentMute
from tests.logs import rows

PAID = rows(
    {"payment": 1, "merchant": 0, "product": 0},
    {"payment": 2, "merchant": 0, "product": 1, "scene": 3},
    {"payment": 3, "merchant": 1, "product": 1, "scene": 3},
    {"payment": 2**64 - 4, "merchant": 2},
    user=1, paid_at=5,
)  # fmt: skip


@pytest.fixture
def shopper(town):
    """User 1, whose log is `PAID`; product 0 is tea, product 1 says nothing, shop 1 is a bakery."""
    town.upsert("Product", {"id": ["p0"], "category": ["tea"]})
    town.upsert("Merchant", {"id": ["m0", "m1"], "category": ["tea", "bakery"]})
    town.unmute_payments(1, Mutable.SCENES, "credit", 1, PAID)  # sets the edges
    return town


def touched(store):
    state = store.user_state("u1")
    return state.paid["merchant"].tolist(), state.bought["product"].tolist(), state.paid["payments"].tolist()


@pytest.mark.parametrize(
    ("kind", "thing", "left"),
    [
        (Mutable.MERCHANTS, "0", ([1, 2], [1], [1, 1])),
        (Mutable.CATEGORIES, "tea", ([1, 2], [1], [1, 1])),  # the shop decides where the product says nothing
        (Mutable.CATEGORIES, "bakery", ([0, 0, 2], [0, 1], [1, 1, 1])),
        (Mutable.SCENES, "dining", ([0, 2], [0], [1, 1])),
        (Mutable.PAYMENTS, f"{2**64 - 4:016x}", ([0, 0, 1], [0, 1], [1, 1, 1])),
    ],
)
def test_what_is_muted_is_in_no_edge_and_comes_back(shopper, kind, thing, left):
    before, changed = touched(shopper), shopper.user("u1").changed
    assert shopper.mute_payments(1, kind, thing, 10, PAID)
    assert touched(shopper) == left
    assert shopper.seq() == shopper.user("u1").changed > changed
    assert not shopper.mute_payments(1, kind, thing, 11, PAID)
    assert shopper.unmute_payments(1, kind, thing, 12, PAID)
    assert touched(shopper) == before
    assert not shopper.unmute_payments(1, kind, thing, 13, PAID)


def test_later_payments_of_it_are_not_counted_either(shopper):
    shopper.mute_payments(1, Mutable.MERCHANTS, "0", 10, PAID)
    shopper.mute_payments(1, Mutable.CATEGORIES, "bakery", 10, PAID)
    before = touched(shopper)
    new = {"payment": [70, 71, 72], "user": [1, 1, 1], "merchant": [0, 1, 2], "product": [None] * 3,
           "quantity": [None] * 3, "band": [0] * 3, "scene": [0] * 3, "paid_at": [9] * 3,
           "refund": [False] * 3, "walled": [False] * 3}  # fmt: skip
    assert shopper.add_payments(new, at=20).new == 3
    assert touched(shopper) == ([2], before[1], [2])
    shopper.unmute_payments(1, Mutable.MERCHANTS, "0", 30, PAID)
    assert touched(shopper)[0] == [0, 0, 2]  # with what was paid meanwhile
    assert touched(shopper)[2] == [2, 1, 2]


def test_nobody_else_is_changed(shopper):
    others = [shopper.user_state(f"u{i}") for i in (0, 2, 3)]
    shopper.mute_payments(1, Mutable.MERCHANTS, "0", 10, PAID)
    for before in others:
        assert shopper.user_state(before.user.user_id).user == before.user


def test_mutes_are_told_of_some_people_and_of_all(shopper):
    seq = shopper.seq()
    shopper.mute_payments(1, Mutable.MERCHANTS, "0", 10, PAID)
    mute = PaymentMute(1, Mutable.MERCHANTS, "0", 10, seq + 1, frozenset({0}))
    assert shopper.payment_mutes() == shopper.payment_mutes([1, 99]) == [mute]
    assert shopper.payment_mutes([0]) == []
    assert [change.kind for change in shopper.changes(seq, 9)] == ["mute"]


def test_what_cannot_be_is_refused(shopper):
    with pytest.raises(NotFound):
        shopper.mute_payments(99, Mutable.SCENES, "dining", 10, empty_rows())
    with pytest.raises(NotFound):
        shopper.unmute_payments(99, Mutable.SCENES, "dining", 10, empty_rows())
    with pytest.raises(InputError):
        shopper.mute_payments(1, Mutable.SCENES, "walking", 10, PAID)


def test_categories_are_found_by_index_and_by_name(shopper):
    assert shopper.categories_of("Product", [1, 0, 99]) == {0: "tea", 1: None}
    assert (shopper.has_category("bakery"), shopper.has_category("opera")) == (True, False)
    assert shopper.edges_of("bought", [2, 1, 99]).users.tolist() == [1, 2]
