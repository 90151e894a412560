"""What came of an audience: joins of the invited beside those of people kept back by lot, with an interval.

Owners ask again and again while people join, so that the counts carry noise and cost budget; the lift is
computed from the noisy counts alone, and its interval says so. The same week gives the same answer.
"""

import json
from typing import Any

from api.audit import Action, Look
from api.context import Context
from api.services.disclosed import noisy_counts
from api.services.moments import written
from graph.errors import WrongState
from graph.policy.audiences import Lift, lift_of
from graph.policy.disclosure import Cell, Hidden, release_count
from graph.policy.lattice import quarter_of, week_of
from graph.stores.invitations import Arm, Audience, Outcome

NOBODY = Outcome(0, 0, 0, 0, 0)
COUNTS = ("invited", "joined", "declined", "holdout", "holdout_joined")
BASIS = (
    "all people of both arms as they were drawn by lot, whether or not an invitation reached them; joined "
    "since the first invitation went out; 95 % interval, noise included"
)


def results(context: Context, audience: Audience, *, now: int) -> dict[str, Any]:
    """Results of this week.

    Raises:
        WrongState: nothing was sent yet.
    """
    store, rules = context.store.get(), context.policy.disclosure
    context.audit.look(Look(Action.AUDIENCE_SEEN, audience.audience_id), at=now)
    arms = store.audience_outcomes(audience.audience_id)
    if not sum(outcome.sent for outcome in arms.values()):
        raise WrongState("no invitation of this audience was sent yet; there is nothing to compare")
    arm = Arm.PILOT if Arm.PILOT in arms else Arm.INVITED
    invited, held = arms.get(arm, NOBODY), arms.get(Arm.HOLDOUT, NOBODY)
    declined = min(invited.declined, invited.people - invited.joined)
    # Everybody is in one of these at most, so that the noise of one person's change is paid for once.
    parts = [
        invited.joined,
        declined,
        invited.people - invited.joined - declined,
        held.joined,
        held.people - held.joined,
    ]
    noisy, cost = noisy_counts(parts, rules.epsilon, 1)
    kept = store.keep_release(
        audience.owner or "operator",
        quarter_of(now),
        f"{week_of(now).name} audience {audience.audience_id} results",
        cost,
        rules.quarterly_budget,
        json.dumps(
            _told(noisy, rules.min_group_size, 1 / rules.epsilon, held.people > 0) | {"as_of": written(now)}
        ),
    )
    value: dict[str, Any] = {"audience_id": audience.audience_id, "week": week_of(now).name, "basis": BASIS}
    if kept is None:
        return value | dict.fromkeys((*COUNTS, "lift"), Cell(hidden=Hidden.BUDGET).out())
    told = json.loads(kept)
    cells = {name: release_count(max(told["counts"][name], 0), rules).out() for name in COUNTS}
    lift = told["lift"] or Cell(hidden=Hidden.MINIMUM).out()
    return value | cells | {"lift": lift, "pilot": arm is Arm.PILOT, "as_of": told.get("as_of", written(now))}


def _told(noisy: list[int], smallest: int, scale: float, compares: bool) -> dict[str, Any]:
    joined, declined, rest, held_joined, held_rest = noisy
    people, held = joined + declined + rest, held_joined + held_rest
    counts = dict(zip(COUNTS, (people, joined, declined, held, held_joined), strict=True))
    lift = lift_of(joined, people, held_joined, held, noise_scale=scale) if compares else None
    return {"counts": counts, "lift": _shown(lift, min(people, held) >= smallest)}


def _shown(lift: Lift | None, is_large: bool) -> dict[str, float] | None:
    """None where an arm is too small to speak of."""
    if lift is None or not is_large:
        return None
    return {"value": round(lift.value, 2), "low": round(lift.low, 2), "high": round(lift.high, 2)}
