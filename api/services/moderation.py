"""What the operator does about circles: keeps them apart, lets them go, judges reports of them.

A report is an event; its id here is a keyed hash, since an app's event id may name an account. Who reported
is told to nobody.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from api.audit import Action, record
from api.context import Context
from api.services.moments import written
from api.services.own_circles import view
from api.services.owners import owned
from api.services.pages import Key, page_of, with_cursor
from graph.errors import NotFound
from graph.stores.circle_life import Report

UNKNOWN_REPORT = "unknown report, or not visible with this key"


def quarantine(context: Context, circle_id: str, reason: str, *, now: int) -> dict[str, Any]:
    """Keep a circle apart at once: nobody is shown it or can join. Repeating it changes nothing.

    Raises:
        NotFound: unknown circle.
    """
    circle = owned(context, None, circle_id)
    record(context, Action.CIRCLE_QUARANTINED, object=circle_id)
    context.store.get().quarantine_circle(circle.index, reason, now)
    return view(context, None, circle_id, now=now)


def release(context: Context, circle_id: str, *, now: int) -> dict[str, Any]:
    """Give a circle the state back that it had. Repeating it changes nothing. Raises NotFound."""
    circle = owned(context, None, circle_id)
    record(context, Action.CIRCLE_RELEASED, object=circle_id)
    context.store.get().release_circle(circle.index, now)
    return view(context, None, circle_id, now=now)


def reports(
    context: Context, *, state: str | None = None, limit: int | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """Reports of circles, the most reported circle first, then the oldest report; never who reported.

    Args:
        state: waiting, upheld or rejected; None for all. cursor: `next_cursor` of the page before.

    Returns:
        `items`, at most `limit` of them, and `total`.
    """
    store, limit = context.store.get(), context.policy.checked_limit(limit)
    found = store.reports()
    people = _people(found)
    wanted = [report for report in found if state is None or _state(report) == state]

    def place(report: Report) -> Key:
        return -people[report.circle], report.circle, report.at, _report_id(context, report)

    wanted.sort(key=place)
    page, next_cursor = page_of(wanted, place, limit=limit, cursor=cursor)
    ids = store.ids("Circle", [report.circle for report in page])
    named = dict(zip((report.circle for report in page), ids, strict=True))
    items = [_item(context, report, named, people) for report in page]
    return with_cursor({"items": items, "total": len(wanted)}, next_cursor)


def judge(context: Context, report_id: str, *, upheld: bool, now: int) -> dict[str, Any] | None:
    """Uphold or reject a report.

    Returns:
        The report; None when it was decided the other way before.

    Raises:
        NotFound: no report has this id.
    """
    store = context.store.get()
    found = store.reports()
    for report in found:
        if _report_id(context, report) != report_id:
            continue
        record(context, Action.REPORT_UPHELD if upheld else Action.REPORT_REJECTED, object=report_id)
        if store.judge_report(report.event_id, upheld, now) != upheld:
            return None
        named = {report.circle: store.ids("Circle", [report.circle])[0]}
        (judged,) = [r for r in store.reports() if r.event_id == report.event_id]
        return _item(context, judged, named, _people(found))
    raise NotFound(UNKNOWN_REPORT)


def _item(
    context: Context, report: Report, circle_ids: Mapping[int, str], people: Mapping[int, int]
) -> dict[str, Any]:
    """Days, not moments: a moment could be matched with what somebody did."""
    return {
        "report_id": _report_id(context, report),
        "circle_id": circle_ids[report.circle],
        "people": people[report.circle],
        "state": _state(report),
        "reported_on": str(written(report.at))[:10],
        "judged_on": None if report.judged_at is None else str(written(report.judged_at))[:10],
    }


def _report_id(context: Context, report: Report) -> str:
    return context.pseudonyms.of(f"report:{report.event_id}")


def _state(report: Report) -> str:
    return "waiting" if report.upheld is None else "upheld" if report.upheld else "rejected"


def _people(found: list[Report]) -> dict[int, int]:
    """How many different people reported each circle."""
    who: dict[int, set[int]] = defaultdict(set)
    for report in found:
        who[report.circle].add(report.user)
    return {circle: len(users) for circle, users in who.items()}
