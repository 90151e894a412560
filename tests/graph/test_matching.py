"""Rows between pairs: none may be missed, and few others found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.aggregate import Adder, _table
from graph.log import NONE, Manifest, PaymentLog, empty_rows
from graph.matching import COLUMNS, Marks, rows_between
from graph.segments import SegmentWriter, read_rows

NOTHING = _table(empty_rows())
# Payments that wait in the inbox: one between a pair that is looked at, one of a known user elsewhere.
INBOX = {"payment": [10**9, 10**9 + 1], "user": [35, 35], "merchant": [1, 39], "product": [None, 3]} | {
    "quantity": [None, 2], "band": [2, 2], "scene": [1, 1], "paid_at": [50, 60],
    "refund": [False, False], "walled": [False, False],
}  # fmt: skip
INDEX = st.integers(0, 2**32 - 2)


@pytest.fixture
def log(tmp_path):
    """Two segments of 4,000 payments of 300 users at 40 merchants, a third with one of 500 products."""
    log, rng, segments = PaymentLog(tmp_path), np.random.default_rng(0), []
    for part in range(2):
        rows = empty_rows(4_000)
        rows["payment"] = np.arange(4_000) + 4_000 * part
        for name, most in {"user": 300, "merchant": 40, "paid_at": 10**8, "band": 9, "scene": 3}.items():
            rows[name] = rng.integers(0, most, 4_000)
        rows["user"] *= 7  # of several buckets
        rows["product"] = np.where(rng.random(4_000) < 0.3, rng.integers(0, 500, 4_000), NONE)
        rows["quantity"], rows["refund"] = NONE, rng.random(4_000) < 0.2
        writer = SegmentWriter(log)
        writer.add(rows)
        segments.append(writer.close())
    log.commit(Manifest(segments=tuple(segments)))
    return log


def some_pairs():
    users = np.arange(0, 300, 5) * 7
    return {
        "paid": (users, np.arange(60) % 40),
        "bought": (np.repeat(users[:9], 100), np.tile(np.arange(100) * 5, 9)),
    }


@given(pairs=st.lists(st.tuples(INDEX.filter(lambda user: user < 10**6), INDEX), max_size=30))
def test_a_pair_is_never_denied(pairs):
    users, things = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    marks = Marks(users, things)
    assert marks.of_pairs(users, things).all()
    assert marks.of_users(users).all()


def test_others_are_seldom_taken_for_a_pair():
    users, things = np.divmod(np.arange(100_000), 100)
    marks = Marks(users[::50], things[::50])
    assert marks.of_pairs(users, things).mean() < 0.02 + 0.08


@pytest.mark.parametrize(("kind", "thing"), [("paid", "merchant"), ("bought", "product")])
def test_exactly_the_rows_between_pairs_are_found(log, kind, thing):
    pairs = some_pairs()
    found = rows_between(log.files(), NOTHING, pairs)[kind]
    assert tuple(found.column_names) == COLUMNS
    wanted = set(zip(*(both.tolist() for both in pairs[kind]), strict=True))
    expected = [pair for pair in log_pairs(log, thing) if pair in wanted]
    assert sorted(zip(found["user"].to_pylist(), found[thing].to_pylist(), strict=True)) == sorted(expected)
    assert expected


def log_pairs(log, thing):
    return [pair for path in log.files() for pair in read_rows(path)[["user", thing]].tolist()]


@pytest.mark.parametrize("most_rows", [10**6, 10])
def test_edges_between_pairs_are_those_of_a_whole_addition(log, monkeypatch, most_rows):
    monkeypatch.setattr("graph.matching.MOST_ROWS", most_rows)  # above, whole files are joined instead
    pairs = some_pairs()
    users = pairs["paid"][0]
    with Adder(log, threads=1) as adder:
        whole = adder.add_up(users=users, extra=INBOX)
        few = adder.add_up(users=users, pairs=pairs, extra=INBOX)
    for kind, thing in (("paid", "merchant"), ("bought", "product")):
        keys = pairs[kind][0] << 32 | pairs[kind][1]
        owner = np.repeat(whole[kind].users, np.diff(whole[kind].offsets))
        between = np.isin(owner << 32 | whole[kind].edges[thing], keys)
        assert whole[kind].edges[between].tolist() == few[kind].edges.tolist()
        assert between.any()


def test_no_files_and_no_pairs_give_no_rows(log):
    nothing = {kind: (np.zeros(0, dtype=np.int64),) * 2 for kind in ("paid", "bought")}
    assert [rows.num_rows for rows in rows_between([], NOTHING, some_pairs()).values()] == [0, 0]
    assert [rows.num_rows for rows in rows_between(log.files(), NOTHING, nothing).values()] == [0, 0]
