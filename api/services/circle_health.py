"""How a circle does: who came, who left, who stays. Groups only, on months that have ended.

Counted are members who granted `portraits`. An owner gets joins and leaves with noise, once for good, which
the budget of their repeated questions pays for; shares are so coarse that each leaves many possible counts.
"""

from typing import Any

from api.context import Context
from api.services.alarms import judged, shown
from api.services.disclosed import repeated
from api.services.flows import consenting
from api.services.owners import owned
from graph.policy.disclosure import DisclosureRules, release_count, release_share
from graph.policy.flows import Int64, newcomers, num_first, num_left, retention
from graph.policy.months import bounds, checked_month, up_to
from graph.stores.base import Circle


def health(
    context: Context, owner: str | None, circle_id: str, *, window: str | None = None, now: int
) -> dict[str, Any]:
    """Joins, leaves and newcomers by month, and of those who joined in a month the share that stayed.

    Args:
        owner: the merchant who asks; None: the operator.
        window: the last month of it; None: the newest that has ended.

    Raises:
        NotFound: the circle is unknown or another merchant's. InputError: the window cannot be told.
    """
    circle, rules = owned(context, owner, circle_id), context.policy.disclosure
    months = months_of(context, circle, window=window, now=now)
    columns = consenting(context.store.get(), [circle.index])
    stayed = retention(columns, [bounds(month) for month in months])
    return {
        "circle_id": circle_id,
        "state": circle.state,
        **_alarm(context, owner, circle, now),
        "months": _months(context, owner, circle_id, columns, months, now),
        "retention": [
            {"joined": month, "stayed": _stayed(row, rules)}
            for month, row in zip(months, stayed, strict=True)
        ],
    }


def months_of(context: Context, circle: Circle, *, window: str | None = None, now: int) -> list[str]:
    """The months that are told of a circle, oldest first: none that was over before there was the circle.

    Raises:
        InputError: the window cannot be told.
    """
    found = up_to(checked_month(window, now), context.policy.between.health_months)
    return [month for month in found if bounds(month)[1] > (circle.created_at or 0)]


def question(circle_id: str) -> str:
    """What an owner asks of each month, as it is written into the ledger."""
    return f"health of {circle_id}"


def _alarm(context: Context, owner: str | None, circle: Circle, now: int) -> dict[str, Any]:
    """The take-over alarm, for the operator alone: whoever takes a circle over should not hear of it."""
    if owner is not None:
        return {}
    found = judged(context.store.get(), context.policy.alarm, now).get(circle.index)
    return {} if found is None else {"alarm": shown(found)}


def _months(
    context: Context,
    owner: str | None,
    circle_id: str,
    columns: dict[str, Int64],
    months: list[str],
    now: int,
) -> list[dict[str, Any]]:
    """Oldest first; asked for from the newest, so that a budget that ends leaves the old ones untold."""
    told = [_month(context, owner, circle_id, columns, month, now) for month in reversed(months)]
    return told[::-1]


def _month(
    context: Context, owner: str | None, circle_id: str, columns: dict[str, Int64], month: str, now: int
) -> dict[str, Any]:
    start, end = bounds(month)
    rules, new_and_old = context.policy.disclosure, newcomers(columns, start, end)
    counts = {"joins": num_first(columns, start, end), "leaves": num_left(columns, start, end)}
    if owner is None:
        cells = {name: release_count(number, rules) for name, number in counts.items()}
    else:
        cells = repeated(context, owner, question(circle_id), counts, now=now, window=month)
    return {
        "month": month,
        **{name: cell.out() for name, cell in cells.items()},
        "newcomer_share": release_share(new_and_old[0], sum(new_and_old), rules).out(),
    }


def _stayed(row: Int64, rules: DisclosureRules) -> list[dict[str, Any]]:
    """Of those who joined in a month, the share that was there at its end, a month later, ..."""
    joined, *present = (number for number in row.tolist() if number >= 0)
    return [release_share(number, joined, rules).out() for number in present]
