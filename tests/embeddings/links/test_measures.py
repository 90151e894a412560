"""Figures of lists and weights, by hand."""

import numpy as np
import pytest

from embeddings.links.measures import auc, recall, reliability_table


def test_area_is_the_share_of_pairs_in_order():
    labels = np.array([True, True, False, False])
    assert auc(labels, np.array([3.0, 1.0, 2.0, 0.0])) == 0.75
    assert auc(labels, np.array([3.0, 2.0, 1.0, 0.0])) == 1.0
    assert auc(labels, np.array([1.0, 1.0, 1.0, 0.0])) == 0.75  # a tie counts half


@pytest.mark.parametrize("labels", [[True, True], [False, False], []])
def test_area_needs_both_kinds(labels):
    assert np.isnan(auc(np.array(labels, dtype=bool), np.arange(len(labels), dtype=float)))


def test_recall_is_over_what_could_be_found():
    hits = np.array([[True, False, True], [False, True, False]])
    assert recall(hits, np.array([5, 1]), 3).tolist() == [2 / 3, 1.0]
    assert recall(hits, np.array([5, 1]), 1).tolist() == [1.0, 0.0]
    assert recall(hits[:, :0], np.array([5, 0]), 10).tolist() == [0.0, 0.0]


def test_true_claims_have_no_error_at_a_prior_of_one_half():
    """Of 100 linked and 900 others: three quarters of the linked at .75 by weight, and so on."""
    labels = np.arange(1000) < 100
    claimed = np.where(np.arange(1000) % 4 == 0, 0.25, 0.75)
    claimed[100:] = np.where(np.arange(900) % 4 == 0, 0.75, 0.25)
    error, table = reliability_table(claimed, labels)
    assert error == pytest.approx(0.0, abs=1e-9)
    assert sum(row["pairs"] for row in table) == 1000


def test_claims_that_are_too_high_by_a_tenth_are_a_tenth_wrong():
    labels = np.arange(1000) < 500
    error, table = reliability_table(np.full(1000, 0.6), labels)
    assert error == pytest.approx(0.1)
    assert [row["pairs"] for row in table if row["pairs"]] == [1000]  # equal claims are not torn apart


def test_a_table_needs_both_kinds():
    error, table = reliability_table(np.ones(3), np.ones(3, dtype=bool))
    assert np.isnan(error)
    assert table == []
