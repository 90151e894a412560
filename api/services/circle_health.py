"""How a circle does: who came, who left, who stays. Groups only, on calendar months that have ended.

Counted are members who granted `portraits`.
"""

from typing import Any

from api.context import Context
from api.services.flows import consenting
from api.services.owners import owned
from graph.policy.disclosure import DisclosureRules, release_count
from graph.policy.flows import Int64, newcomers, num_left, retention
from graph.policy.months import bounds, last_ended
from graph.policy.shares import share_in_steps


def health(context: Context, owner: str | None, circle_id: str, *, now: int) -> dict[str, Any]:
    """Joins, leaves and newcomers by month, and of those who joined in a month the share that stayed.

    Args:
        owner: the merchant who asks; None: the operator.

    Raises:
        NotFound: the circle is unknown or another merchant's.
    """
    circle, rules = owned(context, owner, circle_id), context.policy.disclosure
    months = last_ended(now, context.policy.between.health_months)
    columns = consenting(context.store.get(), [circle.index])
    stayed = retention(columns, [bounds(month) for month in months])
    return {
        "circle_id": circle_id,
        "state": circle.state,
        "months": [
            _month(columns, month, int(row[0]), rules) for month, row in zip(months, stayed, strict=True)
        ],
        "retention": [
            {"joined": month, "stayed": _stayed(row, rules)}
            for month, row in zip(months, stayed, strict=True)
        ],
    }


def _month(columns: dict[str, Int64], month: str, num_new: int, rules: DisclosureRules) -> dict[str, Any]:
    start, end = bounds(month)
    new, before = newcomers(columns, start, end)
    return {
        "month": month,
        "joins": release_count(num_new, rules).out(),
        "leaves": release_count(num_left(columns, start, end), rules).out(),
        "newcomer_share": share_in_steps(new, new + before, rules).out(),
    }


def _stayed(row: Int64, rules: DisclosureRules) -> list[dict[str, Any]]:
    """Of those who joined in a month, the share that was there at its end, a month later, ..."""
    joined, *present = (number for number in row.tolist() if number >= 0)
    return [share_in_steps(number, joined, rules).out() for number in present]
