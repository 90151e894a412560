"""Who may meet, and what answers do: nothing is told that the other side could not tell too."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.meeting import NOBODY, Answer, Meeting, Said, State, may_meet, respond, state_of

SINCE = 50
saids = st.builds(Said, st.none() | st.sampled_from(Answer), st.integers(0, 100))
meetings = st.builds(
    Meeting,
    st.just(True),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.just(False),
    saids,
    saids,
    st.booleans(),
)
answers = st.sampled_from(Answer)
GOOD = Meeting(True, True, True, False, False, Said(), Said(), False)


def test_two_adults_who_agreed_may_meet():
    assert may_meet(GOOD)
    assert state_of(GOOD, SINCE) is State.SUGGESTED


@pytest.mark.parametrize(
    "change",
    [
        {"known": False},
        {"consents": False},
        {"adults": False},
        {"blocked": True},
        {"mine": Said(Answer.DECLINE, 60)},
        {"theirs": Said(Answer.REPORT, 60)},
    ],
)
def test_one_thing_in_between_is_enough_and_looks_like_nobody(change):
    meeting = replace(GOOD, **change)
    assert state_of(meeting, SINCE) is state_of(NOBODY, SINCE) is None
    assert respond(meeting, Answer.ACCEPT, SINCE).told is None


@given(meetings)
def test_meeting_is_mutual(meeting):
    turned = replace(meeting, mine=meeting.theirs, theirs=meeting.mine)
    assert may_meet(meeting) == may_meet(turned)


@given(meetings)
def test_nobody_learns_that_the_other_accepted_before_they_do(meeting):
    silent = replace(meeting, theirs=Said())
    accepted = replace(meeting, theirs=Said(Answer.ACCEPT, 60))
    assert state_of(silent, SINCE) is state_of(accepted, SINCE)


@given(meetings)
def test_a_link_needs_two_acceptances_that_count_and_nothing_in_between(meeting):
    effect = respond(meeting, Answer.ACCEPT, SINCE)
    assert not effect.link or (may_meet(meeting) and meeting.theirs.accepts(SINCE) and not meeting.linked)


@given(meetings, answers)
def test_an_answer_given_again_writes_nothing_and_is_told_the_same(meeting, answer):
    effect = respond(meeting, answer, SINCE)
    mine = Said(answer, 60) if effect.keep else meeting.mine
    linked = (meeting.linked or effect.link) and not effect.unlink
    after = replace(meeting, mine=mine, linked=linked, blocked=meeting.blocked or effect.block)
    again = respond(after, answer, SINCE)
    assert (again.keep, again.link, again.unlink) == (False, False, False)
    assert again.told is effect.told


@given(meetings, st.booleans(), answers)
def test_once_the_other_side_has_gone_nothing_is_told_however_often_one_asks(meeting, shunned, answer):
    gone = replace(meeting, blocked=shunned, shunned=shunned, consents=meeting.consents and shunned)
    for _ in range(2):
        effect = respond(gone, answer, SINCE)
        assert effect.told is None
        gone = replace(gone, mine=Said(answer, 60) if effect.keep else gone.mine)


@given(meetings, st.sampled_from([Answer.BLOCK, Answer.REPORT]))
def test_a_block_is_never_lost_whatever_stands_in_between(meeting, answer):
    effect = respond(meeting, answer, SINCE)
    assert effect.block
    assert effect.unlink is meeting.linked
    assert respond(NOBODY, answer, SINCE).told is None
