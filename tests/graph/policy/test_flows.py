"""Flows between circles and retention, worked by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.flows import (
    NEVER,
    first_joins,
    flow_matrix,
    members_at,
    newcomers,
    num_joined,
    num_left,
    of_people,
    retention,
)

NAMES = ("user", "circle", "joined_at", "left_at")
rows_ = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(-1, 9), st.just(-1) | st.integers(10, 12)),
    max_size=12,
)


def table(*rows):
    return {name: np.array([row[i] for row in rows], dtype=np.int64) for i, name in enumerate(NAMES)}


def test_first_joins_are_the_earliest_of_each_circle():
    columns = table((7, 3, 20, 25), (7, 3, 10, 15), (7, 5, 12, -1), (9, 5, -1, -1), (9, 8, 4, -1))
    assert first_joins(columns, [3, 5]).tolist() == [[10, 12], [NEVER, -1]]


def test_a_flow_is_who_joined_here_after_there():
    columns = table(
        (1, 0, 10, -1), (1, 1, 20, -1), (2, 0, 10, 15), (2, 1, 21, -1), (3, 1, 5, -1), (3, 0, 20, -1)
    )
    first = first_joins(columns, [0, 1])
    assert flow_matrix(first, 20, 30).tolist() == [[0, 2], [1, 0]]
    assert flow_matrix(first, 21, 30).tolist() == [[0, 1], [0, 0]]
    assert num_joined(first, 20, 30).tolist() == [1, 2]


def test_joining_both_at_once_or_at_an_unknown_time_is_no_flow():
    columns = table((1, 0, 10, -1), (1, 1, 10, -1), (2, 0, 10, -1), (2, 1, -1, -1))
    assert flow_matrix(first_joins(columns, [0, 1]), 0, 99).tolist() == [[0, 0], [1, 0]]


def test_coming_back_is_no_new_flow():
    columns = table((1, 1, 5, 8), (1, 0, 10, -1), (1, 1, 20, -1))
    assert flow_matrix(first_joins(columns, [0, 1]), 15, 30).sum() == 0


@given(rows_, st.integers(0, 9))
def test_flows_of_two_windows_add_up_to_that_of_both(rows, middle):
    first = first_joins(table(*rows), [0, 1, 2])
    parts = flow_matrix(first, 0, middle) + flow_matrix(first, middle, 10)
    assert np.array_equal(parts, flow_matrix(first, 0, 10))


@given(rows_)
def test_no_flow_is_larger_than_what_joined_and_nothing_flows_to_itself(rows):
    first = first_joins(table(*rows), [0, 1, 2])
    flow = flow_matrix(first, 2, 7)
    assert (flow <= num_joined(first, 2, 7)[None, :]).all()
    assert not flow.diagonal().any()


@given(rows_, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert np.array_equal(first_joins(table(*rows), [0, 1]), first_joins(table(*shuffled), [0, 1]))


def test_members_and_leavers_of_a_month():
    columns = table((1, 0, 5, 12), (1, 0, 14, -1), (2, 0, 5, 12), (3, 0, 12, -1), (4, 0, -1, 30))
    assert members_at(columns, 12).tolist() == [1, 2, 4]
    assert members_at(columns, 20).tolist() == [1, 3, 4]
    assert num_left(columns, 10, 20) == 1
    assert newcomers(columns, 10, 20) == (1, 2)


def test_retention_counts_who_is_still_there():
    columns = table((1, 0, 5, -1), (2, 0, 6, 15), (3, 0, 7, 8), (4, 0, 12, -1))
    assert retention(columns, [(0, 10), (10, 20)]).tolist() == [[3, 2, 1], [1, 1, -1]]


def test_nobody_gives_nothing():
    nobody = table()
    assert retention(nobody, [(0, 10)]).tolist() == [[0, 0]]
    assert (newcomers(nobody, 0, 10), num_left(nobody, 0, 10)) == ((0, 0), 0)
    assert flow_matrix(first_joins(nobody, [0, 1]), 0, 9).tolist() == [[0, 0], [0, 0]]


def test_only_some_people_are_counted():
    assert of_people(table((1, 0, 5, -1), (2, 0, 6, -1)), np.array([2]))["joined_at"].tolist() == [6]
