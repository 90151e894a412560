"""Rising demand: worked by hand where two periods suffice, planted where it takes many labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.portraits import rising
from graph.portraits.rising import Counts, follow, trends


def counts(*periods, people=1000, scale=0.0, kept=1.0):
    values = np.array(periods, dtype=np.int64)
    return Counts(values, np.full(len(values), people), scale, kept)


def alone(group, **options):
    """Trends of a group that is everybody."""
    return trends(group, follow(group), **options)


@pytest.fixture
def without_swings(monkeypatch):
    monkeypatch.setattr(rising, "SWINGS", (0.0,))
    monkeypatch.setattr(rising, "FADINGS", (0.0,))


def test_what_stays_as_it_was_is_expected_to_stay():
    for trend in alone(counts([400, 40], [400, 40], [400, 40])):
        assert trend.change == pytest.approx(0.0, abs=0.005)
        assert trend.low < 0.0 < trend.high
        assert trend.probability == pytest.approx(0.5, abs=0.02)


def test_chance_is_expected_to_swing_back_to_the_mean(without_swings):
    # 100, then 120 buyers; both as likely to be chance, so 110 are expected: a twelfth less.
    found = alone(counts([100, 400], [120, 400]))
    assert found[0].change == pytest.approx(110 / 120 - 1, abs=0.01)
    assert found[1].change == pytest.approx(0.0, abs=0.01)


def test_chance_alone_gives_the_width_of_the_interval(without_swings):
    # Level: half the variance of a draw, seen twice; the draw to come: all. A share .25 of 1,000: .003.
    trend = alone(counts([250, 500], [250, 500]))[0]
    assert np.log1p(trend.high) == pytest.approx(1.645 * np.sqrt(1.5 * 0.003), rel=0.05)


def test_a_step_that_stays_is_believed_more_than_one_that_just_came():
    others = [200, 300, 400, 500]
    just_came = alone(counts(*([[100, *others]] * 5), [150, *others]))[0]
    stayed = alone(counts(*([[100, *others]] * 2), *([[150, *others]] * 4)))[0]
    assert just_came.change < stayed.change < 0.0


def test_a_group_about_which_nothing_is_known_moves_with_the_larger_one():
    market = counts([100, 400], [150, 400], people=10_000)
    found = trends(counts([90, -300], [700, 20], scale=1e6), follow(market))
    assert found[0].change == pytest.approx(found[0].around, abs=1e-4)
    assert found[0].around < 0.0


def test_a_group_that_is_everybody_does_what_everybody_does():
    market = counts([100, 400], [150, 380], [120, 420])
    for trend in alone(market):
        assert trend.change == pytest.approx(trend.around, abs=1e-3)


def test_a_busier_period_and_a_growing_group_are_no_rise():
    values = np.array([[100, 400], [200, 800], [400, 1600]])
    growing = Counts(values, np.array([1000, 2000, 4000]))
    assert [t.change for t in alone(growing)] == pytest.approx([0.0, 0.0], abs=0.005)


def test_counting_a_few_labels_of_each_person_changes_only_how_sure_it_is():
    market = follow(counts([1000, 4000], [1500, 4000], [1250, 4000], people=10_000))
    whole = trends(counts([100, 400], [150, 400], [125, 400]), market)[0]
    quarter = trends(counts([25, 100], [38, 100], [31, 100], kept=0.25), market)[0]
    assert quarter.change == pytest.approx(whole.change, abs=0.03)
    assert quarter.high - quarter.low > whole.high - whole.low


def test_the_larger_group_may_be_known_for_longer():
    long = counts([100, 400], [100, 400], [100, 400], [150, 400], people=2000)
    found = trends(counts([75, 200]), follow(long))
    assert found[0].change < -0.05
    assert found[1].change == pytest.approx(0.0, abs=0.02)


def test_only_a_rise_that_is_likely_enough_is_told_as_one():
    up, even = (rising.Trend(0.1, -0.1, 0.3, 0.0, probability) for probability in (0.8, 0.79))
    assert up.is_likely
    assert not even.is_likely


def test_no_labels_have_no_trends():
    assert alone(counts([], [])) == []


@pytest.mark.parametrize(
    ("group", "within"),
    [
        (Counts(np.ones((2, 3), np.int64), np.ones(3, np.int64)), None),
        (counts([1, 2], people=0), None),
        (Counts(np.ones((0, 2), np.int64), np.ones(0, np.int64)), None),
        (counts([1, 2]), counts([1, 2, 3])),
        (counts([1, 2], [1, 2]), counts([1, 2])),
    ],
)
def test_counts_that_do_not_fit_are_refused(group, within):
    with pytest.raises(ValueError, match=r"expected one|shape|no part"):
        follow(group, None if within is None else follow(within))


shapes = st.tuples(st.integers(1, 5), st.integers(1, 6))


@settings(deadline=None)
@given(shapes, st.integers(0, 10_000), st.sampled_from([0.0, 3.0, 40.0]))
def test_intervals_hold_what_is_expected_whatever_the_counts(shape, seed, scale):
    rng = np.random.default_rng(seed)
    market = counts(*rng.integers(0, 1000, shape), people=1000)
    group = counts(*rng.integers(-50, 300, shape), people=300, scale=scale)
    for trend in trends(group, follow(market)):
        assert -1.0 < trend.low <= trend.change <= trend.high < np.inf
        assert 0.0 <= trend.probability <= 1.0


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(5)), st.integers(0, 1000))
def test_order_of_labels_does_not_matter(order, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(10, 500, (4, 5))
    found, moved = alone(counts(*values)), alone(counts(*values[:, order]))
    assert [t.change for t in moved] == pytest.approx([found[i].change for i in order], abs=1e-9)


def planted(seed, scale):
    """Trends of a group in a market after eight periods, its last growth, and how it changed in the ninth."""
    rng = np.random.default_rng(seed)
    swing = np.zeros((9, 300))
    for period in range(1, 9):
        swing[period] = 0.7 * swing[period - 1] + rng.normal(0.0, 0.15, 300)
    shares = np.clip(rng.uniform(0.05, 0.4, 300) * np.exp(swing), 0.0, 0.9)
    group = rng.binomial(1000, shares)
    market = counts(*(group + rng.binomial(3000, shares))[:-1], people=4000)
    noise = np.rint(rng.laplace(0.0, scale, group.shape)) if scale else np.zeros(group.shape)
    known = counts(*(group + noise)[:-1], scale=scale)
    growth = known.values[-1] / np.maximum(known.values[-2], 1)
    return trends(known, follow(market)), growth, group[-1] / group[-2] - 1.0


@pytest.mark.parametrize("scale", [0.0, 20.0])
def test_intervals_hold_nine_of_ten_planted_changes(scale):
    inside = []
    for seed in range(4):
        found, _, truth = planted(seed, scale)
        inside += [t.low <= change <= t.high for t, change in zip(found, truth, strict=True)]
    assert 0.87 < np.mean(inside) < 0.95


@pytest.mark.parametrize(("scale", "margin"), [(0.0, 0.2), (20.0, 0.05)])
def test_planted_rises_are_found_better_than_by_growth_so_far(scale, margin):
    hits = []
    for seed in range(4):
        found, growth, truth = planted(seed, scale)
        best = truth >= np.quantile(truth, 0.75)
        scores = np.array([t.change for t in found]), growth
        hits.append([best[np.argsort(-score)[:20]].mean() for score in scores])
    ours, theirs = np.mean(hits, axis=0)
    assert ours > theirs + margin


@pytest.mark.parametrize("num_periods", [1, 2, 6])
def test_noise_alone_makes_no_interval_endless(num_periods):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        shares = rng.uniform(0.02, 0.4, 60)
        market = follow(counts(*rng.binomial(4000, shares, (6, 60)), people=4000))
        noisy = rng.binomial(300, shares, (num_periods, 60)) + rng.laplace(0.0, 100.0, (num_periods, 60))
        found = follow(counts(*np.rint(noisy), people=300, scale=100.0), market)
        assert np.sqrt(found.variance).max() < 1.0
