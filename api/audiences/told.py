"""What an owner is told of an audience: the promise, and why others are left out, in rounded counts."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from api.audiences.asked import House, data_of
from api.audiences.choose import Chosen
from graph.policy.audiences import Wish, funnel_of
from graph.policy.disclosure import DisclosureRules, release_count, release_parts
from graph.policy.invitations import Reason
from graph.stores.invitations import Audience


def promise_text(chosen: Chosen, size: int, left_out: Mapping[str, Any], rules: DisclosureRules) -> str:
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
            "lack": None if made.explanation is None else made.explanation.lack.value,
            "why": None if made.explanation is None else made.explanation.why,
            "what_helps": None if made.explanation is None else made.explanation.what_helps,
            "size": size,
            "left_out": left_out,
            "nearly_everybody": bool(able) and size > 0.8 * able,
        },
        ensure_ascii=False,
    )


def funnel_text(left_out: Mapping[str, Any], size: int, rules: DisclosureRules) -> str:
    reasons = {Reason(reason): number for reason, number in left_out["reasons"].items()}
    others = max(0, left_out["people"] - sum(reasons.values()) - size)
    counts = funnel_of(reasons, others, size, rules.min_audience_size)
    parts, total = release_parts(counts, rules)
    return json.dumps({"total": total.out(), "parts": {label: cell.out() for label, cell in parts.items()}})


def left_out_of(house: House, audience: Audience, chosen: Chosen) -> dict[str, Any]:
    """How many people each reason keeps out, counted once a week for a circle and its theme.

    Counted anew at each asking, two answers of one day would tell who said no in between.
    """
    for earlier in house.store.audiences(audience.circle):  # oldest first
        told = json.loads(earlier.certificate or "{}")
        if "left_out" in told and data_of(earlier) == data_of(audience):
            kept: dict[str, Any] = told["left_out"]
            return kept
    found = {reason.value: number for reason, number in Counter(chosen.reasons.values()).items()}
    return {"people": chosen.num_people, "reasons": found}


def problem_of(chosen: Chosen, wish: Wish, size: int, smallest: int) -> str | None:
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
