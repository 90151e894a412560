"""A store in which every table has a row: what people, owners and the operator can do, once each."""

import numpy as np

from graph.edges import LAYOUTS, UserEdges
from graph.log import empty_rows
from graph.policy.circle_links import Relay, Terms
from graph.policy.invitations import DAY_S, InvitationRules, Reply
from graph.policy.meeting import Answer
from graph.policy.payment_mutes import Mutable
from graph.stores.base import GraphStore, Load, ThemeTarget
from graph.stores.circle_life import NewCircle
from graph.stores.invitations import Arm, Audience, AudienceState, Person

NOW = 1_790_000_000
RULES = InvitationRules(quiet_from=0, quiet_to=0)
QUOTED = 'tea, "green"\n茶'


def live(store: GraphStore) -> GraphStore:
    """Fill an empty store; users u0..u4, circles c0 and c1 of merchants m0 and m1, and one made here."""
    users = store.upsert(
        "User", {"id": [f"u{i}" for i in range(5)], "adult": [True] * 5, "city": ["", *"abcd"]}
    )
    store.upsert("Merchant", {"id": ["m0", "m1"], "name": [QUOTED, ""]})
    store.upsert("Product", {"id": ["p0"], "merchant_id": ["m0"], "sensitive": [False]})
    store.upsert("Circle", {"id": ["c0", "c1"], "owner_id": ["m0", "m1"], "name": [QUOTED, None]})
    for purpose in ("circles", "links", "portraits"):
        row = {"user": users.tolist(), "purpose": [purpose] * 5, "granted": [True] * 5, "at": [1] * 5}
        store.set_consents(row | {"door": ["member"] * 5})
    store.set_themes({0: [ThemeTarget("merchant", "m9", 0.5), ThemeTarget("scene", "dining")]})
    store.set_edges("paid", edges("paid", (0, 2, 2, 1, 3, 10, 20)))
    store.set_edges("bought", edges("bought", (0, 2, 3, 20)))
    _people(store)
    _owners(store)
    store.set_meta("terms", "public")
    return store


def edges(kind: str, record: tuple[int, ...]) -> UserEdges:
    """One edge of user 0."""
    return UserEdges(np.array([0]), np.array([0, 1]), np.array([record], dtype=LAYOUTS[kind]))


def _people(store: GraphStore) -> None:
    store.join(0, 0, 10)
    store.join(1, 1, 10)
    store.leave(1, 1, 12)
    store.dismiss(2, 1, 11)
    store.block(1, 2, 11)
    store.add_links({"user": [2], "other": [3], "since": [4]})
    store.show_suggestions(0, [4], 3)
    store.answer_suggestion(0, 4, Answer.DECLINE, period=3, since=0, at=20)
    store.mute_circle(2, 0, 13)
    store.mute_owner(2, 1, 13)
    store.mute_payments(3, Mutable.CATEGORIES, QUOTED, 14, empty_rows())
    store.add_event("e1", "exposure", 0, 1, "r1", 30, 3)
    store.add_event("e2", "report", 1, 1, None, 31)
    store.judge_report("e2", True, 40)
    payment = {"payment": [2**64 - 5, 7], "user": [0, 1], "merchant": [0, 1], "product": [0, None]}
    payment |= {"quantity": [2, None], "band": [1, 2], "scene": [1, 1], "paid_at": [50, 51]}
    store.add_payments(payment | {"refund": [False, True], "walled": [False, True]}, 60)
    store.put_load(Load("l1", QUOTED, "f", "done", 61, "{}"))


def _owners(store: GraphStore) -> None:
    made = store.create_circle(
        NewCircle(
            "brewers", "m0", QUOTED, "", "dining", (ThemeTarget("scene", "dining"),), ("茶",), None, "r"
        ),
        70,
    )
    store.quarantine_circle(made, "odd", 71)
    store.propose_circle_link("k0", 0, 1, Terms(("tea",), 2), owner=0, at=72)
    store.accept_circle_link("k0", owner=1, at=73)
    store.add_relay(Relay("r-1", "k0", "tea", QUOTED, 74), owner=0)
    store.keep_release("m0", "2026-Q4", '2026-W41 "a", b', 0.5, 6.5, '{"餐":{"v":20}}')
    audience = Audience(
        "a0", 1, "m1", AudienceState.RUNNING, frozenset({QUOTED}), "{}", None, '{"x": 1}', None, None,
        NOW, NOW + DAY_S,
    )  # fmt: skip
    store.create_audience(audience)
    arms = (Arm.INVITED, Arm.HOLDOUT)
    people = [Person(user, arm, 0.25, "waiting") for user, arm in zip((3, 4), arms, strict=True)]
    store.fill_audience("a0", people, certificate='{"a": "b, c"}')
    store.set_audience("a0", AudienceState.SENDING, after=[AudienceState.RUNNING, AudienceState.READY])
    store.send_invitations("a0", [3, 4], RULES, NOW)
    for sent in store.invitations_of(3):
        store.answer_invitation(sent.invitation_id, 3, Reply.DECLINE, RULES, NOW + 5)
