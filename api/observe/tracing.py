"""Traces by OpenTelemetry, for whoever wants them: off without the extra `otel`, and off by default.

On when the environment names where they go, in OpenTelemetry's own variables (OTEL_TRACES_EXPORTER or
OTEL_EXPORTER_OTLP_ENDPOINT). A span is named by its route pattern, with method and status. OpenTelemetry's
own instrumentation of Flask would write down paths, and our paths name accounts.
"""

import logging
from collections.abc import Mapping
from importlib.util import find_spec
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request

from api.observe.metrics import METHODS

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

log = logging.getLogger(__name__)

NAMES = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for traces."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get(NAMES[0]) == "none":
        return False
    return any(environ.get(name) for name in NAMES)


def start(app: Flask, environ: Mapping[str, str]) -> bool:
    """Trace an application where the environment asks for it; returns whether it does.

    Call it in the process that answers: spans are sent by a thread of their own, which no fork takes along.
    """
    if not is_wanted(environ):
        return False
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter") is None:
        log.warning("OTEL_* asks for traces, but OpenTelemetry is not installed: pip install 'circles[otel]'")
        return False
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # The sampler is the one of OTEL_TRACES_SAMPLER, the name that of OTEL_SERVICE_NAME where it is set.
    name = {} if environ.get("OTEL_SERVICE_NAME") else {"service.name": "circles"}
    provider = TracerProvider(resource=Resource.create(name))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    # A worker ends as a child of `multiprocessing`, which calls this and not `atexit`.
    Finalize(None, provider.shutdown, exitpriority=0)
    trace(app, provider)
    return True


def trace(app: Flask, provider: "TracerProvider") -> None:
    """Make a span of every request, as a part of the caller's trace where it sends one (`traceparent`)."""
    from opentelemetry import context
    from opentelemetry.trace import SpanKind, use_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    tracer, propagator = provider.get_tracer("circles"), TraceContextTextMapPropagator()

    def begin() -> None:
        sent = {"traceparent": request.headers.get("traceparent", "")}
        parent = propagator.extract(sent, context.Context())
        method = request.method if request.method in METHODS else "other"
        route = request.url_rule.rule if request.url_rule else "-"
        told = {"http.request.method": method, "http.route": route}
        g.span = tracer.start_span(f"{method} {route}", context=parent, kind=SpanKind.SERVER, attributes=told)
        g.span_use = use_span(g.span, record_exception=False, set_status_on_exception=False)
        g.span_use.__enter__()

    def name(response: Response) -> Response:
        if "span" in g:
            g.span.set_attribute("http.response.status_code", response.status_code)
            g.span.set_attribute("circles.request_id", g.request_id)
        return response

    def end(_: BaseException | None) -> None:
        if "span" in g:
            g.span_use.__exit__(None, None, None)
            g.span.end()

    app.before_request_funcs.setdefault(None, []).insert(0, begin)  # before whatever may refuse the request
    app.after_request(name)
    app.teardown_request(end)
