"""The HTTP application: wires settings, services and routes."""

import logging
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import orjson
from flask import Flask, Request, Response
from flask.json.provider import JSONProvider
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from api import docs, errors, guard
from api.context import wire
from api.errors import Problem, refuse_invalid
from api.routes import (
    audiences,
    between,
    circles,
    events,
    first,
    health,
    invitations,
    jobs,
    links,
    models,
    moderation,
    own_circles,
    payments,
    recommendations,
    relays,
    users,
)
from api.services import work
from api.services.batches import parse
from graph.errors import CirclesError
from graph.settings import Settings

MAX_BODY_BYTES = 2 * 1024 * 1024
ABOUT = (
    "Circles turns payments into communities. Send a key as `Authorization: Bearer ck_...`. Account ids are "
    "the app's own; inside only keyed pseudonyms exist. Errors are `application/problem+json` with a stable "
    "`code`."
)
BLUEPRINTS = (
    circles,
    own_circles,
    moderation,
    between,
    relays,
    links,
    users,
    payments,
    events,
    recommendations,
    jobs,
    models,
    health,
    audiences,
    invitations,
)


class Json(JSONProvider):
    """orjson: a tenth of the time of the standard library for an answer of 20 circles."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return parse(s if isinstance(s, bytes) else s.encode())

    def response(self, *args: Any, **kwargs: Any) -> Any:
        value = self._prepare_response_obj(args, kwargs)
        return Response(orjson.dumps(value), mimetype="application/json")


class StrictRequest(Request):
    """A request whose JSON body is read or refused with a reason, never quietly taken for nothing."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        if self.mimetype != "application/json":
            raise Problem(415, f"content type is {self.mimetype!r}; expected application/json")
        return parse(self.get_data())


def create_app(settings: Settings) -> Flask:
    """Build the application of one worker.

    Raises:
        ConfigError: a setting, the policy or the home folder cannot be used. A store that does not answer
        and a version that is not there yet are reported by `/readyz`, not here.
    """
    logging.getLogger("api").setLevel(settings.log_level)
    context = wire(settings)
    app = OpenAPI(
        __name__,
        info=Info(title="Circles", version=version("circles"), description=ABOUT),
        security_schemes={"key": {"type": "http", "scheme": "bearer", "bearerFormat": "ck_<id>_<secret>"}},
        validation_error_callback=refuse_invalid,
        doc_ui=False,
        static_folder=None,
    )
    app.extensions["circles"] = context
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json = Json(app)
    app.request_class = StrictRequest
    app.url_map.strict_slashes = False
    errors.init_app(app)
    guard.init_app(app)
    for module in BLUEPRINTS:
        app.register_api(module.api)
    app.register_blueprint(docs.pages)
    app.register_blueprint(first.pages)
    with suppress(CirclesError):
        context.versions.current()  # so that the first request does not pay for it
    work.resume(context)
    return app
