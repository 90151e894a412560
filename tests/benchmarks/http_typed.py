"""What types and documentation add to a route: our blueprints beside Flask that parses by hand."""

import sys
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from flask_openapi3.openapi import OpenAPI
from measure import PROJECT
from werkzeug.test import EnvironBuilder

sys.path.insert(0, str(PROJECT))

from api.app import Json
from api.errors import refuse_invalid
from api.routes.shared import answer, blueprint
from api.schemas.general import CirclesQuery, UserPath

BAR = 2.0
PATH, QUERY = "/v1/users/18/circles", "limit=5&scene=dining&explain=false"
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]


def measure(rounds: int = 40, number: int = 250) -> dict[str, list[dict[str, Any]]]:
    """CPU microseconds of a request in process: the least of rounds that take turns."""
    apps = {"plain Flask": plain(), "typed": typed()}
    least = {name: float("inf") for name in apps}
    for _ in range(rounds):
        for name, app in apps.items():
            least[name] = min(least[name], cpu_us(app.wsgi_app, number))
    ratio = least["typed"] / least["plain Flask"]
    rows: list[dict[str, Any]] = [{"route": name, "CPU us": round(us, 1)} for name, us in least.items()]
    rows[0] |= {"x plain": 1.0, "bar": "", "kept": ""}
    rows[1] |= {"x plain": round(ratio, 2), "bar": BAR, "kept": "yes" if ratio < BAR else "NO"}
    return {"the circles route's own types, answering nothing": rows}


def typed() -> Flask:
    """The circles route's own types around a route that only says what it was asked."""
    app = OpenAPI(__name__, validation_error_callback=refuse_invalid, doc_ui=False, static_folder=None)
    app.json = Json(app)
    routes = blueprint("circles", "typed")

    @routes.get("/users/<user_id>/circles")
    def circles(path: UserPath, query: CirclesQuery) -> Response:
        return answer({"user_id": path.user_id, "limit": query.limit, "scene": query.scene})

    app.register_api(routes)
    return app


def plain() -> Flask:
    """The same by hand, as one would write it in a hurry."""
    app = Flask(__name__, static_folder=None)
    app.json = Json(app)

    @app.get("/v1/users/<user_id>/circles")
    def circles(user_id: str) -> Response:
        limit, scene = request.args.get("limit", type=int), request.args.get("scene")
        return answer({"user_id": user_id, "limit": limit, "scene": scene})

    return app


def cpu_us(app: Wsgi, number: int) -> float:
    """CPU microseconds of one request, without the making of what a server hands over."""
    environs = [EnvironBuilder(path=PATH, query_string=QUERY).get_environ() for _ in range(number)]
    begin = time.thread_time_ns()
    for environ in environs:
        b"".join(app(environ, _started))
    return (time.thread_time_ns() - begin) / 1e3 / number


def _started(status: str, headers: Any, *_: Any) -> None:
    if not status.startswith("200"):
        raise RuntimeError(f"answered {status}")
