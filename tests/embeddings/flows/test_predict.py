"""Flows of a few people, worked by hand, and what a forecast must find."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.flows.history import FlowHistory
from embeddings.flows.predict import FlowRules, chosen, forecast, rank_correlation

BOTH = np.array([1.0, 1.0], dtype=np.float32)


def history(*visits, shape):
    """Visits as (person, circle, period)."""
    columns = np.array(visits, dtype=np.int64).reshape(-1, 3)
    return FlowHistory.of(columns[:, 0], columns[:, 1], columns[:, 2], shape)


@pytest.fixture
def small():
    """Person 0 goes to a, then to b; person 1 goes to a twice."""
    return history((0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 0, 1), shape=(2, 2, 2))


def test_a_flow_is_who_came_first_after_being_elsewhere(small):
    assert small.flow(1).tolist() == [[0, 1], [0, 0]]
    assert small.at_risk(1).tolist() == [[0, 2], [0, 0]]
    new, absent = small.rates(1)
    assert (new.tolist(), absent.tolist()) == ([0, 1], [0, 2])


def test_a_forecast_is_those_who_could_come_times_how_many_do(small):
    # One of two could-comers came to b, as its rate lets expect; person 1 alone could come next.
    assert forecast(small, FlowRules(strength=1e9)).tolist() == pytest.approx(np.array([[0, 0.5], [0, 0]]))


def test_who_counts_twice_counts_twice(small):
    assert small.weighted(BOTH * 2).flow(1).tolist() == [[0, 2], [0, 0]]


def test_a_pair_that_flows_more_than_its_circles_say_is_lifted():
    visits = [(u, u % 2, 0) for u in range(40)] + [(u, u % 2, t) for u in range(40) for t in (1, 2)]
    visits += [(u, 2, 1) for u in range(0, 20, 2)]  # from circle 0 alone
    known = history(*visits, shape=(3, 40, 3))
    told = forecast(known, FlowRules(strength=1.0))
    assert told[0, 2] > told[1, 2]


def test_nothing_of_a_later_period_is_seen():
    rng = np.random.default_rng(0)
    active = rng.random((6, 30, 4)) < 0.2
    one, other = active.copy(), active.copy()
    other[4:] = ~other[4:]
    told = [forecast(FlowHistory(a, np.ones(30, np.float32)).until(4), FlowRules()) for a in (one, other)]
    assert np.array_equal(*told)


def test_rules_are_chosen_from_the_past_and_few_periods_take_the_defaults(small):
    assert chosen(small) == FlowRules()
    active = np.random.default_rng(1).random((6, 30, 4)) < 0.2
    assert chosen(FlowHistory(active, np.ones(30, np.float32))).half_life in (1.0, 2.0, 4.0, 8.0)


def test_one_period_is_too_few(small):
    with pytest.raises(ValueError, match="two periods"):
        forecast(small.until(1), FlowRules())


square = st.integers(2, 5).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 9), min_size=n, max_size=n), min_size=n, max_size=n)
)


@given(square)
def test_a_rank_correlation_is_one_with_itself_and_turns_with_the_sign(rows):
    values = np.array(rows, dtype=np.float64)
    same, turned = rank_correlation(values, values), rank_correlation(-values, values)
    assert same == pytest.approx(1.0) or same == 0.0
    assert turned == pytest.approx(-same)


def test_a_rank_correlation_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(2)
    one, other = rng.integers(0, 5, (2, 6, 6)).astype(np.float64)
    kept = ~np.eye(6, dtype=bool)
    assert rank_correlation(one, other) == pytest.approx(stats.spearmanr(one[kept], other[kept]).statistic)
