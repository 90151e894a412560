"""`/v1/circles/{c}/quarantine` and `/v1/reports`: for the operator."""

from flask import Response

from api.auth import Role
from api.errors import Problem
from api.guard import allow, context
from api.routes.own_circles import etag
from api.routes.shared import answer, blueprint, problems
from api.schemas.general import CirclePath
from api.schemas.own_circles import (
    OwnCircleOut,
    QuarantineBody,
    ReportOut,
    ReportPath,
    ReportsOut,
    ReportsQuery,
)
from api.services import moderation

api = blueprint("moderation", "What the operator does about circles")


@api.put(
    "/circles/<circle_id>/quarantine", responses={200: OwnCircleOut, **problems(400, 404, 415, 422, 503)}
)
@allow(Role.OPERATOR)
def quarantine(path: CirclePath, body: QuarantineBody) -> Response:
    """Keep a circle apart at once: nobody is shown it, joins or is invited."""
    wired = context()
    found = moderation.quarantine(wired, path.circle_id, body.reason, now=wired.now())
    return answer(found, 200, etag(found))


@api.delete("/circles/<circle_id>/quarantine", responses={200: OwnCircleOut, **problems(404, 503)})
@allow(Role.OPERATOR)
def release(path: CirclePath) -> Response:
    """Give a circle the state back that it had before its quarantine."""
    wired = context()
    found = moderation.release(wired, path.circle_id, now=wired.now())
    return answer(found, 200, etag(found))


@api.get("/reports", responses={200: ReportsOut, **problems(422, 503)})
@allow(Role.OPERATOR)
def reports(query: ReportsQuery) -> Response:
    """Reports of circles, the most reported circle first; never who reported."""
    return answer(moderation.reports(context(), state=query.state, limit=query.limit, cursor=query.cursor))


@api.post("/reports/<string:report_id>:uphold", responses={200: ReportOut, **problems(404, 409, 503)})
@allow(Role.OPERATOR)
def uphold(path: ReportPath) -> Response:
    """Say that a report is right; once. What to do about the circle is another decision."""
    return _judged(path.report_id, upheld=True)


@api.post("/reports/<string:report_id>:reject", responses={200: ReportOut, **problems(404, 409, 503)})
@allow(Role.OPERATOR)
def reject(path: ReportPath) -> Response:
    """Say that a report is not right; once. It no longer counts for the take-over alarm."""
    return _judged(path.report_id, upheld=False)


def _judged(report_id: str, *, upheld: bool) -> Response:
    wired = context()
    found = moderation.judge(wired, report_id, upheld=upheld, now=wired.now())
    if found is None:
        raise Problem(409, "the report was decided the other way, and that holds", code="already_judged")
    return answer(found)
