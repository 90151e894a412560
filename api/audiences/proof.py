"""By whose answers a promise is proved.

Random people of earlier pilots prove best, by whether they joined and stayed, once there are enough; before,
people of a calibration part do, by whether they bought in the theme in the window that has just ended.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.invitations.theme import fits_between, meaning_of, payments_in, public
from graph.policy.eligibility import Eligibility, is_eligible, stored_eligibility
from graph.policy.invitations import DAY_S
from graph.snapshot import Snapshot
from graph.stores.base import Circle, GraphStore
from graph.stores.invitations import Arm, Person

Bool = npt.NDArray[np.bool_]
MIN_OUTCOMES = 75  # two thirds of them, which is 50, are calibration: below, nothing can be proved
OLD_DAYS = 365  # after which the outcome of a pilot says little of today
PURCHASES, JOINS = "purchases", "joins"


@dataclass(frozen=True)
class Proof:
    """What fits are judged by. before: moment of the earlier snapshot. people: ids judged; None for all."""

    label: str
    before: int
    people: frozenset[str] | None = None
    stayed: frozenset[str] = frozenset()


def proof_of(store: GraphStore, circle: Circle, *, now: int, otherwise: int, stay: int) -> Proof:
    """Whose answers prove a promise: random people who were invited long enough ago, else who bought when.

    Args:
        otherwise: moment of the earlier snapshot where there are too few. stay: days.
    """
    sent: dict[int, int] = {}
    for audience in store.audiences(circle.index):
        pilots = {p.user for p in store.audience_people(audience.audience_id) if _is_pilot(p)}
        for user in pilots:
            for one in store.invitations_of(user):
                if one.audience_id == audience.audience_id:
                    sent[user] = one.sent_at
    known = {u: at for u, at in sent.items() if stay * DAY_S <= now - at < OLD_DAYS * DAY_S}
    if len(known) < MIN_OUTCOMES:
        return Proof(PURCHASES, otherwise)
    table = store.memberships()
    stayed = {
        user
        for user, ring, joined, left in zip(*(table[n].tolist() for n in table), strict=True)
        if ring == circle.index and user in known and _stayed(joined, left, known[user], stay)
    }
    ids = dict(zip(known, store.ids("User", list(known)), strict=True))
    return Proof(JOINS, min(known.values()) - 1, frozenset(ids.values()), frozenset(ids[u] for u in stayed))


def _stayed(joined: int, left: int, sent: int, stay: int) -> bool:
    return joined >= sent and (left < 0 or left - joined >= stay * DAY_S)


def _is_pilot(person: Person) -> bool:
    return person.arm is Arm.PILOT and person.state == "sent"


def fits_of(before: Snapshot, today: Snapshot, circle: Circle, proof: Proof) -> Bool:
    if proof.label == PURCHASES:
        return np.asarray(fits_between(before, today, [circle.theme])[:, 0])
    return np.array([user in proof.stayed for user in before.users], dtype=bool)


def judged(store: GraphStore, before: Snapshot, circle: Circle, proof: Proof) -> Bool:
    """Who of the earlier moment is like those who may be invited: by the circle's rule, and not inside."""
    if proof.people is not None:
        return np.array([user in proof.people for user in before.users], dtype=bool)
    rule = stored_eligibility(circle.eligibility)
    able = able_by_rule(store, before, circle, rule)
    ring = before.circles.find(circle.circle_id)
    if ring >= 0:
        for edges in (before.members, before.dismissed):
            able[edges.rows()[edges.indices == ring]] = False
    return able


def able_by_rule(store: GraphStore, snapshot: Snapshot, circle: Circle, rule: Eligibility) -> Bool:
    known = store.describe("User", list(snapshot.users))
    theme = payments_in(public(snapshot), meaning_of(public(snapshot), [circle.theme]))[:, 0]
    rows = zip(known["verified"], known["adult"], known["city"], theme.tolist(), strict=True)
    return np.array(
        [
            is_eligible(rule, verified=bool(v), adult=bool(a), city=city, theme_payments=int(payments))
            for v, a, city, payments in rows
        ],
        dtype=bool,
    )
