"""May this circle be recommended?"""

import pytest

from graph.policy.eligibility import may_recommend
from graph.schema import CircleState

NOTHING = {"member_of": (), "dismissed": (), "left": ()}


@pytest.mark.parametrize(
    ("state", "allowed"),
    [("open", True), ("proposed", True), ("quarantined", False), ("closed", False), ("", False)],
)
def test_only_open_and_proposed_circles_are_recommended(state, allowed):
    assert may_recommend(1, state, **NOTHING) is allowed


def test_every_state_is_decided_here():
    assert {state.value for state in CircleState} == {"open", "proposed", "quarantined", "closed"}


@pytest.mark.parametrize("why", ["member_of", "dismissed", "left"])
def test_what_somebody_joined_dismissed_or_left_never_comes_back(why):
    assert may_recommend(1, "open", **NOTHING | {why: {1}}) is False
    assert may_recommend(2, "open", **NOTHING | {why: {1}}) is True
