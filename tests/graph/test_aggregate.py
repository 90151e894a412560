"""The one expression, against the rules written out by hand and row by row."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.aggregate import Adder
from graph.log import NONE, PaymentLog
from tests.logs import log_of, rows

DAY = 86_400


def edges(log, kind="paid", **asked):
    with Adder(log, threads=1) as adder:
        found = adder.add_up(**asked)[kind]
    owners = np.repeat(found.users, np.diff(found.offsets)).tolist()
    names = found.edges.dtype.names
    return [
        dict(zip(("user", *names), (u, *e), strict=True))
        for u, e in zip(owners, found.edges.tolist(), strict=True)
    ]


def test_payments_days_and_times_of_one_edge(tmp_path):
    log = log_of(
        tmp_path, rows({"paid_at": 10}, {"paid_at": 20}, {"paid_at": DAY + 5}, user=7, merchant=3, scene=2)
    )
    (edge,) = edges(log)
    assert (edge["user"], edge["merchant"], edge["scene"]) == (7, 3, 2)
    assert (edge["payments"], edge["days"], edge["first_at"], edge["last_at"]) == (3, 2, 10, DAY + 5)


@pytest.mark.parametrize(
    ("bands", "median"), [([4], 4), ([1, 9], 1), ([9, 1, 5], 5), ([0, 0, 3, 3], 0), ([2, 3, 3, 9, 9], 3)]
)
def test_band_is_the_lower_median(tmp_path, bands, median):
    log = log_of(tmp_path, rows(*({"band": band} for band in bands)))
    assert [edge["band"] for edge in edges(log)] == [median]


def test_a_refund_reduces_and_an_edge_at_zero_is_gone(tmp_path):
    bought_twice = [{"paid_at": 1}, {"paid_at": 2 * DAY}, {"paid_at": 3 * DAY, "refund": True}]
    returned = [{"merchant": 1}, {"merchant": 1, "refund": True}, {"merchant": 1, "refund": True}]
    (edge,) = edges(log_of(tmp_path, rows(*bought_twice, *returned)))
    assert (edge["merchant"], edge["payments"], edge["days"], edge["last_at"]) == (0, 1, 1, 2 * DAY)


def test_quantities_add_up_and_never_go_below_zero(tmp_path):
    log = log_of(
        tmp_path,
        rows(
            {"product": 1, "quantity": 3},
            {"product": 1},
            {"product": 1, "quantity": 2, "refund": True},
            {"product": 2, "quantity": 1},
            {"product": 2, "quantity": 1},
            {"product": 2, "quantity": 9, "refund": True},
            {},
        ),
    )
    found = {edge["product"]: (edge["payments"], edge["quantity"]) for edge in edges(log, "bought")}
    assert found == {1: (1, 2), 2: (1, 0)}


def test_walled_payments_are_in_no_edge(tmp_path):
    log = log_of(tmp_path, rows({"product": 1, "walled": True}, {"user": 1, "product": 2}))
    assert [edge["user"] for edge in edges(log)] == [1]
    assert [edge["product"] for edge in edges(log, "bought")] == [2]


def test_only_payments_until_a_moment_count(tmp_path):
    log = log_of(tmp_path, rows({"paid_at": 100}, {"paid_at": 200}))
    assert [edge["payments"] for edge in edges(log, until=199)] == [1]


def test_users_asked_for_are_in_the_answer_even_without_edges(tmp_path):
    log = log_of(tmp_path, rows({"user": 1}, {"user": 2}))
    asked = log.aggregate(users=np.array([2, 5]))["paid"]
    assert (asked.users.tolist(), asked.offsets.tolist()) == ([2, 5], [0, 1, 1])


def test_an_empty_log_gives_no_edges(tmp_path):
    found = PaymentLog(tmp_path).aggregate(users=np.array([3]))
    assert [(len(e.edges), e.offsets.tolist()) for e in found.values()] == [(0, [0, 0])] * 2


def test_the_inbox_counts_unless_the_log_has_it_already(tmp_path):
    log = log_of(tmp_path, rows({"payment": 5}))
    inbox = {
        "payment": np.array([5, 6], dtype=np.uint64),
        "product": np.array([None, 4], dtype=object),
        "quantity": np.array([None, None], dtype=object),
        "band": np.array([1, 1]),
        "paid_at": np.array([0, 9]),
        "refund": np.array([False, False]),
        "walled": np.array([False, False]),
    } | {name: np.array([0, 0]) for name in ("user", "merchant", "scene")}
    assert [edge["payments"] for edge in edges(log, extra=inbox)] == [2]
    assert [edge["product"] for edge in edges(log, "bought", extra=inbox)] == [4]


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "user": st.sampled_from([0, 1, 1500]),
            "merchant": st.integers(0, 2),
            "product": st.sampled_from([NONE, 0, 1]),
            "quantity": st.sampled_from([NONE, 0, 1, 5]),
            "band": st.integers(0, 4),
            "scene": st.integers(0, 1),
            "paid_at": st.integers(0, 4 * DAY),
            "refund": st.booleans(),
            "walled": st.booleans(),
        }
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.integers(0, 30))
def test_the_expression_equals_the_rules_row_by_row(tmp_path_factory, values, split):
    all_rows = rows(*values)
    log = log_of(tmp_path_factory.mktemp("log"), all_rows[:split], all_rows[split:])
    assert edges(log) == by_hand(values, ("user", "merchant", "scene"))
    assert edges(log, "bought") == by_hand([v for v in values if v["product"] != NONE], ("user", "product"))


def by_hand(values, key):
    groups = defaultdict(list)
    for value in values:
        if not value["walled"]:
            groups[tuple(value[name] for name in key)].append(value)
    out = []
    for at, group in sorted(groups.items()):
        purchases = [v for v in group if not v["refund"]]
        payments = 2 * len(purchases) - len(group)
        if payments <= 0:
            continue
        times, bands = sorted(v["paid_at"] for v in purchases), sorted(v["band"] for v in purchases)
        amount = sum(
            (-1 if v["refund"] else 1) * (1 if v["quantity"] == NONE else v["quantity"]) for v in group
        )
        edge = dict(zip(key, at, strict=True)) | {"payments": payments, "last_at": times[-1]}
        if "product" in key:
            edge |= {"quantity": max(0, amount)}
        else:
            days = min(len({t // DAY for t in times}), payments)
            edge |= {"days": days, "first_at": times[0], "band": bands[(len(bands) - 1) // 2]}
        out.append(edge)
    return out
