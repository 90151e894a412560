"""Scores of a filter tried with other exponents are those of its matrix."""

import numpy as np
import pytest

from embeddings.batch import raw_scores
from embeddings.channels import FILTERS, default_exponents, ground_of, matrix_of
from embeddings.touches import touches_of
from embeddings.trials import FilterScores, some_people


@pytest.mark.parametrize("name", ["members", "merchants", "product_categories"])
@pytest.mark.parametrize("min_supporters", [1, 10])
def test_scores_are_those_of_the_whole_matrix_whatever_was_tried_before(planted, name, min_supporters):
    touches = touches_of(planted, half_life_days=180)
    ground = ground_of(planted, touches, min_supporters=min_supporters)
    asked = touches.rows(np.arange(60, 90))
    scores = FilterScores(name, ground, asked)
    changes = [{}, {"a": 0.5}, {"power": 0.5}, {"source": 0.0}, {"target": 0.6}, {"a": 1.5}, {}]
    for change in changes:
        exponents = default_exponents(name) | change
        whole = raw_scores(asked.of[FILTERS[name]], matrix_of(name, ground, exponents))
        assert whole.any()
        assert scores(exponents) == pytest.approx(whole, rel=1e-5, abs=1e-7)


def test_only_what_somebody_touched_takes_part(make_snapshot):
    snapshot = make_snapshot(members={"ann": ["tea"], "bob": ["tea", "chess"], "cat": ["chess"]})
    touches = touches_of(snapshot, half_life_days=180)
    scores = FilterScores(
        "members", ground_of(snapshot, touches, min_supporters=1), touches.rows(np.array([0]))
    )
    assert [snapshot.circles[int(row)] for row in scores.things] == ["tea"]
    # With a = 1, ann counts 1 and bob, who is in two, 1/2; bob alone is in both tea and chess.
    found = scores({"a": 1.0, "power": 1.0, "source": 0.0, "target": 0.0})
    assert dict(zip(snapshot.circles, found[0].tolist(), strict=True)) == {"tea": 1.5, "chess": 0.5}


def test_large_data_ask_only_some_people_always_the_same():
    assert some_people(1_000, 4_000, cells=10_000_000).all()
    some = some_people(1_000, 40_000, cells=10_000_000)
    assert some.sum() == 250
    assert (some == some_people(1_000, 40_000, cells=10_000_000)).all()
