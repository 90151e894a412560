"""Whose portrait is asked for, and what every answer made of it says about itself.

A merchant that has no portrait gets the same answer with everything hidden: an empty body stands for it.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from api.audit import Action, Look
from api.context import Context
from api.services.moments import written
from api.services.told_notes import WHY_EMPTY
from graph.errors import NotFound, VersionError
from graph.policy.values import Policy
from graph.portraits.body import Body
from graph.portraits.census import WEEK_S
from graph.portraits.consistent import consistent
from graph.portraits.groups import scenes_of
from graph.portraits.growth import Around
from graph.portraits.questions import QUESTIONS, Labels
from graph.portraits.weeks import Peers, PortraitWeek

UNKNOWN_MERCHANT = "unknown merchant, or not visible with this key"


@dataclass(frozen=True)
class Portrayed:
    """One merchant as far as it is known.

    scenes: of each category of `labels`, see `scenes_of`. why_empty: code of `WHY_EMPTY`, where `body` holds
    nothing. as_of: epoch seconds, when the week was built. around: everybody, None where no past is known.
    """

    merchant_id: str
    name: str
    body: Body
    labels: Labels
    scenes: tuple[str | None, ...]
    peers: Peers | None
    as_of: int | None = None
    why_empty: str | None = None
    around: Around | None = None


def portrayed(context: Context, owner: str | None, merchant_id: str) -> Portrayed:
    """Look up a merchant's newest portrait.

    Args:
        owner: the merchant who asks; None: the operator, who may ask about all.

    Raises:
        NotFound: unknown, or another merchant: both look the same.
        StoreUnavailable: the store does not answer.
    """
    found = context.store.get().describe("Merchant", [merchant_id])
    if (owner is not None and owner != merchant_id) or found["index"][0] < 0:
        raise NotFound(UNKNOWN_MERCHANT)
    name, week = found["name"][0] or merchant_id, context.portraits.current()
    of_week = None if week is None else week.week
    context.audit.look(Look(Action.FANS_SEEN, merchant_id, version=of_week), at=context.now())
    if week is None:
        return _empty(context.policy, merchant_id, name, None, "not_built")
    body = week.body(merchant_id)
    if body is None or body.people < context.policy.portraits.min_people:
        return _empty(context.policy, merchant_id, name, week, "too_few")
    labels = week.labels(body.labels_id)
    scenes, peers = scenes_of(context.policy, labels.categories), week.peers(merchant_id)
    at = _built_at(week) or body.made_at
    everybody = week.around(labels, context.policy.disclosure.min_audience_size)
    return Portrayed(merchant_id, name, consistent(body), labels, scenes, peers, at, around=everybody)


def meta_of(context: Context, about: Portrayed) -> dict[str, Any]:
    """The head of an answer; `truncated` and `hidden_groups` are set by `finished`."""
    rules, body = context.policy.portraits, about.body
    has_body = about.why_empty is None
    renewed = datetime.fromtimestamp(body.made_at, UTC).date() + timedelta(weeks=rules.renew_weeks)
    return {
        "k": context.policy.disclosure.min_group_size,
        "window": _window(body) if body.week else None,
        "as_of": written(about.as_of),
        "made_at": written(body.made_at) if has_body else None,
        "renewed_after": renewed.isoformat() if has_body else None,
        "model": _model(context),
        "epsilon": body.epsilon,
        "rounding": "2sf",
        "truncated": False,
        "hidden_groups": "none",
    }


def finished(answer: dict[str, Any], about: Portrayed) -> dict[str, Any]:
    """The answer with what its head says of the whole, and why it is empty where it is."""
    answer["meta"]["hidden_groups"] = "some" if _hides(answer) else "none"
    if about.why_empty is not None:
        answer["why_empty"] = WHY_EMPTY[about.why_empty]
    return answer


def _hides(value: Any) -> bool:
    if isinstance(value, dict):
        return "hidden" in value or any(_hides(part) for part in value.values())
    return isinstance(value, list) and any(_hides(part) for part in value)


def _empty(policy: Policy, merchant_id: str, name: str, week: PortraitWeek | None, why: str) -> Portrayed:
    """A portrait in which every group is empty, and so is hidden."""
    labels = Labels((), (), (), policy.amount_bands)
    counts = {question.name: np.zeros(labels.shape(question.name), np.int64) for question in QUESTIONS}
    body = Body(merchant_id, "", 0, 0, 0, policy.portraits.epsilon, labels.labels_id, counts)
    if week is None:
        return Portrayed(merchant_id, name, body, labels, (), None, None, why)
    start, end = _bounds(week.week, policy.portraits.window_weeks)
    body = replace(body, week=week.week, start=start, end=end)
    return Portrayed(merchant_id, name, body, labels, (), None, _built_at(week), why)


def _bounds(week: str, window_weeks: int) -> tuple[int, int]:
    """Epoch seconds of the window whose last week has this name."""
    year, _, number = week.partition("-W")
    monday = datetime.combine(date.fromisocalendar(int(year), int(number), 1), datetime.min.time(), UTC)
    end = int(monday.timestamp()) + WEEK_S
    return end - window_weeks * WEEK_S, end


def _window(body: Body) -> dict[str, str]:
    """First and last day, and the last week."""
    first, last = (datetime.fromtimestamp(at, UTC).date() for at in (body.start, body.end - 1))
    return {"from": first.isoformat(), "to": last.isoformat(), "week": body.week}


def _built_at(week: PortraitWeek) -> int | None:
    made_at = week.about().get("made_at", "")
    return int(made_at) if made_at.isdecimal() else None


def _model(context: Context) -> str | None:
    try:
        return context.versions.current().version.name
    except VersionError:
        return None
