"""Traces: off unless asked for, and by route, never by path."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.observe.tracing import is_wanted, start, trace
from tests.servers import serving


@pytest.fixture
def spans(service):
    """What was traced of the service so far."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace(service.app, provider)
    return exporter.get_finished_spans


def test_a_span_has_the_route_and_nothing_of_the_path(service, spans):
    service.ask("GET", "/v1/users/u60/circles?exclude=bakers", headers={"X-Request-Id": "r1"})
    (span,) = spans()
    assert span.name == "GET /v1/users/<user_id>/circles"
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "http.route": "/v1/users/<user_id>/circles",
        "http.response.status_code": 200,
        "circles.request_id": "r1",
    }
    assert "u60" not in span.to_json()
    assert "bakers" not in span.to_json()


def test_a_span_belongs_to_the_trace_of_the_caller(service, spans):
    parent = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    service.ask("GET", "/healthz", key=None, headers={"traceparent": parent})
    service.ask("GET", "/healthz", key=None, headers={"traceparent": "nonsense"})
    ours, alone = spans()
    assert (ours.context.trace_id, ours.parent.span_id) == (int("a" * 32, 16), int("b" * 16, 16))
    assert alone.parent is None


def test_a_refused_request_is_traced_too(service, spans):
    assert service.ask("GET", "/v1/users/u60", key=None).status_code == 401
    assert [span.attributes["http.response.status_code"] for span in spans()] == [401]


def test_a_crash_leaves_a_span_that_does_not_say_what_was_said(service, spans, monkeypatch):
    def crash(*args, **kwargs):
        raise KeyError("somebody")

    monkeypatch.setattr("api.routes.models.models.listed", crash)
    service.ask("GET", "/v1/models", key="operator")
    (span,) = spans()
    assert span.attributes["http.response.status_code"] == 500
    assert "somebody" not in span.to_json()


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, False),
    ],
)
def test_it_is_on_where_the_environment_says_where_traces_go(environ, wanted):
    assert is_wanted(environ) is wanted


def test_without_being_asked_nothing_is_added_to_the_application(service):
    before = len(service.app.before_request_funcs[None])
    assert start(service.app, {}) is False
    assert len(service.app.before_request_funcs[None]) == before


class Collector(BaseHTTPRequestHandler):
    """Takes what an exporter sends, as a collector would."""

    received: ClassVar[list[bytes]] = []

    def do_POST(self):
        self.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


def test_a_real_server_sends_its_last_spans_when_it_stops(settings):
    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=collector.serve_forever)
    thread.start()
    try:
        where = f"http://127.0.0.1:{collector.server_port}"
        wish = {"OTEL_EXPORTER_OTLP_ENDPOINT": where, "OTEL_BSP_SCHEDULE_DELAY": "600000"}
        with serving(settings.home, **wish) as server:
            assert server.ask("/v1/users/u60/circles", server.key("service"))[0] == 200
            assert Collector.received == []
        sent = b"".join(
            gzip.decompress(part) if part[:2] == b"\x1f\x8b" else part for part in Collector.received
        )
        assert b"GET /v1/users/<user_id>/circles" in sent
        assert b"u60" not in sent
    finally:
        collector.shutdown()
        thread.join()
        collector.server_close()
