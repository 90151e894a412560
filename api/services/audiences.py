"""Audiences of a circle, as its owner asks for them: previews, promises, funnels; never a person.

What is asked is written down and answered by a job (`api/audiences/finish.py`), which may take the memory of
training. A preview is an audience without people. The same question in the same week is the same preview:
asking often tells nothing more.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from api.audit import Action, Look, record
from api.context import Context
from api.services import work
from api.services.catalogue import describe
from api.services.moments import written
from api.services.owners import owned
from api.services.shelf import spoken_texts
from api.services.walls import is_walled
from graph.errors import ForbiddenRule, InputError, KeyReused, NotFound, StoreConflict
from graph.policy.audiences import ASKS_S, Wish
from graph.policy.disclosure import size_band
from graph.policy.invitations import DAY_S
from graph.policy.topics import risky_topic
from graph.schema import PRIVATE_SCENES, CircleState
from graph.stores.base import Circle
from graph.stores.invitations import Audience, AudienceState, theme_mark

UNKNOWN_AUDIENCE = "unknown audience, or not visible with this key"
_ENDED = (AudienceState.DRAFT, AudienceState.READY, AudienceState.FAILED)
EXAMPLES = 5  # of each kind of thing that a theme names


def found(context: Context, subject: str | None, audience_id: str) -> Audience:
    """An audience that the caller may act on.

    Args:
        subject: the merchant whose key it is; None for the operator.

    Raises:
        NotFound: unknown, or of another merchant's circle: both look the same.
    """
    store = context.store.get()
    audience = store.audience(audience_id)
    if audience is None or (subject is not None and audience.owner != subject):
        raise NotFound(UNKNOWN_AUDIENCE)
    try:
        owned(context, subject, store.ids("Circle", [audience.circle])[0])
    except NotFound:
        raise NotFound(UNKNOWN_AUDIENCE) from None
    return audience


def ask(
    context: Context,
    subject: str | None,
    circle_id: str,
    wish: Wish,
    *,
    now: int,
    key: str | None = None,
    preview: bool = False,
) -> Audience:
    """Write down an audience that is to be chosen; the same one again where it was asked for already.

    Args:
        key: `Idempotency-Key` of the request.

    Raises:
        NotFound: another merchant's circle. InputError: the circle takes nobody, or the key was used for
        something else. RateExceeded: the owner asked too often this week.
    """
    circle = owned(context, subject, circle_id)
    check_open(context, circle)
    smallest = context.policy.disclosure.min_audience_size
    if wish.max_size < smallest and not wish.pilot:
        raise InputError(f"max_size is {wish.max_size}; expected {smallest} or more, or a pilot")
    asked = json.dumps(asdict(wish) | {"preview": preview, "theme": theme_mark(circle)}, sort_keys=True)
    id_ = _preview_id(circle, asked, now) if preview else _audience_id(subject, circle_id, key)
    store = context.store.get()
    if (known := store.audience(id_)) is not None:
        if known.asked != asked or known.circle != circle.index:
            raise KeyReused("this Idempotency-Key asked for another audience; send a new one")
        return known
    audience = Audience(
        audience_id=id_,
        circle=circle.index,
        owner=circle.owner_id,
        state=AudienceState.RUNNING,
        topics=_topics(circle),
        asked=asked,
        certificate=None,
        funnel=None,
        sending=None,
        problem=None,
        created_at=now,
        valid_until=now + wish.valid_days * DAY_S,
    )
    if not preview:
        record(context, Action.AUDIENCE_CREATED, object=f"{id_} of {circle_id}")
    store.create_audience(audience, most=context.policy.audiences.asks_per_week)
    return store.audience(id_) or audience


def start(context: Context, audience: Audience, *, owner: str) -> None:
    """Have an audience chosen by a process of its own, unless it is, or one is at it.

    Asked again, or looked at, it begins anew what a process that died left behind. owner: id of the key that
    asked.
    """
    if audience.state is not AudienceState.RUNNING:
        return
    wanted = {"audience": audience.audience_id}
    at_it = [job for job in context.jobs.unfinished() if job.kind == "audience" and job.params == wanted]
    for job in at_it:
        work.find(context, job.job_id, None)  # starts it again where its process is gone
    if not at_it:
        work.start(context, "audience", wanted, owner=owner)


def waited(context: Context, audience_id: str, seconds: float) -> Audience:
    """The audience once it is chosen, or as it stands after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        audience = context.store.get().audience(audience_id)
        if audience is None:
            raise NotFound(UNKNOWN_AUDIENCE)
        if audience.state in _ENDED or time.monotonic() > until:
            return audience
        time.sleep(0.2)


def shown(context: Context, audience: Audience, *, now: int) -> dict[str, Any]:
    """An audience for its owner: bands, rounded counts and promises; the look at it is written down."""
    context.audit.look(Look(Action.AUDIENCE_SEEN, audience.audience_id), at=now)
    (circle_id,) = context.store.get().ids("Circle", [audience.circle])
    asked = json.loads(audience.asked)
    value: dict[str, Any] = {
        "audience_id": audience.audience_id,
        "circle_id": circle_id,
        "state": audience.state.value,
        "preview": bool(asked.get("preview")),
        "asked": {name: asked[name] for name in Wish.__dataclass_fields__},
        "created_at": written(audience.created_at),
        "valid_until": written(audience.valid_until),
        "examples": examples(context, circle_id),
        "problem": audience.problem,
        "sending": None if audience.sending is None else json.loads(audience.sending),
    }
    if audience.certificate is not None:
        value |= _promise(context, audience, now)
    if audience.funnel is not None:
        value["funnel"] = json.loads(audience.funnel)
    return {name: part for name, part in value.items() if part is not None}


def close(context: Context, audience: Audience) -> Audience:
    """End an audience for good: nothing more is sent. Raises StoreConflict while it is being chosen."""
    after = [state for state in AudienceState if state not in (AudienceState.RUNNING, AudienceState.CLOSED)]
    done = context.store.get().set_audience(audience.audience_id, AudienceState.CLOSED, after=after)
    if done is None and audience.state is AudienceState.RUNNING:
        raise StoreConflict("the audience is still being chosen; close it when that has ended")
    return done or audience


def examples(context: Context, circle_id: str) -> dict[str, list[str]]:
    """What the theme is about, by type: words of the catalogue, the heaviest first."""
    by_kind: dict[str, list[str]] = {}
    for part in describe(context, circle_id)["theme"]:
        labels = by_kind.setdefault(part["kind"], [])
        if len(labels) < EXAMPLES:
            labels.append(part["label"])
    return by_kind


def _promise(context: Context, audience: Audience, now: int) -> dict[str, Any]:
    kept = json.loads(audience.certificate or "{}")
    rules = context.policy
    fits = {
        "purchases": f"pays for something of the theme within {rules.audiences.window_days} days",
        "joins": f"joins when invited, and stays {rules.audiences.stay_days} days",
    }[kept["label"]]
    asked = json.loads(audience.asked)
    is_pilot = bool(asked["pilot"])
    dated = {"valid_until": written(audience.valid_until), "drift": _drift(context, audience, now)}
    value = {
        "size": f"at most {rules.audiences.pilot_size}"
        if is_pilot
        else size_band(kept["size"], rules.disclosure),
        "pilot": is_pilot,
        "fits": fits,
        "proved_by": kept["label"],
        "certificate": kept["certificate"] and kept["certificate"] | dated,
        "strongest": kept["strongest"] and kept["strongest"] | dated,
        "lack": kept.get("lack"),  # absent from what was kept before there were codes
        "why": kept["why"],
        "what_helps": kept["what_helps"],
    }
    return value | note_of(kept, asked, rules.disclosure.min_audience_size)


def note_of(kept: Mapping[str, Any], asked: Mapping[str, Any], smallest: int) -> dict[str, str]:
    """What an owner would otherwise find out too late, in words and as a code for other languages."""
    if kept["nearly_everybody"]:
        return {
            "note": "nearly everybody who may be invited fits: the theme tells few people apart",
            "note_code": "nearly_everybody",
        }
    is_promised = kept["certificate"] or kept["strongest"]
    if asked.get("preview") and is_promised and kept["size"] < smallest and not asked["pilot"]:
        return {
            "note": f"fewer than {smallest} people: no such audience is made, for it would tell who is in "
            "it; ask for less fit, or widen the theme or the rule of the circle",
            "note_code": "too_small",
        }
    return {}


def _drift(context: Context, audience: Audience, now: int) -> str:
    """Whether a promise still stands: later askings of the same circle could not repeat it, or it ran out."""
    if now >= audience.valid_until:
        return "expired"
    wish = json.loads(audience.asked)
    for later in context.store.get().audiences(audience.circle):
        if later.created_at <= audience.created_at or later.certificate is None:
            continue
        asked, kept = json.loads(later.asked), json.loads(later.certificate)
        alike = all(
            asked.get(name) == wish.get(name) for name in ("target_fit", "confidence", "theme", "pilot")
        )
        if (
            alike
            and kept["certificate"] is None
            and kept["label"] == json.loads(audience.certificate or "{}")["label"]
        ):
            return "drifting"
    return "holding"


def check_open(context: Context, circle: Circle) -> None:
    """Raises InputError for a circle that nobody is invited to, ForbiddenRule for a topic of no circle."""
    if risky_topic(context.policy.risky, spoken_texts(circle)):
        raise ForbiddenRule(
            "the circle is about a topic that nobody is invited to, see `policy.toml` [risky]"
        )
    if is_walled(context, circle):
        raise ForbiddenRule(
            f"nobody is invited to circles of {' and '.join(PRIVATE_SCENES)}, or all about sensitive things"
        )
    if circle.state not in (CircleState.OPEN, CircleState.PROPOSED):
        raise InputError(f"the circle is {circle.state}; nobody is invited to it")
    if not circle.theme:
        raise InputError("the circle has no theme, so that nobody can fit it; give it one first")


def _topics(circle: Circle) -> frozenset[str]:
    """What a refusal of this circle speaks against: its categories, its scene and its owner.

    The owner, because a circle that was turned down can be closed and made again.
    """
    named = {f"{t.kind} {t.target_id}" for t in circle.theme if t.kind in ("category", "scene")}
    others = {"scene": circle.scene, "owner": circle.owner_id}
    return frozenset(named | {f"{kind} {value}" for kind, value in others.items() if value})


def _preview_id(circle: Circle, asked: str, now: int) -> str:
    return "pre_" + _digest(circle.circle_id, circle.owner_id, asked, str(now // ASKS_S))


def _audience_id(subject: str | None, circle_id: str, key: str | None) -> str:
    return "aud_" + (secrets.token_hex(12) if key is None else _digest(subject, circle_id, key))


def _digest(*parts: str | None) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
