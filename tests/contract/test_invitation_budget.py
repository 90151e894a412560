"""No history of sendings, answers, consents, clocks and threads exceeds a budget or invites against a rule.

The machine keeps its own small books of what everybody said, and compares every invitation that appears with
them: it does not ask the rule that the stores use.
"""

import threading
from collections import defaultdict
from contextlib import closing
from itertools import combinations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from graph.policy.invitations import DAY_S, InvitationRules, Reply
from graph.stores.invitations import Arm, Audience, AudienceState, Person
from graph.stores.open import open_store

RULES = InvitationRules(small_share=0.5, small_circle=2)
MORNING = 1_790_000_000 // DAY_S * DAY_S + 2 * 3600  # ten o'clock where the policy is
NUM_USERS, NUM_CIRCLES = 5, 4
users = st.integers(0, NUM_USERS - 1)
circles = st.integers(0, NUM_CIRCLES - 1)
held = st.sampled_from([False, False, False, True])


class Books(RuleBasedStateMachine):
    """Everybody is one of five people of one store, whatever the example: earlier ones stay in the books."""

    store = None
    number = 0

    @initialize()
    def begin(self):
        Books.number += 1
        prefix, people, rings = f"x{Books.number}-", range(NUM_USERS), range(NUM_CIRCLES)
        store = self.store
        names = [f"{prefix}u{i}" for i in people]
        self.names = names
        self.users = store.intern("User", names).tolist()
        self.circles = store.intern("Circle", [f"{prefix}c{i}" for i in rings]).tolist()
        store.upsert("User", {"id": names, "adult": [True] * NUM_USERS})
        self.now, self.tick, self.made = MORNING, 0, []
        self.consents, self.minors, self.seen = set(), set(), {}
        self.inside, self.refused, self.declined = set(), set(), set()
        self.muted, self.shut = set(), set()
        self.held = defaultdict(int)  # (user, circle) -> until when they are kept back
        for user in people:
            self.consent(user, True)
        for number in range(2 * NUM_CIRCLES):  # two of each circle; the first keeps somebody back
            circle, again = number % NUM_CIRCLES, number // NUM_CIRCLES
            arms = [(user, user == circle and not again, user / (circle + 1)) for user in people]
            self.make_audience(circle, arms)

    @rule(user=users, granted=st.booleans())
    def consent(self, user, granted):
        self.tick += 1
        row = {
            "user": [self.users[user]],
            "purpose": ["portraits"],
            "granted": [granted],
            "at": [self.tick],
        }
        self.store.set_consents(row)
        (self.consents.add if granted else self.consents.discard)(user)

    @rule(user=users)
    def grow_younger(self, user):
        self.store.upsert("User", {"id": [self.names[user]], "adult": [False]})
        self.minors.add(user)

    @rule(circle=circles, arms=st.lists(st.tuples(users, held, st.floats(0, 1)), min_size=2))
    def make_audience(self, circle, arms):
        arms = {user: (held, fit) for user, held, fit in arms}
        audience = Audience(
            f"{self.names[0]}-{len(self.made)}", self.circles[circle], None, AudienceState.RUNNING,
            frozenset({"tea"}), "{}", None, None, None, None, self.now, self.now + 30 * DAY_S,
        )  # fmt: skip
        self.store.create_audience(audience)
        people = [
            Person(self.users[user], Arm.HOLDOUT if held else Arm.INVITED, fit, "waiting")
            for user, (held, fit) in arms.items()
        ]
        self.store.fill_audience(audience.audience_id, people)
        self.store.set_audience(audience.audience_id, AudienceState.SENDING, after=[AudienceState.READY])
        self.made.append(audience.audience_id)
        for user, (held, _) in arms.items():
            if held:
                self.held[user, circle] = max(self.held[user, circle], audience.valid_until)

    @rule(picked=st.lists(st.integers(0, 50), min_size=1, max_size=3))
    def send_together(self, picked):
        """Several audiences at one moment, each from a thread of its own."""
        chosen = [self.made[i % len(self.made)] for i in picked] if self.made else []
        failures = []

        def send(audience_id):
            try:
                self.store.send_invitations(audience_id, self.users, RULES, self.now)
            except Exception as error:  # noqa: BLE001 - of a thread
                failures.append(error)

        threads = [threading.Thread(target=send, args=(one,)) for one in chosen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        self.look()

    @rule()
    def send_all(self):
        """What a timer does."""
        self.send_together(range(len(self.made)))

    @rule(user=users, circle=circles, kind=st.sampled_from(["join", "leave", "dismiss"]))
    def decide(self, user, circle, kind):
        getattr(self.store, kind)(self.users[user], self.circles[circle], self.now)
        pair = (user, circle)
        if kind == "join":
            self.inside.add(pair)
        elif kind == "dismiss" or pair in self.inside:
            self.refused.add(pair)
            if kind == "leave":
                self.inside.discard(pair)

    @rule(user=users, circle=circles, muted=st.booleans())
    def mute(self, user, circle, muted):
        act = self.store.mute_circle if muted else self.store.unmute_circle
        act(self.users[user], self.circles[circle], self.now)
        (self.muted.add if muted else self.muted.discard)((user, circle))

    @rule(circle=circles, state=st.sampled_from(["open", "open", "quarantined"]))
    def keep_apart(self, circle, state):
        self.store.set_circle_state(self.circles[circle], state, self.now)
        (self.shut.discard if state == "open" else self.shut.add)(circle)

    @rule(number=st.integers(0, 50), reply=st.sampled_from(list(Reply)))
    def answer(self, number, reply):
        if not self.seen:
            return
        invitation_id = sorted(self.seen)[number % len(self.seen)]
        user, circle, _ = self.seen[invitation_id]
        told = self.store.answer_invitation(invitation_id, self.users[user], reply, RULES, self.now).told
        if reply is Reply.ACCEPT:
            assert told is None or (user, circle) not in self.declined
            if told and (user, circle) not in self.refused:
                self.inside.add((user, circle))
        else:
            assert told is Reply.DECLINE
            self.declined.add((user, circle))
            self.refused.add((user, circle))

    @rule(hours=st.sampled_from([-30, -3, 1, 5, 24, 6 * 24, 7 * 24, 31 * 24, 91 * 24]))
    def pass_time(self, hours):
        """Also backwards: another server's clock."""
        self.now += hours * 3600

    @rule(user=users)
    def forget(self, user):
        """Somebody is erased, and comes back as somebody new with the same account."""
        self.store.forget(self.users[user])
        (index,) = self.store.intern("User", [self.names[user]]).tolist()
        self.store.upsert("User", {"id": [self.names[user]], "adult": [True]})
        self.users[user] = index
        self.seen = {key: value for key, value in self.seen.items() if value[0] != user}
        self.consents.discard(user)
        self.minors.discard(user)
        for books in (self.inside, self.refused, self.declined, self.muted):
            books.difference_update({pair for pair in books if pair[0] == user})
        for pair in [pair for pair in self.held if pair[0] == user]:
            del self.held[pair]

    def look(self):
        """Every invitation that is new must have been allowed a moment ago."""
        for user, index in enumerate(self.users):
            for one in self.store.invitations_of(index):
                if one.invitation_id in self.seen:
                    continue
                circle = self.circles.index(one.circle)
                pair = (user, circle)
                assert user in self.consents, "no consent"
                assert user not in self.minors, "a minor"
                assert pair not in self.inside, "a member"
                assert pair not in self.refused | self.declined, "refused"
                assert pair not in self.muted, "muted"
                assert circle not in self.shut, "not open"
                assert self.held[pair] <= one.sent_at, "held out"
                assert 9 <= (one.sent_at // 3600 + 8) % 24 < 21, "in the night"
                self.seen[one.invitation_id] = (user, circle, one.sent_at)

    @invariant()
    def no_budget_is_exceeded(self):
        of_user = defaultdict(list)
        for user, circle, at in self.seen.values():
            of_user[user].append((at, circle))
        for sent in of_user.values():
            moments = sorted(at for at, _ in sent)
            assert all(later - first >= 7 * DAY_S for first, later in zip(moments, moments[2:], strict=False))
            for (one, here), (other, there) in combinations(sent, 2):
                assert here != there or abs(one - other) >= 90 * DAY_S


@pytest.fixture
def examples(address):
    """A server is slow to write to, and has one database."""
    return (4, 25) if address.startswith("neo4j") else (100, 30)


def test_no_history_breaks_a_rule(address, examples):
    with closing(open_store(address)) as store:
        machine = type("Machine", (Books,), {"store": store})
        number, steps = examples
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=number,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        assert store.check() == []
        assert store.stats()["INVITED"] > 0
