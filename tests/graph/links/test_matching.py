"""Mutual matching: symmetric, bounded, deterministic, rotating; never a pair that was refused."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.links.candidates import LinkCandidates
from graph.links.matching import Past, _greedy, match
from graph.policy.link_lists import ListRules

RULES = ListRules(list_size=3, daily_cap=2, unanswered_discount=0.5)
indices = st.integers(0, 12)
pairs = st.dictionaries(
    st.tuples(indices, indices).filter(lambda pair: pair[0] < pair[1]), st.floats(0.05, 1.0), max_size=40
)


def past(refused=(), shown=(), eligible=None):
    return Past(
        np.array(refused, dtype=np.int64).reshape(-1, 2),
        np.array(shown, dtype=np.int64).reshape(-1, 3),
        None if eligible is None else np.array(eligible, dtype=np.int64),
    )


def chosen(weights, *, seed=1, rules=RULES, before=None):
    found = match(LinkCandidates.make(weights), seed=seed, rules=rules, past=before or Past.nothing())
    return list(zip(found.one.tolist(), found.other.tolist(), found.day.tolist(), strict=True))


@given(pairs, st.integers(0, 2**64 - 1))
@settings(deadline=None)
def test_nobody_has_more_than_their_list_nor_more_a_day(weights, seed):
    found = chosen(weights, seed=seed)
    assert len({pair[:2] for pair in found}) == len(found)
    assert {pair[:2] for pair in found} <= weights.keys()
    people = Counter(person for one, other, _ in found for person in (one, other))
    days = Counter((person, day) for one, other, day in found for person in (one, other))
    assert max(people.values(), default=0) <= 3
    assert max(days.values(), default=0) <= 2


@given(pairs, st.randoms())
@settings(deadline=None)
def test_the_order_of_candidates_makes_no_difference(weights, random):
    shuffled = list(weights.items())
    random.shuffle(shuffled)
    assert chosen(weights) == chosen(dict(shuffled))


@given(pairs, st.data())
@settings(deadline=None)
def test_refused_pairs_and_people_who_left_are_never_chosen(weights, data):
    some = data.draw(st.lists(st.sampled_from(sorted(weights)), max_size=5)) if weights else []
    refused = [pair if data.draw(st.booleans()) else pair[::-1] for pair in some]
    eligible = sorted(data.draw(st.sets(indices)))
    found = {pair[:2] for pair in chosen(weights, before=past(refused, eligible=eligible))}
    assert not found & set(some)
    assert {person for pair in found for person in pair} <= set(eligible)


@given(pairs, st.integers(1, 3))
@settings(deadline=None)
def test_rounds_give_what_taking_one_by_one_gives(weights, size):
    ends = np.array(sorted(weights), dtype=np.int64).reshape(-1, 2)
    room, expected = Counter(dict.fromkeys(range(13), size)), []
    for one, other in ends.tolist():
        expected.append(room[one] > 0 and room[other] > 0)
        if expected[-1]:
            room.subtract((one, other))
    assert _greedy(ends, np.full(13, size)).tolist() == expected


@given(pairs)
@settings(deadline=None)
def test_a_pair_stays_out_only_when_one_of_the_two_is_full(weights):
    found = chosen(weights, rules=ListRules(3, 3, 0.5))
    full = Counter(person for one, other, _ in found for person in (one, other))
    for pair in weights.keys() - {pair[:2] for pair in found}:
        assert max(full[pair[0]], full[pair[1]]) == 3


def test_lists_rotate_from_week_to_week_and_prefer_what_weighs_more():
    everybody = {(0, other): 0.1 + 0.06 * other for other in range(1, 13)}
    weeks = [{other for _, other, _ in chosen(everybody, seed=seed)} for seed in range(200)]
    counted = Counter(other for week in weeks for other in week)
    assert len({frozenset(week) for week in weeks}) > 50
    assert counted[12] > counted[6] > counted[1] > 0


@pytest.mark.parametrize(("unanswered", "size"), [(0, 8), (8, 4), (16, 2), (800, 1)])
def test_whoever_leaves_suggestions_unanswered_gets_fewer(unanswered, size):
    shown = [(0, 99, unanswered)] if unanswered else []
    weights = {(0, other): 0.5 for other in range(1, 20)}
    assert len(chosen(weights, rules=ListRules(8, 8, 0.5), before=past(shown=shown))) == size


def test_a_pair_that_was_shown_in_vain_steps_back():
    weights = {(0, other): 0.5 for other in range(1, 7)}
    weeks = range(300)
    before = past(shown=[(1, 0, 3)])
    fresh = sum((0, 1) in {p[:2] for p in chosen(weights, seed=week)} for week in weeks)
    stale = sum((0, 1) in {p[:2] for p in chosen(weights, seed=week, before=before)} for week in weeks)
    assert stale < fresh / 2


def test_a_part_of_the_pairs_drawn_by_lot_takes_part_in_a_week():
    weights = {(one, one + 1): 0.5 for one in range(0, 800, 2)}  # everybody has one candidate
    rules = replace(RULES, weekly_share=0.5)
    weeks = [{pair[:2] for pair in chosen(weights, seed=seed, rules=rules)} for seed in range(4)]
    assert all(150 < len(week) < 250 for week in weeks)
    assert len(set.union(*weeks)) > 340  # another part each week
    assert len(weeks[0] & weeks[1]) < 140
    assert chosen(weights, rules=replace(RULES, weekly_share=1.0)) == chosen(weights)


def test_the_lot_of_taking_part_is_not_that_of_the_place():
    """Else whoever takes part would always be first."""
    weights = {(0, other): 0.5 for other in range(1, 400)}
    one = replace(RULES, list_size=1, daily_cap=1)
    seeds = range(30)
    alone = [chosen(weights, seed=seed, rules=one)[0][:2] for seed in seeds]
    part = [chosen(weights, seed=seed, rules=replace(one, weekly_share=0.5))[0][:2] for seed in seeds]
    same = sum(a == b for a, b in zip(alone, part, strict=True))
    assert 5 < same < 25
