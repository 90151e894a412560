"""Choose people: cut the graph at two moments, learn between them, prove, take who scores as high now."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from api.audiences.asked import House, place_of, seed_of, wish_of
from api.audiences.proof import Proof, able_by_rule, fits_of, judged, proof_of
from embeddings.invitations.plan import Plan, learn, plan
from embeddings.touches import newest_edge
from graph.cut import cut
from graph.log import PaymentLog
from graph.muting import Mask
from graph.policy.audiences import month_of, shared_by
from graph.policy.eligibility import stored_eligibility
from graph.policy.invitations import DAY_S, History, Reason, may_invite
from graph.policy.values import Policy
from graph.snapshot import Snapshot
from graph.stores.base import Circle
from graph.stores.invitations import Audience
from graph.traces import people_with_traces


@dataclass(frozen=True)
class Chosen:
    """A plan and everybody it was made over. reasons: of people by store index; absent: may be invited."""

    plan: Plan
    now: Snapshot
    proof: Proof
    store_index: npt.NDArray[np.int64]
    reasons: Mapping[int, Reason]
    num_people: int


def choose(house: House, audience: Audience, circle: Circle, *, now: int) -> Chosen:
    """Plan an audience: cut the graph at two moments, learn between them, prove, choose."""
    store, rules, wish = house.store, house.policy.audiences, wish_of(audience)
    edges = {kind: store.edges(kind) for kind in ("paid", "bought")}
    people = people_with_traces(store, edges)
    today = cut(store, edges, as_of=now, policy=house.policy, people=people)
    # Data may end earlier than today; the window that has just ended is the last one of the data.
    newest = min(now, newest_edge(today))
    proof = proof_of(
        store, circle, now=now, otherwise=newest - rules.window_days * DAY_S, stay=rules.stay_days
    )
    extra, mask = store.inbox(), Mask.of(store)
    log = PaymentLog(house.home.log).aggregate(until=proof.before, extra=extra, mask=mask)
    before = cut(store, log, as_of=proof.before, policy=house.policy, people=people)
    reasons, index = _reasons(house, audience, circle, today, now, people)
    seed = seed_of(circle.circle_id, month_of(audience.created_at))
    made = plan(
        before,
        fits_of(before, today, circle, proof),
        today,
        circle.theme,
        target=wish.target_fit,
        confidence=wish.confidence,
        circles_tested=shared_by(place_of(store, audience)),
        seed=seed,
        learned=learn(before, today, seed=seed),
        eligible=np.array([int(i) not in reasons for i in index], dtype=bool),
        eligible_before=judged(store, before, circle, proof),
    )
    if wish.pilot:
        made = _random_people(made, audience, index, reasons, house.policy)
    else:
        made = _as_many(made, sum(int(i) not in reasons for i in index))
    return Chosen(made, today, proof, index, reasons, len(people))


def _as_many(made: Plan, num_able: int) -> Plan:
    """No larger a share of people than the promise was proved on.

    Scores may have risen for everybody since: activity grows with the length of the data. The best of today
    are then those of the same rank, not all who reach an old score.
    """
    promise = made.certificate or made.strongest
    if promise is None or not made.num_calibration:
        return made
    most = math.ceil(num_able * promise.num_calibration / made.num_calibration)
    return replace(made, users=made.users[:most], scores=made.scores[:most])


def _reasons(
    house: House,
    audience: Audience,
    circle: Circle,
    today: Snapshot,
    now: int,
    everybody: npt.NDArray[np.int64],
) -> tuple[dict[int, Reason], npt.NDArray[np.int64]]:
    """Why people may not be invited now, and the store's index of everybody in the snapshot."""
    store, rule = house.store, stored_eligibility(circle.eligibility)
    histories: list[History] = store.histories(circle.index, everybody.tolist(), now, audience.topics)
    reasons = {
        history.user: reason
        for history in histories
        if (reason := may_invite(history, house.policy.invitations, now, rule)) is not None
    }
    index = store.indices("User", list(today.users))
    unable = index[~able_by_rule(store, today, circle, rule)].tolist()
    return dict.fromkeys(unable, Reason.ELIGIBILITY) | reasons, index


def _random_people(
    made: Plan,
    audience: Audience,
    index: npt.NDArray[np.int64],
    reasons: Mapping[int, Reason],
    policy: Policy,
) -> Plan:
    """The pilot: people by lot of all who may be invited, never the best of them.

    Nobody, where these are fewer than the smallest audience: a rule that few people fit would say who it is,
    and a pilot that there is whether anybody fits it at all.
    """
    able = [at for at in range(len(index)) if int(index[at]) not in reasons]
    size = policy.audiences.pilot_size if len(able) >= policy.disclosure.min_audience_size else 0
    rng = np.random.default_rng(list(audience.audience_id.encode()))
    drawn = np.sort(rng.permutation(np.array(able, dtype=np.int64))[:size])
    scores = np.full(len(drawn), made.base_rate)
    return replace(made, users=drawn, scores=scores, certificate=None, strongest=None, method="pilot")
