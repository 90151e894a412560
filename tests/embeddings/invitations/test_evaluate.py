from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from embeddings.invitations.evaluate import (
    METHODS,
    calibration_error,
    evaluate_invitations,
)
from embeddings.invitations.question import by_time
from embeddings.invitations.theme import category_themes
from graph.errors import InputError

PROMISE = {"target": 0.7, "confidence": 0.9}


@pytest.fixture
def asked(town, make_snapshot):
    """The town with its third window."""
    made = town()
    rows = {user: {"green": 10} if made.later[i] else {"salt": 50} for i, user in enumerate(made.now.users)}
    later = make_snapshot(bought=rows, categories={"green": "tea", "salt": "basics"})
    return by_time(made.before, made.now, later)


def test_a_planted_circle_is_served_and_its_promise_kept(asked):
    value = evaluate_invitations(asked, **PROMISE)
    ours = value["methods"][0]
    assert [row["name"] for row in value["methods"]] == list(METHODS)
    assert [circle["circle_id"] for circle in value["circles"]] == ["tea"]
    assert ours["metrics"]["circles_significantly_below"] == 0
    assert ours["metrics"]["pooled_fit"] > 0.8 > value["asked"]["base_rate"]
    assert value["asked"]["auc_within_circles"] > 0.8


def test_an_audience_that_the_service_would_refuse_is_not_served(asked):
    value = evaluate_invitations(asked, **PROMISE)
    size = value["circles"][0]["audience"]
    smaller = evaluate_invitations(asked, **PROMISE, min_audience=size + 1)
    assert (smaller["circles"], smaller["methods"][0]["metrics"]["circles_served"]) == ([], 0)


def test_peers_without_a_size_get_ours(asked):
    value = evaluate_invitations(asked, **PROMISE)
    sizes = {method["name"]: method["metrics"]["audience"] for method in value["methods"]}
    assert (
        sizes["look-alike"] == sizes["look-alike-by-category"] == sizes["theme-spend"] == sizes["circles"] > 0
    )


def test_nothing_after_the_cut_changes_who_is_invited(asked, tmp_path):
    files = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    evaluate_invitations(asked, **PROMISE, lists=files[0])
    evaluate_invitations(replace(asked, later=asked.now), **PROMISE, lists=files[1])
    one, two = (pq.read_table(file).to_pylist() for file in files)
    assert one == two


def test_lists_mark_what_is_certified_and_are_best_first(asked, tmp_path):
    value = evaluate_invitations(asked, **PROMISE, lists=tmp_path / "lists.parquet")
    rows = pq.read_table(tmp_path / "lists.parquet").to_pylist()
    assert list(rows[0]) == ["circle_id", "user_id", "score", "certified"]
    tea = [row for row in rows if row["circle_id"] == "tea"]
    assert sum(row["certified"] for row in tea) == value["circles"][0]["audience"]
    assert [row["score"] for row in tea] == sorted((row["score"] for row in tea), reverse=True)


def test_unknown_methods_and_data_without_outcomes_are_refused(asked):
    with pytest.raises(InputError, match="method 'magic' is not known"):
        evaluate_invitations(asked, **PROMISE, methods=["magic"])
    with pytest.raises(InputError, match="no category has 40 people"):
        evaluate_invitations(replace(asked, since=asked.before), **PROMISE)


def test_calibration_error_is_the_mean_distance():
    claimed, fits = np.repeat([0.2, 0.8], 50), np.repeat([False, True], 50)
    assert calibration_error(claimed, fits, num_bins=2) == pytest.approx(0.2)


def test_categories_are_the_circles(asked):
    assert set(category_themes(asked.before)) == {"tea", "cake", "basics"}
