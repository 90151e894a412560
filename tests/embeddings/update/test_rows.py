"""Rows that move when others come between, and whose rows are not the same."""

import numpy as np
import pytest

from embeddings.touches import Matrix
from embeddings.update.rows import Moved, changed_users, moved_matrix, moved_values, places, touching
from graph.csr import Csr
from graph.ids import Ids


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (["a", "c"], ["a", "b", "c"], [0, 2]),
        (["a", "b"], ["b"], [-1, 0]),
        (["a"], ["茶", "aa"], [-1]),
        (["aa", "茶"], ["aa", "b", "茶"], [0, 2]),
        ([], ["a"], []),
        (["a"], [], [-1]),
    ],
)
def test_an_id_is_found_where_it_is_now(old, new, found):
    assert places(Ids.of(old), Ids.of(new)).tolist() == found


def test_a_matrix_keeps_its_entries_when_rows_and_columns_come_between():
    matrix = Matrix(np.array([[1, 0], [2, 3]]))
    moved = moved_matrix(matrix, np.array([0, 2]), np.array([1, 2]), (3, 3))
    assert moved.toarray().tolist() == [[0, 1, 0], [0, 0, 0], [0, 2, 3]]


def test_values_of_what_is_new_are_zero():
    assert moved_values(np.array([5, 7]), np.array([0, 2]), 3).tolist() == [5, 0, 7]


def test_whoever_touches_a_wanted_thing_is_found():
    edges = Csr.of(np.array([0, 2, 2]), np.array([1, 0, 1]), (3, 2))
    assert touching(edges, np.array([True, False])).tolist() == [False, False, True]
    assert touching(edges, np.array([False, False])).tolist() == [False, False, False]


def test_only_who_did_something_else_has_changed(make_snapshot):
    paid = {"a": {"m": 1}, "b": {"m": 2}, "c": {"m": 3}}
    old = make_snapshot(paid=paid, members={"a": ["x"]})
    new = make_snapshot(paid={**paid, "b": {"m": 2, "k": 1}, "bb": {"m": 1}}, members={"a": ["x"]})
    then, now = changed_users(old, new, Moved.between(old, new))
    assert [old.users[row] for row in then] == ["b"]
    assert [new.users[row] for row in now] == ["b", "bb"]


def test_a_decision_a_dismissal_or_another_category_is_a_change(make_snapshot):
    paid, shops = {"a": {"m": 1}, "b": {"k": 2}, "c": {"k": 3}, "d": {"k": 1}}, {"m": "tea", "k": "gym"}
    old = make_snapshot(paid=paid, categories=shops, circles=["x"])
    new = make_snapshot(
        paid=paid, categories={**shops, "m": "gym"}, circles=["x"], refusing=["b"], dismissed={"c": ["x"]}
    )
    _, now = changed_users(old, new, Moved.between(old, new))
    assert [new.users[row] for row in now] == ["a", "b", "c"]
