"""The table of problems: equal to the code and the README, and a page for each in two languages."""

import re

import pytest

from api import problems
from api.errors import HTTP_CODES, STATUS
from api.services.batches import NotJson
from graph import errors
from graph.settings import PROJECT
from tests.api.test_problems import all_errors


def test_the_table_has_the_codes_of_the_tree_with_their_statuses():
    for kind in all_errors():
        status = next((status for base, status in STATUS if issubclass(kind, base)), 500)
        assert status in problems.CODES[kind.code], kind
    assert problems.CODES[NotJson.code] == (400,)


def test_the_table_has_what_the_code_raises_and_nothing_else():
    text = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "api").rglob("*.py"))
    raised = set(re.findall(r'code="(\w+)"', text)) | set(re.findall(r'respond\(\s*\d+, "(\w+)"', text))
    known = raised | {kind.code for kind in all_errors()} | set(HTTP_CODES.values()) | {NotJson.code, "http"}
    assert known == set(problems.CODES)


def test_the_readme_has_every_code_that_the_api_answers_with():
    text = (PROJECT / "api" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d{3}) \| ((?:`\w+`,? ?)+) \|", text, re.MULTILINE)
    written = {(int(status), code) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    table = {(s, code) for code, statuses in problems.CODES.items() for s in statuses}
    assert written == {(s, code) for s, code in table if code not in problems.ON_PAGES}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_code_has_a_page(service, language):
    for code in problems.CODES:
        page = service.ask(
            "GET", f"/problems/{code}?lang={language}", key=None, headers={"Accept": "text/html"}
        )
        assert (page.status_code, page.mimetype) == (200, "text/html"), code
        assert problems.explained(code, language)["title"] in page.text.replace("&#39;", "'")
        assert ("含义" in page.text) is (language == "zh")


def test_a_script_gets_the_same_as_json(service):
    answer = service.ask("GET", "/problems/key_in_use", key=None, headers={"Accept": "application/json"}).json
    assert (answer["code"], answer["statuses"], answer["type"]) == (
        "key_in_use",
        [409],
        "/problems/key_in_use",
    )
    assert "POST /v1/payments" in answer["routes"]
    assert not any(place.startswith("GET") for place in answer["routes"])
    chinese = {"Accept": "application/json", "Accept-Language": "zh-CN"}
    assert (
        service.ask("GET", "/problems/key_in_use", key=None, headers=chinese).json["title"]
        == "同一请求正在答复中"
    )


def test_the_index_leads_to_every_page(service):
    page = service.ask("GET", "/problems", key=None, headers={"Accept": "text/html"}).text
    assert set(re.findall(r'href="/problems/(\w+)"', page)) == set(problems.CODES)
    items = service.ask("GET", "/problems", key=None, headers={"Accept": "application/json"}).json["items"]
    assert {item["code"] for item in items} == set(problems.CODES)


def test_a_problem_leads_to_its_page(service):
    problem = service.ask("GET", "/v1/users/nobody").json
    page = service.ask("GET", problem["type"], key=None, headers={"Accept": "application/json"}).json
    assert (page["code"], page["title"]) == ("not_found", problem["title"])


def test_a_code_that_there_is_not_is_not_found(service):
    assert service.ask("GET", "/problems/nothing", key=None).status_code == 404


def test_an_error_without_words_of_its_own_is_still_answered():
    assert problems.title("made_later") == problems.title(errors.CirclesError.code)
