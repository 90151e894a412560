"""One payment of a request: every field is checked, the message names the field and not the value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services.payment_records import LONGEST_ID, MOST, check
from graph.errors import RecordError
from graph.log import payment_hash

NOW = 1_790_000_000
GOOD = {"payment_id": "p1", "user_id": "u1", "merchant_id": "m1", "paid_at": "2026-09-01T09:00:00Z"}


def test_a_minimal_payment_is_good():
    payment = check(GOOD, now=NOW)
    assert (payment.payment, payment.user_id, payment.merchant_id) == (payment_hash("p1"), "u1", "m1")
    assert (payment.amount, payment.quantity, payment.product_id, payment.is_refund) == (
        None,
        None,
        None,
        False,
    )


def test_numbers_may_be_text_and_ids_may_be_whole_numbers():
    payment = check(GOOD | {"user_id": 18, "amount": "-12.90", "quantity": 2, "currency": " cny "}, now=NOW)
    assert (payment.user_id, payment.amount, payment.quantity, payment.is_refund) == ("18", -12.9, 2.0, True)


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("2026-09-01", 1788220800),
        ("2026-09-01 09:00", 1788253200),
        ("2026-09-01T09:00:00.999Z", 1788253200),
        ("2026-09-01T24:00:00Z", 1788307200),
        ("2026-09-01T17:00:00+08:00", 1788253200),
        ("2026-09-01T17:00:00+08", 1788253200),
        (" 2026-09-01T04:00:00-0500 ", 1788253200),
        ("2026-09-01 09:00:00 Z", 1788253200),
    ],
)
def test_moments_are_read_in_every_usual_form(text, epoch):
    assert check(GOOD | {"paid_at": text}, now=NOW).paid_at == epoch


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"payment_id": None}, "payment_id is missing"),
        ({"user_id": ""}, "user_id is missing"),
        ({"merchant_id": 1.5}, "merchant_id has the wrong type"),
        ({"merchant_id": True}, "merchant_id has the wrong type"),
        ({"user_id": "x" * (LONGEST_ID + 1)}, "user_id is longer"),
        ({"user_id": "a\x00b"}, "user_id has control characters"),
        ({"amount": "twelve"}, "amount is not a number"),
        ({"amount": "1e3"}, "amount is not a number"),
        ({"amount": [1]}, "amount has the wrong type"),
        ({"amount": MOST + 1}, "amount is beyond"),
        ({"quantity": -1}, "quantity is negative"),
        ({"quantity": MOST + 1}, "quantity is beyond"),
        ({"currency": "YUAN"}, "currency is not in ISO 4217"),
        ({"scene": 3}, "scene has the wrong type"),
        ({"paid_at": None}, "paid_at is missing"),
        ({"paid_at": 1788253200}, "paid_at has the wrong type"),
        ({"paid_at": "yesterday"}, "paid_at is not a date and time"),
        ({"paid_at": "2026-02-30"}, "paid_at is not a date and time"),
        ({"paid_at": "1969-12-31"}, "paid_at is before 1970"),
        ({"paid_at": "2126-01-01"}, "paid_at is in the future"),
        ({"card": "4000"}, "card is no field of a payment"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(changes, problem):
    with pytest.raises(RecordError, match=problem) as caught:
        check(GOOD | changes, now=NOW)
    assert not any(str(v) in str(caught.value) for v in changes.values() if isinstance(v, str) and len(v) > 3)


json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.fixed_dictionaries(dict.fromkeys(GOOD, json), optional=dict.fromkeys(("amount", "quantity"), json)))
def test_any_record_is_a_payment_or_a_refusal(value):
    try:
        payment = check(value, now=NOW)
    except RecordError:
        return
    assert 0 <= payment.paid_at <= NOW + 86_400
    assert payment.user_id
    assert payment.merchant_id
