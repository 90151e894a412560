"""Answers to merchants as files: which form is asked for, and the line in the log that says who took one."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request

from api.audit import Action, record
from api.errors import field_problem
from api.guard import context
from api.routes.shared import answer
from api.services.csv_tables import fan_graph_csv, health_csv, peers_csv, portrait_csv, search_csv
from api.services.graph_files import gexf, graphml

log = logging.getLogger("api.downloads")

Written = Callable[[Mapping[str, Any]], str]
JSON = "json"
TYPES = {
    JSON: "application/json",
    "csv": "text/csv",
    "graphml": "application/graphml+xml",
    "gexf": "application/gexf+xml",
}
FORMS: dict[str, dict[str, Written]] = {
    "portrait": {"csv": portrait_csv},
    "peers": {"csv": peers_csv},
    "circle-health": {"csv": health_csv},
    "search": {"csv": search_csv},
    "fan-graph": {"csv": fan_graph_csv, "graphml": graphml, "gexf": gexf},
}  # what is asked for -> form -> how it is written


def asked_form(what: str, given: str | None) -> str:
    """The form that the address names, else the one that the client likes best; JSON where it does not say.

    Raises:
        Problem: the address names one that there is not.
    """
    forms = (JSON, *FORMS[what])
    if given is None:
        best = request.accept_mimetypes.best_match([TYPES[form] for form in forms], TYPES[JSON])
        return next(form for form in forms if TYPES[form] == best)
    if given not in forms:
        raise field_problem("format", given, f"one of {', '.join(forms)}")
    return given


def told(what: str, value: Mapping[str, Any], form: str, *, who: str, is_file: bool = False) -> Response:
    """An answer in its form; a file is noted in both logs.

    Args:
        what: one of FORMS. who: a key id or a session; never a person. is_file: JSON too is one.
    """
    if form == JSON and not is_file:
        return answer(value, headers={"Vary": "Accept"})
    week = (value.get("meta", {}).get("window") or {}).get("week")
    line = {"who": who, "merchant": value.get("merchant_id"), "what": what, "form": form, "week": week}
    log.info("a file was taken", extra={"told": line})
    record(context(), Action.FILE_TAKEN, object=" ".join(str(part) for part in line.values() if part))
    made = answer(value) if form == JSON else Response(FORMS[what][form](value))
    made.content_type = TYPES[form] if form == JSON else f"{TYPES[form]}; charset=utf-8"
    made.headers["Content-Disposition"] = (
        f'attachment; filename="{"-".join(filter(None, (what, week)))}.{form}"'
    )
    made.headers["Vary"] = "Accept"
    return made
