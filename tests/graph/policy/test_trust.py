"""Trust: by hand where it can be counted, and what must hold for every pair."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from graph.policy import trust
from graph.policy.trust import Shared, TrustValues, chance_of, evidence, opinion, rarity, weigh

VALUES = TrustValues()
DAYS, AGES, CUSTOMERS = st.integers(1, 30), st.integers(0, 700), st.integers(1, 20_000)
ROW = st.tuples(st.just(0), st.integers(0, 7), CUSTOMERS, DAYS, DAYS, AGES)
ROWS = st.lists(ROW, max_size=12)
SCORE = st.none() | st.floats(0, 1)


def weight(rows, *, circles=0.0, reliability=1.0, negative=0.0, chance=0.0, candidates=1, calibrated=None):
    found = evidence(Shared.of(*rows), 1, VALUES, circles=np.array([circles]))
    return float(
        weigh(
            found,
            reliability=np.array([reliability]),
            negative=np.array([negative]),
            chance=np.array([chance]),
            candidates=np.array([candidates]),
            values=VALUES,
            calibrated=None if calibrated is None else np.array([calibrated]),
        ).weight[0]
    )


def places(number, scenes=2, customers=20, days=30):
    return [(0, i % scenes, customers, days, days, 0) for i in range(number)]


def test_four_rare_places_in_two_scenes_by_hand():
    """Nearly 4 units of evidence, capped at 2 a scene: (4 + 0.2) / (4 + 2)."""
    assert weight(places(4)) == pytest.approx(0.7, abs=1e-4)


def test_rare_places_count_more_than_popular_ones():
    assert rarity(np.array([1.0, 20.0, 200.0, 10_000.0, 50_000.0]), VALUES).tolist() == pytest.approx(
        [1, 1, np.log(50) / np.log(500), 0, 0]
    )


@pytest.mark.parametrize(
    ("rows", "circles", "linked"),
    [
        (places(2), 0, False),
        (places(3), 0, True),
        (places(3, scenes=1), 0, False),
        (places(3, scenes=1), 1, True),
        (places(3, days=1), 0, False),
        (places(12, customers=10_000), 0, False),
    ],
)
def test_too_little_of_anything_is_no_link(rows, circles, linked):
    assert (weight(rows, circles=circles) > 0) is linked


def test_what_may_be_chance_is_no_link_and_the_busier_side_decides():
    assert weight(places(4), chance=1e-4, candidates=99) > 0
    assert weight(places(4), chance=1e-4, candidates=101) == 0


def test_refusals_turn_a_pair_down():
    assert 0 < weight(places(6), negative=1.0) < weight(places(6))
    assert trust.refusals(np.ones(1), np.ones(1), np.full(1, 365.0), VALUES).tolist() == [2.0]


def test_evidence_reaches_as_far_as_habits_without_the_other():
    """Four units are shared; whoever has half a unit of their own per unit of evidence gives half of that."""
    found = Shared.of(*places(4))
    for own, total in ((0.0, 0.0), (1.5, 1.5), (9.0, 4.0)):
        assert evidence(found, 1, VALUES, own=np.array([own])).total[0] == pytest.approx(total, abs=1e-3)
    stricter = TrustValues(own_habits=2.0)
    assert evidence(found, 1, stricter, own=np.array([1.5])).total[0] == pytest.approx(0.75)
    assert evidence(found, 1, VALUES, circles=np.ones(1), own=np.zeros(1)).total[0] == 0.5


@given(ROWS, SCORE)
def test_a_weight_is_symmetric(rows, score):
    turned = [(p, s, c, two, one, age) for p, s, c, one, two, age in rows]
    assert weight(rows, calibrated=score) == weight(turned, calibrated=score)


@given(ROWS, SCORE, st.floats(0, 3), st.floats(0, 1))
def test_a_weight_is_bounded_by_evidence_and_by_the_number_of_places(rows, score, circles, reliability):
    found = weight(rows, calibrated=score, circles=circles, reliability=reliability)
    scenes = len({row[1] for row in rows})
    most = reliability * (VALUES.scene_cap * scenes + 1)
    for bound in (most, len(rows)):
        assert 0 <= found <= (bound + 0.2) / (bound + 2) + 1e-12


@given(ROWS, ROW, SCORE)
def test_another_shared_place_never_lowers_a_weight(rows, row, score):
    assert weight([*rows, row], calibrated=score) >= weight(rows, calibrated=score) - 1e-12


@given(st.lists(ROW, min_size=1, max_size=12), st.integers(0, 5), st.integers(0, 500), st.integers(0, 5000))
def test_more_days_raise_and_age_and_customers_lower(rows, days, age, customers):
    (pair, scene, crowd, one, two, old), *rest = rows
    base = weight(rows)
    assert weight([(pair, scene, crowd, one + days, two + days, old), *rest]) >= base - 1e-12
    assert weight([(pair, scene, crowd, one, two, old + age), *rest]) <= base + 1e-12
    assert weight([(pair, scene, crowd + customers, one, two, old), *rest]) <= base + 1e-12


@given(ROWS, st.floats(0, 5), st.floats(0, 5))
def test_refusals_never_raise_a_weight(rows, few, more):
    assert weight(rows, negative=few + more) <= weight(rows, negative=few) + 1e-12


@given(ROWS, st.integers(1, 20))
def test_below_the_floor_no_place_is_rarer(rows, customers):
    small, floor = ([(p, s, c, one, two, age) for p, s, _, one, two, age in rows] for c in (customers, 20))
    assert weight(small) == weight(floor)


@given(ROWS, st.integers(2, 200))
def test_a_ring_of_copies_weighs_what_one_copy_weighs(rows, ring):
    """Each member shares the same places with the victim; no member gains from the others."""
    copies = [(member, *row[1:]) for member in range(ring) for row in rows]
    found = evidence(Shared.of(*copies), ring, VALUES)
    ones = np.ones(ring)
    weights = weigh(
        found,
        reliability=ones,
        negative=0 * ones,
        chance=0 * ones,
        candidates=ones.astype(np.int64),
        values=VALUES,
    ).weight
    assert weights.tolist() == pytest.approx([weight(rows)] * ring)


def test_no_amount_no_credit_no_trait_of_a_person_is_an_argument():
    banned = {"amount", "band", "credit", "sex", "gender", "age_of", "income", "spend", "wealth", "adult"}
    functions = [f for _, f in inspect.getmembers(trust, inspect.isfunction)]
    named = {name for f in functions for name in inspect.signature(f).parameters}
    assert not (named | set(Shared.__dataclass_fields__)) & banned


def test_an_opinion_adds_up_to_one():
    seen = opinion(np.array([0.0, 3.0]), np.array([0.0, 1.0]))
    assert (seen.belief + seen.disbelief + seen.uncertainty).tolist() == pytest.approx([1, 1])
    assert seen.expected.tolist() == pytest.approx([0.1, 3 / 6 + 0.1 * 2 / 6])


@pytest.mark.parametrize(
    ("shared", "one", "other", "of", "chance"), [(2, 2, 2, 4, 1 / 6), (1, 2, 2, 4, 5 / 6), (0, 2, 2, 4, 1)]
)
def test_chance_by_hand(shared, one, other, of, chance):
    assert chance_of(np.array([shared]), np.array([one]), np.array([other]), of)[0] == pytest.approx(chance)


@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 8))
def test_chance_is_the_hypergeometric_tail_and_symmetric(shared, one, other):
    pair = [
        chance_of(np.array([shared]), np.array(ab[0:1]), np.array(ab[1:]), 20)[0]
        for ab in ([one, other], [other, one])
    ]
    assert pair[0] == pytest.approx(pair[1])
    assert pair[0] == pytest.approx(hypergeom.sf(shared - 1, 20, one, other) if shared else 1.0, abs=1e-9)


@given(ROWS, st.floats(0, 20), st.floats(0, 20))
def test_more_of_ones_own_never_lowers_evidence_and_never_adds_to_what_is_shared(rows, less, more):
    less, more = sorted((less, more))
    few, many = (evidence(Shared.of(*rows), 1, VALUES, own=np.array([own])).total[0] for own in (less, more))
    assert few <= many <= evidence(Shared.of(*rows), 1, VALUES).total[0]


@given(ROWS, ROW, st.floats(0, 20))
def test_another_shared_place_never_lowers_evidence_that_is_bound(rows, row, own):
    before, after = (
        evidence(Shared.of(*some), 1, VALUES, own=np.array([own])).total[0] for some in (rows, [*rows, row])
    )
    assert before <= after + 1e-12
