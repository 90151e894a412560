"""Compressed sparse rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.csr import Csr


def small():
    """Row 0: columns 1, 2. Row 1: nothing. Row 2: column 0."""
    rows, indices = np.array([2, 0, 0]), np.array([0, 2, 1])
    return Csr.of(rows, indices, (3, 4), {"weight": np.array([7.0, 5.0, 3.0], dtype=np.float32)})


def test_edges_are_grouped_by_row_with_increasing_columns():
    csr = small()
    assert (csr.indptr.tolist(), csr.indices.tolist()) == ([0, 2, 2, 3], [1, 2, 0])
    assert csr.columns["weight"].tolist() == [3.0, 5.0, 7.0]
    assert (csr.num_rows, csr.num_columns, csr.num_edges) == (3, 4, 3)
    assert (csr.indptr.dtype, csr.indices.dtype) == (np.int64, np.int32)


def test_one_row_is_a_slice():
    csr = small()
    assert [csr.row(i).tolist() for i in range(3)] == [[1, 2], [], [0]]
    assert csr.columns["weight"][csr.row_slice(0)].tolist() == [3.0, 5.0]
    assert csr.rows().tolist() == [0, 0, 2]


def test_transposing_turns_rows_into_columns_and_back():
    csr = small()
    turned = csr.transpose()
    assert (turned.num_rows, turned.num_columns) == (4, 3)
    assert [turned.row(i).tolist() for i in range(4)] == [[2], [0], [0], []]
    assert turned.columns["weight"].tolist() == [7.0, 3.0, 5.0]
    back = turned.transpose()
    assert (back.indptr.tolist(), back.indices.tolist()) == (csr.indptr.tolist(), csr.indices.tolist())


def test_parallel_edges_stay():
    csr = Csr.of(np.array([0, 0]), np.array([1, 1]), (1, 2), {"scene": np.array([4, 2], dtype=np.uint8)})
    assert (csr.indices.tolist(), csr.columns["scene"].tolist()) == ([1, 1], [2, 4])


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_a_matrix_without_edges(shape):
    empty = np.zeros(0, dtype=np.int64)
    csr = Csr.of(empty, empty, shape, {"weight": np.zeros(0, dtype=np.float32)})
    assert (csr.num_rows, csr.num_columns, csr.num_edges) == (*shape, 0)
    assert csr.transpose().num_rows == shape[1]


edges = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), max_size=20)


@given(edges, st.randoms(use_true_random=False))
def test_the_order_in_which_edges_come_does_not_matter(listed, luck):
    def build(coordinates):
        rows, indices, payments = np.array(coordinates, dtype=np.int64).reshape(-1, 3).T
        return Csr.of(rows, indices, (5, 4), {"payments": payments.astype(np.uint32)})

    shuffled = luck.sample(listed, len(listed))
    one, two = build(listed), build(shuffled)
    assert one.indptr.tolist() == two.indptr.tolist()
    assert one.indices.tobytes() == two.indices.tobytes()
    assert one.columns["payments"].tobytes() == two.columns["payments"].tobytes()


def test_a_saved_matrix_is_read_back(tmp_path):
    csr = small()
    csr.save(tmp_path, "paid")
    loaded = Csr.load(tmp_path, "paid", 4, ("weight",))
    assert loaded.num_columns == 4
    assert loaded.indptr.tolist() == csr.indptr.tolist()
    assert loaded.indices.tolist() == csr.indices.tolist()
    assert loaded.columns["weight"].tolist() == csr.columns["weight"].tolist()
