"""What memberships count, on five people of one circle and a snapshot of them.

ann joined by herself; bob from list r1, which showed the circle at even odds; cat three days after r2 had
shown it, with one chance in ten; dan accepted an invitation; eve joined from r1 but grants nothing.
"""

from contextlib import closing

import numpy as np
import pytest

from graph.cut import cut
from graph.edges import BOUGHT, PAID, UserEdges
from graph.origins import Feedback, Joined, origins_of
from graph.policy.feedback import Counting, Origin
from graph.policy.invitations import InvitationRules, Reply
from graph.stores.invitations import Arm, Audience, AudienceState, Person
from graph.stores.open import open_store

DAY = 86_400
NAMES = ["ann", "bob", "cat", "dan", "eve"]
EDGES = {
    kind: UserEdges(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, layout))
    for kind, layout in (("paid", PAID), ("bought", BOUGHT))
}


def accept_invitation(store, user, circle, at):
    """The user is invited to the circle a day before, and accepts."""
    made = Audience("a", circle, None, AudienceState.RUNNING, frozenset(), "{}", *[None] * 4, 0, 90 * DAY)
    store.create_audience(made)
    store.fill_audience("a", [Person(user, Arm.INVITED, 1.0, "waiting")])
    store.set_audience("a", AudienceState.SENDING, after=[AudienceState.READY])
    rules = InvitationRules(quiet_from=0, quiet_to=0)
    assert store.send_invitations("a", [user], rules, at - DAY).sent == 1
    (invitation,) = store.invitations_of(user)
    store.answer_invitation(invitation.invitation_id, user, Reply.ACCEPT, rules, at)


@pytest.fixture
def store(tmp_path):
    with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as store:
        store.intern("User", NAMES)
        store.intern("Circle", ["tea"])
        grants = {"user": [0, 1, 2, 3], "purpose": ["circles"] * 4, "granted": [True] * 4, "at": [1] * 4}
        store.set_consents(grants)
        store.set_consents({"user": [3], "purpose": ["portraits"], "granted": [True], "at": [1]})
        store.upsert("User", {"id": ["dan"], "adult": [True]})
        store.join(0, 0, 20 * DAY)
        store.add_event("b", "join", 1, 0, "r1", 20 * DAY)
        store.add_event("s", "exposure", 2, 0, "r2", 17 * DAY, 3)
        store.add_event("c", "join", 2, 0, None, 20 * DAY)
        accept_invitation(store, 3, 0, 20 * DAY)
        store.add_event("e", "join", 4, 0, "r1", 20 * DAY)
        yield store


@pytest.fixture
def feedback(policy):
    def make(counting):
        known = {"r1": 0.5, "r2": 0.1}
        return Feedback(counting, policy.feedback, lambda rec_id, circle: known[rec_id])

    return make


def snapshot(store, policy, feedback=None):
    return cut(store, EDGES, as_of=30 * DAY, policy=policy, feedback=feedback)


def test_a_membership_comes_from_its_list_its_showing_or_its_invitation(store, feedback):
    joinings = [(user, 0, 20 * DAY) for user in range(4)]
    assert origins_of(store, joinings, feedback(Counting.ALL)) == [
        Joined(Origin.ORGANIC, None),
        Joined(Origin.INDUCED, "r1"),
        Joined(Origin.INDUCED, "r2"),
        Joined(Origin.INVITED, None),
    ]


@pytest.mark.parametrize(
    ("counting", "weights"),
    [("organic", [1, 0, 0, 0]), ("weighted", [1, 2 / 6, 10 / 6, 1])],  # 1 / 0.5 and 1 / 0.1, of mean 6
)
def test_a_snapshot_carries_what_memberships_count(store, policy, feedback, counting, weights):
    cut_ = snapshot(store, policy, feedback(Counting(counting)))
    assert list(cut_.users) == NAMES[:4]
    assert cut_.members.columns["weight"].tolist() == pytest.approx(weights)
    assert cut_.content_id != snapshot(store, policy).content_id


def test_a_snapshot_in_which_all_count_alike_says_nothing_of_it(store, policy):
    assert set(snapshot(store, policy).members.columns) == {"joined_at"}


def test_who_does_not_grant_circles_changes_nobodys_weight(store, policy, feedback):
    before = snapshot(store, policy, feedback(Counting.WEIGHTED)).members.columns["weight"].tolist()
    store.set_consents({"user": [4], "purpose": ["links"], "granted": [True], "at": [1]})
    after = snapshot(store, policy, feedback(Counting.WEIGHTED))
    assert after.members.columns["weight"].tolist() == pytest.approx([*before, 0.0])
