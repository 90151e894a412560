"""Choose the people of an audience, and find what can be promised of them; in a process of its own.

The promise is proved on people whose answer is known: on random people of earlier pilots, by whether they
joined and stayed, once there are enough; before, by whether people of a calibration part bought in the
theme in the window that has just ended. What is kept is the promise and a funnel in rounded counts; the
people stay inside.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.invitations.plan import Plan, learn, plan
from embeddings.invitations.theme import fits_between, meaning_of, payments_in, public
from embeddings.touches import newest_edge
from graph.cut import cut
from graph.errors import CirclesError, NotFound, StoreConflict, StoreUnavailable
from graph.home import Home
from graph.log import PaymentLog
from graph.policy.audiences import ASKS_S, Wish, funnel_of, is_held_out, month_of, shared_by
from graph.policy.disclosure import DisclosureRules, release_count, release_parts
from graph.policy.eligibility import Eligibility, is_eligible, stored_eligibility
from graph.policy.invitations import DAY_S, History, Reason, may_invite
from graph.policy.values import Policy
from graph.schema import CircleState
from graph.snapshot import Snapshot
from graph.stores.base import Circle, GraphStore
from graph.stores.invitations import Arm, Audience, AudienceState, Person, is_chosen_by

Bool = npt.NDArray[np.bool_]
MIN_OUTCOMES = 75  # two thirds of them, which is 50, are calibration: below, nothing can be proved
OLD_DAYS = 365  # after which the outcome of a pilot says little of today
PURCHASES, JOINS = "purchases", "joins"


@dataclass(frozen=True)
class House:
    """What the work needs of a service."""

    home: Home
    store: GraphStore
    policy: Policy


@dataclass(frozen=True)
class Proof:
    """What fits are judged by. before: moment of the earlier snapshot. people: ids judged; None for all."""

    label: str
    before: int
    people: frozenset[str] | None = None
    stayed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Chosen:
    """A plan and everybody it was made over. reasons: of people by store index; absent: may be invited."""

    plan: Plan
    now: Snapshot
    proof: Proof
    store_index: npt.NDArray[np.int64]
    reasons: Mapping[int, Reason]
    num_people: int


def finish(house: House, audience_id: str, *, now: int) -> Audience:
    """Choose the people of an audience that was asked for; one that has them already stays as it is.

    Raises:
        NotFound: unknown. CirclesError: it could not be made; the audience says why, too.
    """
    audience = house.store.audience(audience_id)
    if audience is None:
        raise NotFound(f"audience {audience_id!r} is unknown; `circles audience create` makes one")
    if audience.state is not AudienceState.RUNNING:
        return audience
    try:
        circle = _open_circle(house.store, audience)
        chosen = choose(house, audience, circle, now=now)
        return _kept(house, audience, chosen)
    except Exception as error:
        if not isinstance(error, StoreUnavailable):  # that one is tried again
            known = isinstance(error, CirclesError)
            problem = str(error) if known else "the audience could not be chosen; the log says more"
            _fail(house.store, audience_id, problem)
        raise


def _fail(store: GraphStore, audience_id: str, problem: str, **changes: str) -> Audience | None:
    return store.set_audience(
        audience_id, AudienceState.FAILED, after=[AudienceState.RUNNING], problem=problem, **changes
    )


def choose(house: House, audience: Audience, circle: Circle, *, now: int) -> Chosen:
    """Plan an audience: cut the graph at two moments, learn between them, prove, choose."""
    store, rules, wish = house.store, house.policy.audiences, wish_of(audience)
    edges = {kind: store.edges(kind) for kind in ("paid", "bought")}
    today = cut(store, edges, as_of=now, policy=house.policy)
    # Data may end earlier than today; the window that has just ended is the last one of the data.
    newest = min(now, newest_edge(today))
    proof = proof_of(
        store, circle, now=now, otherwise=newest - rules.window_days * DAY_S, stay=rules.stay_days
    )
    log = PaymentLog(house.home.log).aggregate(until=proof.before, extra=store.inbox())
    before = cut(store, log, as_of=proof.before, policy=house.policy)
    reasons, index = _reasons(house, audience, circle, today, now)
    seed = seed_of(circle.circle_id, month_of(audience.created_at))
    made = plan(
        before,
        _fits(before, today, circle, proof),
        today,
        circle.theme,
        target=wish.target_fit,
        confidence=wish.confidence,
        circles_tested=shared_by(_place(store, audience)),
        seed=seed,
        learned=learn(before, today, seed=seed),
        eligible=np.array([int(i) not in reasons for i in index], dtype=bool),
        eligible_before=_judged(store, before, circle, proof),
    )
    if wish.pilot:
        made = _random_people(made, audience, index, reasons, house.policy)
    else:
        made = _as_many(made, sum(int(i) not in reasons for i in index))
    return Chosen(made, today, proof, index, reasons, len(store.nodes("User")["id"]))


def seed_of(circle_id: str, month: str) -> int:
    """The lot that parts learning from proof: one for a circle in a month, whoever asks and however often.

    A fresh lot for each question would let an owner ask until a lucky one proved the promise, and would make
    the audience another one than its preview.
    """
    digest = hashlib.sha256(f"split {month}\n{circle_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


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


def _fits(before: Snapshot, today: Snapshot, circle: Circle, proof: Proof) -> Bool:
    if proof.label == PURCHASES:
        return np.asarray(fits_between(before, today, [circle.theme])[:, 0])
    return np.array([user in proof.stayed for user in before.users], dtype=bool)


def _judged(store: GraphStore, before: Snapshot, circle: Circle, proof: Proof) -> Bool:
    """Who of the earlier moment is like those who may be invited: by the circle's rule, and not inside."""
    if proof.people is not None:
        return np.array([user in proof.people for user in before.users], dtype=bool)
    rule = stored_eligibility(circle.eligibility)
    able = _able(store, before, circle, rule)
    ring = before.circles.find(circle.circle_id)
    if ring >= 0:
        for edges in (before.members, before.dismissed):
            able[edges.rows()[edges.indices == ring]] = False
    return able


def _able(store: GraphStore, snapshot: Snapshot, circle: Circle, rule: Eligibility) -> Bool:
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


def _reasons(
    house: House, audience: Audience, circle: Circle, today: Snapshot, now: int
) -> tuple[dict[int, Reason], npt.NDArray[np.int64]]:
    """Why people may not be invited now, and the store's index of everybody in the snapshot."""
    store, rule = house.store, stored_eligibility(circle.eligibility)
    everybody: Sequence[int] = store.nodes("User")["index"]
    histories: list[History] = store.histories(circle.index, everybody, now, audience.topics)
    reasons = {
        history.user: reason
        for history in histories
        if (reason := may_invite(history, house.policy.invitations, now, rule)) is not None
    }
    index = store.indices("User", list(today.users))
    unable = index[~_able(store, today, circle, rule)].tolist()
    return dict.fromkeys(unable, Reason.ELIGIBILITY) | reasons, index


def _place(store: GraphStore, audience: Audience) -> int:
    """Which question of this month this is, by when each was first asked; from 1 on.

    An owner who changes a circle or what is asked of it, until a promise comes out, has asked as often. Of
    two in one second each counts the other as earlier: neither knows who was.
    """
    month = month_of(audience.created_at)
    first: dict[tuple[Any, ...], int] = {}
    for asked in store.audiences():  # oldest first
        if month_of(asked.created_at) == month:
            first.setdefault(_question(asked), asked.created_at)
    return sum(at <= first[_question(audience)] for at in first.values())


def _question(audience: Audience) -> tuple[Any, ...]:
    """What is tested: a theme and a rule, in a week's data, at a target and a confidence."""
    asked = json.loads(audience.asked)
    return *_data_of(audience), asked["target_fit"], asked["confidence"]


def _data_of(audience: Audience) -> tuple[int, str | None, int]:
    return audience.circle, json.loads(audience.asked).get("theme"), audience.created_at // ASKS_S


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


def _kept(house: House, audience: Audience, chosen: Chosen) -> Audience:
    """Write down people and promise; a preview and an audience that is too small get no people."""
    wish, rules = wish_of(audience), house.policy.disclosure
    made = chosen.plan
    is_pilot = wish.pilot or made.method == "pilot"
    users = made.users[: wish.max_size]
    size = 0 if made.method == "none" or (is_pilot and not wish.pilot) else len(users)
    left_out = _left_out(house, audience, chosen)
    changes = {
        "certificate": _promise(chosen, size, left_out, rules),
        "funnel": _funnel(left_out, size, rules),
    }
    store, id_ = house.store, audience.audience_id
    if is_preview(audience):
        done = store.set_audience(id_, AudienceState.DRAFT, after=[AudienceState.RUNNING], **changes)
    elif problem := _problem(chosen, wish, size, rules.min_audience_size):
        done = _fail(store, id_, problem, **changes)
    else:
        _open_circle(store, audience)
        done = store.fill_audience(id_, _people(audience, chosen, wish), **changes)
    if done is None:  # another process was faster
        done = store.audience(id_)
    assert done is not None
    return done


def _people(audience: Audience, chosen: Chosen, wish: Wish) -> list[Person]:
    people = []
    for at, score in zip(
        chosen.plan.users[: wish.max_size].tolist(), chosen.plan.scores.tolist(), strict=False
    ):
        held = is_held_out(audience.audience_id, chosen.now.users[at], wish.holdout)
        arm = Arm.PILOT if wish.pilot else Arm.HOLDOUT if held else Arm.INVITED
        people.append(Person(int(chosen.store_index[at]), arm, score, "waiting"))
    return people


def _problem(chosen: Chosen, wish: Wish, size: int, smallest: int) -> str | None:
    """Why there is no audience, in words for its owner; None where there is one."""
    why = chosen.plan.explanation
    if size >= (1 if wish.pilot else smallest):
        return None
    if wish.pilot:
        return (
            f"fewer than {smallest} people may be invited to this circle now: a pilot among fewer would tell "
            "who they are. Ask again later, or widen its rule"
        )
    if chosen.plan.method in ("none", "pilot") and why is not None:
        return f"no promise can be made of this audience. {why.why} {why.what_helps}"
    return (
        f"the audience has fewer than {smallest} people, the smallest that may be invited: a smaller one "
        "would tell who is in it. Ask for less fit, or widen the theme or the rule of the circle"
    )


def _promise(chosen: Chosen, size: int, left_out: Mapping[str, Any], rules: DisclosureRules) -> str:
    """What is promised, as JSON; counts of people as they may be told."""
    made = chosen.plan

    def written(certificate: Any) -> dict[str, Any] | None:
        if certificate is None:
            return None
        value = asdict(certificate)
        value.pop("num_fits")
        value["n"] = release_count(value.pop("num_calibration"), rules).out()
        value["threshold"] = round(value["threshold"], 2)  # exactly, it is somebody's score
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in value.items()}

    able = chosen.num_people - len(chosen.reasons)
    return json.dumps(
        {
            "method": made.method,
            "label": chosen.proof.label,
            "certificate": written(made.certificate),
            "strongest": written(made.strongest),
            "why": None if made.explanation is None else made.explanation.why,
            "what_helps": None if made.explanation is None else made.explanation.what_helps,
            "size": size,
            "left_out": left_out,
            "nearly_everybody": bool(able) and size > 0.8 * able,
        },
        ensure_ascii=False,
    )


def _funnel(left_out: Mapping[str, Any], size: int, rules: DisclosureRules) -> str:
    reasons = {Reason(reason): number for reason, number in left_out["reasons"].items()}
    others = max(0, left_out["people"] - sum(reasons.values()) - size)
    counts = funnel_of(reasons, others, size, rules.min_audience_size)
    parts, total = release_parts(counts, rules)
    return json.dumps({"total": total.out(), "parts": {label: cell.out() for label, cell in parts.items()}})


def _left_out(house: House, audience: Audience, chosen: Chosen) -> dict[str, Any]:
    """How many people each reason keeps out, counted once a week for a circle and its theme.

    Counted anew at each asking, two answers of one day would tell who said no in between.
    """
    for earlier in house.store.audiences(audience.circle):  # oldest first
        told = json.loads(earlier.certificate or "{}")
        if "left_out" in told and _data_of(earlier) == _data_of(audience):
            kept: dict[str, Any] = told["left_out"]
            return kept
    found = {reason.value: number for reason, number in Counter(chosen.reasons.values()).items()}
    return {"people": chosen.num_people, "reasons": found}


def _open_circle(store: GraphStore, audience: Audience) -> Circle:
    """The circle of an audience. Raises StoreConflict when it takes nobody any more."""
    (circle_id,) = store.ids("Circle", [audience.circle])
    circle = store.circle(circle_id)
    if circle is None or circle.state not in (CircleState.OPEN, CircleState.PROPOSED):
        raise StoreConflict(
            "the circle was closed or quarantined while its audience was being chosen; nobody is in it. "
            "A closed circle stays closed; of a quarantined one ask again when it is given back"
        )
    if circle.owner_id != audience.owner:
        raise StoreConflict(
            "the circle has another owner than when its audience was asked for; nobody is in it. Ask again"
        )
    if not is_chosen_by(audience, circle):
        raise StoreConflict(
            "the circle's theme or rule was changed since its audience was asked for; nobody is in it. "
            "Ask again"
        )
    return circle


def wish_of(audience: Audience) -> Wish:
    asked = json.loads(audience.asked)
    return Wish(**{name: asked[name] for name in Wish.__dataclass_fields__})


def is_preview(audience: Audience) -> bool:
    return bool(json.loads(audience.asked).get("preview"))
