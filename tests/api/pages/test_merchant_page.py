"""The merchant's page as a whole: six sections, what each shows, and what stays when one fails."""

import re

import pytest

from api.pages import figures
from graph.errors import StoreError
from tests.portraits import LABELS, body_of, home_with, peers_of

SECTIONS = ["health", "fans", "portrait", "invite", "circles", "peers", "how"]
COUNTS = {
    "standing": {"near": 200, "mid": 300, "far": 100, "lost": 150},
    # CLIMBING GYM, COFFEE SHOP, SOFT DRINKS, TEA HOUSE, none of them
    "interests": [[40, 60, 30, 45, 25], [60] * 5, [20] * 5],
    "hours": {("near", day, 2): 40 for day in range(5)},
    "rising": {"COFFEE SHOP": 130},
}


@pytest.fixture
def shop(service):
    """A signed-in browser of the merchant c0, which has a portrait."""
    body = body_of("c0", epsilon=50.0, **COUNTS)
    home_with(service.context.home, [(body, peers_of(body))])
    return service.visitor("merchant")


def told(page):
    """Numbers that stand as figures on the page."""
    return re.findall(r'class="told">([^<]+)<', page)


def section(page, name):
    return page.partition(f'id="{name}"')[2].partition("<section")[0]


def test_the_sections_follow_the_questions(shop):
    page = shop.get("/merchant/c0").text
    assert re.findall(r'<section class="part[^"]*" id="(\w+)"', page) == SECTIONS
    assert re.findall(r'<li><a href="#(\w+)">', page) == SECTIONS[:-1]


def test_health_says_how_many_and_who_came_again(shop):
    health = section(shop.get("/merchant/c0").text, "health")
    assert told(health) == ["600", "200", "100", "77%"]  # 500 of 650 fans of before came again
    assert "You have about 600 fans, 8% fewer than 13 weeks ago." in health


def test_no_change_is_said_in_words(service):
    as_many = {"near": 200, "mid": 300, "far": 100, "lost": 100}
    home_with(service.context.home, [(body_of("c0", epsilon=50.0, standing=as_many), None)])
    health = section(service.visitor("merchant").get("/merchant/c0").text, "health")
    assert "as many as in the 13 weeks before" in health
    assert "0% against" not in health


def test_without_a_selection_all_fans_are_shown(shop):
    panel = section(shop.get("/merchant/c0").text, "panel")
    assert "All your fans" in panel
    assert "600" in told(panel)


def test_a_closeness_may_be_selected_without_a_graph(shop):
    page = shop.get("/merchant/c0/panel?group=near").text
    assert "<h3" in page.partition("Regulars")[0]
    assert "200" in told(page)


def test_a_selected_group_has_its_own_interests(shop):
    page = shop.get("/merchant/c0?group=near.dining").text
    assert "Regulars · Dining" in section(page, "panel")
    assert "Regulars · Dining" in section(page, "portrait")


def test_the_panel_alone_is_what_the_page_has_there(shop):
    part = shop.get("/merchant/c0/panel?group=near.dining").text
    whole = shop.get("/merchant/c0?group=near.dining").text
    assert re.findall(r'<div id="([\w-]+)">', part) == ["panel", "portrait-body"]
    assert "<html" not in part
    assert told(part) == told(section(whole, "panel")) + told(section(whole, "portrait-body"))


def test_inviting_begins_with_what_the_group_likes(shop):
    panel = shop.get("/merchant/c0/panel?group=near").text
    words = "Coffee%20Shop%2C%20Tea%20House%2C%20Climbing%20Gym"
    assert f'href="/merchant/c0/invite?group=near&amp;words={words}#invite"' in panel


def test_inviting_a_group_of_one_interest_begins_with_it(shop):
    one = "group=near.dining%3ATEA%20HOUSE"
    panel = shop.get(f"/merchant/c0/panel?expand=near.dining&{one}").text
    assert (
        "invite?group=near.dining%3ATEA%20HOUSE&amp;expand=near.dining&amp;words=Tea%20House#invite" in panel
    )


@pytest.mark.parametrize("query", ["group=mid.nothing", "group=near.finance", "expand=near.finance"])
def test_an_old_link_shows_a_little_less_and_no_error(shop, query):
    answer = shop.get(f"/merchant/c0?{query}")
    assert answer.status_code == 200
    assert "All your fans" in answer.text
    assert ("not in this picture any more" in answer.text) is query.startswith("group")


def test_nothing_is_shown_before_the_first_portraits(service):
    page = service.visitor("merchant").get("/merchant/c0").text
    assert "Your portrait is not made yet" in page
    assert told(page) == []


def test_too_few_fans_are_said_to_be_too_few(service):
    home_with(service.context.home, [(body_of("c0", standing={"near": 30}), None)])
    page = service.visitor("merchant").get("/merchant/c0").text
    assert "Too few fans for a portrait" in page
    assert told(page) == []
    assert "too few" in section(page, "health")
    assert "/download/portrait" not in page


@pytest.mark.parametrize(
    ("service_name", "gone"),
    [("peers", {"peers"}), ("portrait", {"health", "fans", "portrait"}), ("fan_graph", {"fans"})],
)
def test_a_section_that_fails_says_so_and_the_others_stay(shop, monkeypatch, service_name, gone):
    def fail(*_, **__):
        raise StoreError("away")

    monkeypatch.setattr(figures, service_name, fail)
    page = shop.get("/merchant/c0").text
    lost = {name for name in SECTIONS if "This part cannot be shown now" in section(page, name)}
    assert lost == gone
    assert re.findall(r'<section class="part[^"]*" id="(\w+)"', page) == SECTIONS


def test_without_similar_shops_nothing_is_compared(service):
    home_with(service.context.home, [(body_of("c0", epsilon=50.0, **COUNTS), None)])
    page = service.visitor("merchant").get("/merchant/c0").text
    assert "at least 10 similar shops" in section(page, "peers")


@pytest.mark.parametrize("part", ["", "/panel", "/download/portrait"])
def test_what_is_anothers_and_what_is_nowhere_are_the_same_bytes(shop, part):
    answers = [
        shop.get(f"/merchant/{whose}{part}", headers={"X-Request-Id": "one"}) for whose in ("c1", "nobody")
    ]
    assert answers[0].status_code == 404
    assert answers[0].data == answers[1].data
    assert dict(answers[0].headers) == dict(answers[1].headers)


def test_what_is_shown_may_be_taken_as_a_table(shop, caplog):
    with caplog.at_level("INFO", logger="api.downloads"):
        table = shop.get("/merchant/c0/download/portrait?format=csv&group=near")
    assert table.headers["Content-Disposition"].endswith('.csv"')
    assert "interests,COFFEE SHOP,Coffee Shop,Coffee Shop,60,0.3," in table.text
    (told,) = [record.told for record in caplog.records]
    assert (told["what"], told["form"], told["week"]) == ("portrait", "csv", "2026-W47")


@pytest.mark.parametrize("query", ["", "?format=json"])
def test_a_download_without_a_form_of_its_own_is_noted_too(shop, caplog, query):
    with caplog.at_level("INFO", logger="api.downloads"):
        file = shop.get(f"/merchant/c0/download/portrait{query}")
    assert file.headers["Content-Disposition"] == 'attachment; filename="portrait-2026-W47.json"'
    assert (file.content_type, file.json["merchant_id"]) == ("application/json", "c0")
    assert [record.told["form"] for record in caplog.records] == ["json"]


@pytest.mark.parametrize("what", ["peers", "fan-graph", "portrait"])
def test_every_download_of_the_page_is_there(shop, what):
    page = shop.get("/merchant/c0").text
    address = re.search(rf'href="(/merchant/c0/download/{what}\?[^"]*format=csv)"', page)
    assert shop.get(address[1].replace("&amp;", "&")).mimetype == "text/csv"


@pytest.mark.parametrize(("what", "status"), [("nothing", 404), ("portrait?format=pdf", 422)])
def test_a_file_that_there_is_not_is_no_file(shop, what, status):
    assert shop.get(f"/merchant/c0/download/{what}").status_code == status


def test_the_page_is_in_chinese_where_it_is_asked_for(shop):
    page = shop.get("/merchant/c0?lang=zh").text
    assert "我的粉丝是谁？" in page
    assert "你约有 600 位粉丝，比 13 周前少 8%。" in page


def test_small_groups_are_on_the_page_as_hidden_and_nowhere_as_numbers(service):
    small = {(closeness, label): 7 for closeness in ("near", "mid") for label in LABELS.categories}
    body = body_of("c0", epsilon=50.0, standing={"near": 47, "mid": 47}, interests=small, goods=small)
    home_with(service.context.home, [(body, None)])
    page = service.visitor("merchant").get("/merchant/c0").text
    assert {number for number in told(page) if not number.endswith("%")} == {"94", "47"}
    assert 'class="veil"' in section(page, "portrait")
