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
from werkzeug.datastructures import MultiDict
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.utils import cached_property

from api import bodies, compression, docs, errors, guard, headers, idempotency, page_errors, page_guard
from api.context import wire
from api.errors import Problem, refuse_invalid
from api.observe import requests
from api.pages import render
from api.parameters import Once
from api.routes import (
    anonymous,
    assets,
    audiences,
    between,
    circles,
    erasure_keys,
    events,
    first,
    health,
    invitations,
    jobs,
    links,
    merchant_circle,
    merchant_downloads,
    merchant_graph,
    merchant_invite,
    merchant_page,
    merchant_session,
    merchants,
    metrics,
    models,
    moderation,
    own_circles,
    payments,
    problems,
    recommendations,
    relays,
    things,
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
    "`code`, each of which has [a page](/problems)."
)
BLUEPRINTS = (
    circles,
    anonymous,
    own_circles,
    moderation,
    between,
    relays,
    merchants,
    things,
    links,
    users,
    payments,
    events,
    recommendations,
    jobs,
    models,
    erasure_keys,
    health,
    metrics,
    audiences,
    invitations,
)
PAGES = (
    docs,
    problems,
    first,
    assets,
    merchant_session,
    merchant_page,
    merchant_downloads,
    merchant_graph,
    merchant_invite,
    merchant_circle,
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
    """A request whose JSON body and query are read or refused with a reason, never quietly half taken."""

    def __init__(self, environ: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        bodies.watch(environ, MAX_BODY_BYTES)
        super().__init__(environ, *args, **kwargs)

    @cached_property
    def args(self) -> MultiDict[str, str]:
        return Once(super().args) if self.path.startswith("/v1/") else super().args

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
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0
        )
    # After a request the last comes first: errors become pages, then headers are set, then bytes compressed,
    # and the request is counted as it left.
    parts = (
        requests,
        compression,
        errors,
        headers,
        bodies,
        guard,
        idempotency,
        page_guard,
        page_errors,
        render,
    )
    for part in parts:
        part.init_app(app)
    for module in BLUEPRINTS:
        app.register_api(module.api)
    for module in PAGES:
        app.register_blueprint(module.pages)
    with suppress(CirclesError):
        context.versions.current()  # so that the first request does not pay for it
    work.resume(context)
    return app
