"""When a link of circles opens and what it carries."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import CirclesError, GateRefused, InputError, NotFound, RateExceeded
from graph.policy.circle_links import (
    WEEK_S,
    CircleLink,
    Ends,
    LinkNow,
    LinkState,
    Relay,
    Terms,
    accepted,
    check_relay,
    checked_terms,
    withdrawn,
)

LINK = CircleLink("l", 0, 1, Terms(("tea",), 2), 0)
OPEN = LinkNow(replace(LINK, source_accepted_by=5, target_accepted_by=6), Ends(5, 6))
MESSAGE = Relay("r", "l", "tea", "m", 3 * WEEK_S)


def test_topics_are_kept_in_one_form():
    assert checked_terms([" Tea ", "tea", "Coffee"], 3, most_per_week=7) == Terms(("coffee", "tea"), 3)


@pytest.mark.parametrize(
    ("topics", "rate"),
    [([], 1), (["a"] * 1, 0), (["a"], 8), ([" "], 1), (["x" * 65], 1), ([str(i) for i in range(11)], 1)],
)
def test_other_terms_are_refused(topics, rate):
    with pytest.raises(InputError):
        checked_terms(topics, rate, most_per_week=7)


def test_a_circle_without_an_owner_never_accepts():
    now = LinkNow(replace(LINK, source_accepted_by=5), Ends(5, None))
    assert now.state is LinkState.PROPOSED
    with pytest.raises(NotFound):
        accepted(now, 7, 1)


@pytest.mark.parametrize("state", ["closed", "quarantined"])
@pytest.mark.parametrize("end", ["source_state", "target_state"])
def test_an_open_link_rests_while_a_circle_does(state, end):
    now = LinkNow(OPEN.link, replace(OPEN.ends, **{end: state}))
    assert (now.state, now.carries) == (LinkState.OPEN, False)
    with pytest.raises(GateRefused):
        check_relay(now, MESSAGE, 5, [])


def test_a_free_place_comes_when_the_oldest_of_the_week_is_a_week_old():
    check_relay(OPEN, MESSAGE, 5, [MESSAGE.at - 1])
    with pytest.raises(RateExceeded) as refused:
        check_relay(OPEN, MESSAGE, 5, [MESSAGE.at - 1, MESSAGE.at - 100])
    assert refused.value.retry_after_s == WEEK_S - 100


steps = st.lists(
    st.tuples(st.sampled_from(["accept", "withdraw", "hand over"]), st.sampled_from([5, 6, 7])), max_size=8
)


@given(steps)
def test_whatever_happens_a_link_carries_only_with_both_owners_of_the_moment(happened):
    now = LinkNow(LINK, Ends(5, 6))
    said = set()
    for what, who in happened:
        try:
            if what == "hand over":
                now = LinkNow(now.link, Ends(now.ends.source_owner, who))
            else:
                act = accepted if what == "accept" else withdrawn
                now = LinkNow(act(now, who, 1), now.ends)
                said.add(("closed" if what == "withdraw" else "accepts", who))
        except CirclesError:
            continue
    both = all(("accepts", owner) in said for owner in (now.ends.source_owner, now.ends.target_owner))
    if now.carries:
        assert both
        assert not any(what == "closed" for what, _ in said)
