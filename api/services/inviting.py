"""What a page needs to let a merchant invite people: answers as codes, for words in any language.

It asks nothing new of anybody's data: what is told of an audience comes from `audiences`, `sending` and
`audience_results`.
"""

import json
import re
from datetime import datetime
from typing import Any

from api.context import Context
from api.services import audiences
from api.services.moments import written
from api.services.own_circles import summary
from api.services.owners import owned
from api.services.words import plain
from graph.errors import ForbiddenRule, InputError
from graph.policy.audiences import ASKS_S
from graph.policy.eligibility import RECOMMENDABLE
from graph.stores.base import Circle
from graph.stores.invitations import Audience, AudienceState

MAX_CIRCLES = 100  # of one merchant, in a list to choose from
MAX_EARLIER = 5  # audiences of a circle that are listed
SENDABLE = ("ready", "sending")
FALLEN = "failed"
_DIGITS = re.compile(r"[0-9][0-9,]*")


def section(
    context: Context, merchant_id: str, *, circle_id: str | None, audience_id: str | None, now: int
) -> dict[str, Any]:
    """All that a page shows of inviting before anything new is asked.

    Args:
        circle_id: chosen by the merchant; of an audience its own circle counts.

    Raises:
        NotFound: circle or audience are unknown, or another merchant's.
    """
    chosen = None
    if audience_id is not None:
        chosen = told(context, audiences.found(context, merchant_id, audience_id), now=now)
        circle_id = chosen["circle_id"]
    circle = None if circle_id is None else owned(context, merchant_id, circle_id)
    rules = context.policy
    return {
        "circles": circles_of(context, merchant_id, now=now),
        "circle": None if circle is None else _circle(context, circle, now),
        "audience": chosen,
        "asks_left": asks_left(context, merchant_id, now=now),
        "rules": rules.audiences,
        "least": rules.disclosure.min_audience_size,
        "theme_price": rules.disclosure.theme_epsilon,
        "person": rules.invitations,
    }


def circles_of(context: Context, merchant_id: str, *, now: int) -> list[dict[str, Any]]:
    """The circles that a merchant runs, the newest first; `closed_to`: why nobody can be invited to one."""
    store, known = context.store.get(), context.circles.all(context)
    ids = [id_ for id_, circle in known.items() if circle.owner_id == merchant_id]
    # Read again one by one: what is kept for all circles may know a little less of members.
    mine = [circle for id_ in ids[::-1][:MAX_CIRCLES] if (circle := store.circle(id_)) is not None]
    return [_line(context, circle, now) for circle in mine]


def _line(context: Context, circle: Circle, now: int) -> dict[str, Any]:
    return summary(context, circle, now) | {
        "name": plain(circle.name or circle.circle_id),
        "closed_to": closed_to(context, circle),
    }


def _circle(context: Context, circle: Circle, now: int) -> dict[str, Any]:
    examples = audiences.examples(context, circle.circle_id)
    return _line(context, circle, now) | {
        "examples": [label for labels in examples.values() for label in labels],
        "earlier": _earlier(context, circle),
    }


def _earlier(context: Context, circle: Circle) -> list[dict[str, Any]]:
    """Audiences of a circle without its previews, the newest first."""
    found = [a for a in context.store.get().audiences(circle.index) if a.owner == circle.owner_id]
    kept = [audience for audience in found if not json.loads(audience.asked).get("preview")]
    return [
        {"audience_id": a.audience_id, "state": a.state.value, "asked": moment(written(a.created_at))}
        for a in kept[::-1][:MAX_EARLIER]
    ]


def closed_to(context: Context, circle: Circle) -> str | None:
    """Why nobody is invited to a circle: its state, `forbidden` or `no_theme`; None where people may be."""
    try:
        audiences.check_open(context, circle)
    except ForbiddenRule:
        return "forbidden"
    except InputError:
        return "no_theme" if circle.state in RECOMMENDABLE else str(circle.state)
    return None


def asks_left(context: Context, merchant_id: str, *, now: int) -> int:
    """How many more previews and audiences a merchant may ask for in these seven days."""
    recent = sum(asked > now - ASKS_S for asked in context.store.get().asked_at(merchant_id))
    return max(0, context.policy.audiences.asks_per_week - recent)


def told(context: Context, audience: Audience, *, now: int) -> dict[str, Any]:
    """An audience as its owner is told of it, with codes beside the sentences and what can be done next."""
    value = audiences.shown(context, audience, now=now)
    state, is_over = value["state"], now >= audience.valid_until
    return value | {
        "band": band(value["size"]) if "size" in value else None,
        "problem_code": problem_code(value),
        "waited_s": max(0, now - audience.created_at) if state == AudienceState.RUNNING else None,
        "is_over": is_over,
        "can_create": is_creatable(value) and not is_over,
        "can_send": state in SENDABLE and not is_over,
        "can_close": state in (*SENDABLE, "sent"),
        "is_begun": _is_begun(context, audience),
        "ends": moment(value["valid_until"]),
    }


def _is_begun(context: Context, audience: Audience) -> bool:
    """Whether anything of an audience was sent, so that there is something to compare."""
    outcomes = context.store.get().audience_outcomes(audience.audience_id)
    return any(outcome.sent for outcome in outcomes.values())


def is_creatable(value: dict[str, Any]) -> bool:
    """Whether an audience can be made of a preview: somebody is promised of it, and it is large enough."""
    if value["state"] != AudienceState.DRAFT or value.get("note_code") == "too_small":
        return False
    return bool(value.get("pilot") or value.get("certificate") or value.get("strongest"))


def problem_code(value: dict[str, Any]) -> str | None:
    """Why there is no audience: `few_able` for a pilot, `unproved`, `too_small`, or `other`; None for one."""
    if value["state"] != FALLEN:
        return None
    if "size" not in value:
        return "other"
    if value["pilot"]:
        return "few_able"
    is_promised = value.get("certificate") or value.get("strongest")
    return "too_small" if is_promised or not value.get("lack") else "unproved"


def band(text: str) -> dict[str, Any]:
    """A band such as "200 to 500" as its kind and numbers: {"kind": "between", "numbers": [200, 500]}.

    Kinds: `under`, `most`, `between`, `more`.
    """
    numbers = [int(found.replace(",", "")) for found in _DIGITS.findall(text)]
    if len(numbers) == 2:
        return {"kind": "between", "numbers": numbers}
    kinds = {"under": "under", "at most": "most"}
    return {
        "kind": next((k for word, k in kinds.items() if text.startswith(word)), "more"),
        "numbers": numbers,
    }


def moment(text: str | None) -> datetime | None:
    """A moment as the service writes it."""
    return None if text is None else datetime.fromisoformat(text)
