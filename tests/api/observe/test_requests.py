"""Every request has an id and one log line."""

import logging

import orjson
import pytest

from api.observe import seen
from api.observe.logs import JsonLines
from tests.servers import serving, wait_until


@pytest.mark.parametrize(("given", "kept"), [("abc-1.2_3", True), ("with space", False), ("x" * 65, False)])
def test_a_request_id_is_honoured_when_it_is_one(service, given, kept):
    found = service.ask("GET", "/healthz", key=None, headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert (found == given) is kept


def test_a_request_is_one_log_line_without_people(service, caplog):
    with caplog.at_level(logging.INFO, logger="api.requests"):
        service.ask("GET", "/v1/users/u0/circles?exclude=bakers", headers={"X-Request-Id": "r1"})
    (line,) = [JsonLines().format(record) for record in caplog.records if record.name == "api.requests"]
    value = orjson.loads(line)
    assert value.pop("ms") > 0
    assert value.pop("pid") > 0
    assert value.pop("at").endswith("+00:00")
    assert value == {
        "level": "INFO",
        "logger": "api.requests",
        "message": "answered",
        "request_id": "r1",
        "method": "GET",
        "route": "/v1/users/<user_id>/circles",
        "status": 200,
        "role": "service",
        "key_id": service.keys["service"].split("_")[1],
        "version": service.context.versions.current().version.name,
        "degraded": False,
    }


def test_lines_of_one_member_cannot_be_told_from_those_of_another(service, caplog):
    with caplog.at_level(logging.INFO, logger="api.requests"):
        assert service.ask("GET", "/v1/users/u0", key="member").status_code == 200
    (record,) = [record for record in caplog.records if record.name == "api.requests"]
    line = orjson.loads(JsonLines().format(record))
    assert line["role"] == "member"
    assert "key_id" not in line


def test_a_job_logs_under_the_request_that_asked_for_it(settings):
    with serving(settings.home, LOG_LEVEL="INFO") as server:
        key = server.key("service")
        assert server.ask("/v1/users/u2", key, method="DELETE", X_Request_Id="r9")[0] == 202
        wait_until(lambda: "(forget) is done" in server.log.read_text())
        lines = [line for line in server.lines() if line.get("request_id") == "r9"]
    assert [line["logger"] for line in lines if line["pid"] == lines[-1]["pid"]] == ["api.job_runner"] * 2
    assert {line["logger"] for line in lines} == {"api.requests", "api.job_runner"}


def test_outside_of_a_request_there_is_no_id(service):
    service.ask("GET", "/healthz", key=None)
    assert seen.request_id() == ""
