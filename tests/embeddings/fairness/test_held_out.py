"""Fairness of lists on a graph small enough to count by hand."""

import numpy as np

from embeddings.evaluation.ranking import Answers, Ranked
from embeddings.fairness.held_out import CALIBRATION, EXPOSURE, fairness_of


def question(planted):
    """The first hundred people are listed two circles, one of which those of even number joined."""
    users = np.arange(100)
    circles = np.tile([0, 1], (100, 1))
    scores = np.tile(np.array([2.0, 1.0], np.float32), (100, 1))
    rows = np.flatnonzero(users % 2 == 0)
    asked = Answers(users, rows, np.zeros(len(rows), np.int64), np.ones(100, np.int64))
    return Ranked(circles, scores), asked


def by_city(planted, city_of):
    ranked, asked = question(planted)
    cities = {planted.users[user]: city_of(user) for user in range(100)}
    lines = fairness_of(ranked, asked, planted, cities=cities)
    return {(line["group"], line["measure"]): line["ratio"] for line in lines if line["by"] == "city"}


def test_who_joins_as_often_as_the_scores_say_is_even(planted):
    found = by_city(planted, lambda user: "Wuhan" if user < 50 else "Xian")
    assert set(found.values()) == {1.0}


def test_a_city_that_joins_twice_as_often_as_foretold_is_told(planted):
    found = by_city(planted, lambda user: "Xian" if user % 2 else "Wuhan")
    assert (found["Wuhan", CALIBRATION], found["Xian", CALIBRATION]) == (2.0, 0.0)
    assert found["Wuhan", EXPOSURE] == 1.0


def test_quarters_of_activity_are_of_those_who_were_asked(planted):
    ranked, asked = question(planted)
    lines = fairness_of(ranked, asked, planted)
    assert {line["by"] for line in lines} == {"activity"}
    assert {line["ratio"] for line in lines if line["measure"] == EXPOSURE} == {1.0}
