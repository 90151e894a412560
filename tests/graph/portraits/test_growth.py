"""What is expected of a portrait's categories, from small pasts worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from graph.portraits.growth import around, expected, is_foreseen
from graph.portraits.periods import PERIOD_S
from graph.portraits.rising import Trend
from tests.portraits import END, LABELS, body_of, everybody_of

USUAL, TEA_FELL = (2_000, 8_000, 5_000, 6_000), (2_000, 8_000, 5_000, 3_000)
PAST = everybody_of(USUAL, USUAL, TEA_FELL)
BODY = body_of("c0", standing={"near": 600}, rising={"COFFEE SHOP": 300, "TEA HOUSE": 120, None: 60})


def found_of(history=PAST, labels=LABELS):
    return around(history, labels.categories, 100)


def test_a_group_that_little_is_known_of_moves_as_everybody_does():
    told = expected(body_of("c0", epsilon=0.001, standing={"near": 600}), found_of())
    assert [round(trend.change - trend.around, 3) for trend in told] == [0.0] * 4
    assert told[3].change > 0.3  # tea is expected to come back, by some of the half that it lost


def test_a_group_that_is_known_moves_by_itself():
    """Everybody buys half as much tea as before, the fans buy as much."""
    fans = dict(zip(LABELS.categories, USUAL, strict=True))
    known = body_of("c0", epsilon=1e6, standing={"near": 20_000}, rising=fans)
    assert expected(known, found_of())[3].change < expected(BODY, found_of())[3].change


def test_a_portrait_from_before_knows_nothing_of_its_fans_since():
    """What is foreseen follows the period that closed last, whenever the portrait was made."""
    fans = dict(zip(LABELS.categories, USUAL, strict=True))
    known = body_of("c0", epsilon=1e6, standing={"near": 20_000}, rising=fans)
    told, older = (expected(body, found_of())[3] for body in (known, replace(known, end=END - PERIOD_S)))
    assert told.around == older.around
    assert told.change < older.change  # then they bought as usual, as everybody did; now more than others


def test_a_portrait_older_than_all_that_is_known_says_nothing():
    older = replace(BODY, end=END - 9 * PERIOD_S)
    assert expected(older, found_of())[0].change == pytest.approx(found_of_nobody()[0].change, abs=0.01)


def found_of_nobody():
    return expected(body_of("c0", epsilon=1e-6, standing={"near": 540}), found_of())


def test_a_category_that_was_not_counted_last_is_not_foreseen():
    names = ("COFFEE SHOP", "SOFT DRINKS", "TEA HOUSE")
    periods = [replace(period, categories=names, buyers=period.buyers[1:]) for period in PAST.periods]
    told = expected(BODY, found_of(replace(PAST, periods=tuple(periods))))
    assert [trend is None for trend in told] == [True, False, False, False]


def test_without_a_past_nothing_is_known():
    assert found_of(everybody_of()) is None
    assert found_of(everybody_of(USUAL, people=50)) is None


@pytest.mark.parametrize(("probability", "is_news"), [(0.8, True), (0.79, False), (0.21, False), (0.2, True)])
def test_what_stands_out_is_foreseen(probability, is_news):
    assert is_foreseen(Trend(0.1, -0.1, 0.3, 0.0, probability)) == is_news


def test_the_order_of_categories_does_not_matter():
    turned = tuple(reversed(LABELS.categories))
    found, other = found_of().found, around(PAST, turned, 100).found
    assert np.allclose(found.change, other.change[::-1])
