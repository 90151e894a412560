"""What is counted, by labels that no caller can choose."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.observe.metrics import instruments


@pytest.fixture(autouse=True)
def fresh():
    instruments.cache_clear()
    yield
    instruments.cache_clear()


def samples(service, name):
    text = service.ask("GET", "/metrics", key="operator").text
    families = text_string_to_metric_families(text)
    return {tuple(sorted(s.labels.items())): s.value for f in families for s in f.samples if s.name == name}


def test_a_request_counts_by_its_route_and_not_by_its_path(service):
    for user in ("u0", "u2", "nobody"):
        service.ask("GET", f"/v1/users/{user}/circles")
    route = ("route", "/v1/users/<user_id>/circles")
    found = samples(service, "circles_requests_total")
    assert found == {
        (("method", "GET"), route, ("status", "200")): 2,
        (("method", "GET"), route, ("status", "404")): 1,
    }


def test_paths_and_methods_of_a_caller_make_no_series(service):
    for number in range(20):
        service.ask(f"METHOD{number}", f"/nowhere/{number}", key=None)
    assert samples(service, "circles_requests_total") == {
        (("method", "other"), ("route", "-"), ("status", "404")): 20
    }


def test_lists_count_by_their_source(service):
    service.ask("GET", "/v1/users/u60/circles")
    service.ask("GET", "/v1/users/u60/circles?mode=non_profiling")
    found = samples(service, "circles_answers_total")
    assert sorted(dict(labels)["personalised"] for labels in found) == ["no", "yes"]
    assert all(dict(labels)["degraded"] == "no" for labels in found)


def test_a_list_without_the_store_is_degraded_and_the_failure_is_counted(store_away):
    from api.app import create_app
    from tests.api.conftest import Service

    service = Service(create_app(store_away), {})
    service.keys.update(service=service.new_key("service"), operator=service.new_key("operator"))
    assert service.ask("GET", "/v1/users/u60/circles").json["degraded"] is True
    assert sum(samples(service, "circles_store_errors_total").values()) >= 1
    assert [dict(labels)["degraded"] for labels in samples(service, "circles_answers_total")] == ["yes"]
    service.context.close()


def test_refusals_count_by_their_code(service):
    service.ask("GET", "/v1/users/u0", key=None)
    service.ask("GET", "/v1/users/u0", key="scientist")
    found = samples(service, "circles_problems_total")
    assert found == {(("code", "key_required"),): 1, (("code", "scope"),): 1}


def test_the_version_its_age_and_the_jobs_are_told(service):
    job = service.context.jobs.add("train", {}, owner=None, now=1)
    service.context.jobs.end(job.job_id, now=2, problem="no")
    manifest = service.context.versions.current().version.manifest
    (info,) = samples(service, "circles_version_info")
    assert dict(info)["version"] == manifest["version"]
    assert samples(service, "circles_version_as_of_timestamp_seconds") == {(): manifest["as_of"]}
    assert samples(service, "circles_jobs") == {(("kind", "train"), ("state", "failed")): 1}
    assert samples(service, "circles_keys")[(("role", "member"), ("state", "active"))] == 1


def test_entries_of_the_audit_log_are_counted(service):
    service.ask("PUT", "/v1/users/u60/consents/circles", {"granted": True})
    told = samples(service, "circles_audit_entries")[()]
    assert told == len(list(service.context.audit.entries())) > 0


def test_only_operators_read_metrics_and_no_account_is_in_them(service):
    assert service.ask("GET", "/metrics", key=None).status_code == 401
    assert service.ask("GET", "/metrics", key="service").status_code == 403
    service.ask("GET", "/v1/users/u60/circles?exclude=bakers")
    text = service.ask("GET", "/metrics", key="operator").text
    assert not re.search(r"\bu60\b|bakers|" + service.context.pseudonyms.of("u60"), text)
