"""Who may see a merchant's page, and what everybody else gets."""

import re
from dataclasses import replace

import pytest

from api.routes import merchant_page
from graph.errors import StoreUnavailable
from tests.api.test_guard import routes

NAVIGATES = {"Sec-Fetch-Mode": "navigate"}


def test_what_changes_something_asks_for_a_session(service):
    views = service.app.view_functions
    unsafe = {
        rule
        for method, rule, at in routes(service.app)
        if rule.startswith("/merchant") and method != "GET" and not getattr(views[at], "signed_in", False)
    }
    assert unsafe == {"/merchant/session"}  # where one signs in


def test_who_is_not_signed_in_meets_the_form_where_they_wanted_to_go(service):
    answer = service.ask("GET", "/merchant/c0?group=g1&lang=zh", key=None)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Session realm="circles"')
    assert 'name="next" value="/merchant/c0?group=g1&amp;lang=zh"' in answer.text
    assert "Coffee Shop 0" not in answer.text


def test_an_api_key_opens_no_page(service):
    assert service.ask("GET", "/merchant/c0", key="merchant").status_code == 401


def test_a_page_names_its_merchant_and_is_kept_by_nobody(service):
    answer = service.visitor("merchant").get("/merchant/c0")
    assert "<title>Coffee Shop 0 · Circles</title>" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" in answer.headers["Vary"]
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_another_merchants_page_is_no_page(service):
    client = service.visitor("merchant")
    paths = ("/merchant/c1", "/merchant/nobody", "/merchant/c0/nothing", "/merchant/..%2fc0")
    answers = [client.get(path, headers={"X-Request-Id": "one"}) for path in paths]
    assert answers[0].status_code == 404
    assert all(bytes_of(answer) == bytes_of(answers[0]) for answer in answers)


def bytes_of(answer):
    return answer.status_code, dict(answer.headers), answer.data


@pytest.mark.parametrize(("language", "words"), [("en", "Nothing to see here"), ("zh", "这里没有内容")])
def test_an_error_is_a_page_in_ones_language(service, language, words):
    answer = service.visitor().get(f"/merchant/a/b?lang={language}")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert f"<h1>{words}</h1>" in answer.text


def test_a_script_that_asks_for_json_gets_the_problem(service):
    answer = service.visitor().get("/merchant/a/b", headers={"Accept": "application/json"})
    assert (answer.mimetype, answer.json["code"]) == ("application/problem+json", "not_found")


def test_a_script_whose_session_ended_is_told_so(service):
    answer = service.visitor().get("/merchant/c0", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (401, "signed_out")


def test_elsewhere_errors_stay_problems(service):
    answer = service.ask("GET", "/nowhere", headers={"Accept": "text/html"})
    assert answer.mimetype == "application/problem+json"


def test_a_store_that_is_away_is_said_kindly(service, monkeypatch):
    client = service.visitor("merchant")
    monkeypatch.setattr(merchant_page, "name_of", refuse(StoreUnavailable("/secret/place")))
    answer = client.get("/merchant/c0")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Back in a moment" in answer.text
    assert "secret" not in answer.text


def test_a_crash_names_what_to_report_and_nothing_of_its_text(service, monkeypatch):
    client = service.visitor("merchant")
    monkeypatch.setattr(merchant_page, "name_of", refuse(RuntimeError("somebody's data")))
    answer = client.get("/merchant/c0", headers={"X-Request-Id": "crash-7"})
    assert answer.status_code == 500
    assert "<code>crash-7</code>" in answer.text
    assert "somebody" not in answer.text


def refuse(error):
    def fails(*_):
        raise error

    return fails


def test_a_method_that_is_not_there_says_which_are(service):
    answer = service.visitor().put("/merchant/session")
    assert (answer.status_code, answer.mimetype) == (405, "text/html")
    assert "POST" in answer.headers["Allow"]


def test_a_link_from_outside_is_opened_once_more_from_here(service):
    for site in ("cross-site", "same-site"):
        headers = NAVIGATES | {"Sec-Fetch-Site": site}
        answer = service.visitor().get('/merchant/c0?q=";x&lang=zh', headers=headers)
        (target,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]*)"', answer.text)
        assert target == "/merchant/c0?q=%22;x&amp;lang=zh"
        assert answer.status_code == 200
    for site in ("same-origin", "none"):
        again = service.visitor().get("/merchant/c0", headers=NAVIGATES | {"Sec-Fetch-Site": site})
        assert again.status_code == 401  # and not a second time


def test_what_was_tried_ends_with_the_demonstration(service):
    service.offer("c0")
    client = service.visitor(merchant="c0")
    assert client.get("/merchant/c0").status_code == 200
    strict = replace(service.context.policy, production=True)
    service.app.extensions["circles"] = replace(service.context, policy=strict)
    assert client.get("/merchant/c0").status_code == 401
