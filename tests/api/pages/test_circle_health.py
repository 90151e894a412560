"""How a circle does, on a page: free until months are asked for, then paid for once."""

import html
import re
import time

import pytest

from graph.policy.lattice import quarter_of
from graph.policy.months import bounds, newest_ended, up_to
from tests.crowds import add_climbers, add_crowd, open_link

AT = "/merchant/k0/circle-health"
MONTHS = up_to(newest_ended(int(time.time())), 6)
EARLY, LAST = bounds(MONTHS[2])[0] + 1_000, bounds(MONTHS[5])[0] + 1_000


@pytest.fixture
def page(climb):
    """Of the climbers' merchant: 300 joined early, 200 in the last month, in which 100 left."""
    add_climbers(climb.context, EARLY, LAST)
    return climb.visitor("climb")


def post(page, **form):
    token = re.search(r'name="csrf" value="(\w+)"', page.get(AT).text)[1]
    return page.post(AT, data={"csrf": token, "circle": "climbers"} | form, follow_redirects=True)


def words(answer):
    section = answer.text[answer.text.index('data-live="circle-health"') :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", section)).split())


def spent(service):
    return len(service.context.store.get().releases("k0"))


def test_nothing_is_asked_before_a_circle_and_its_months_are_chosen(climb, page):
    assert "Choose a circle" in words(page.get(AT))
    said = words(page.get(f"{AT}?circle=climbers"))
    assert "Costs 3.0 of the 6.5 points that are left this quarter" in said
    assert spent(climb) == 0


def test_months_are_shown_once_paid_for_and_then_for_nothing(climb, page):
    paid = words(post(page, step="months"))
    assert "Month by month" in paid
    assert spent(climb) == 6
    again = words(page.get(f"{AT}?circle=climbers"))
    assert again == paid
    assert spent(climb) == 6


def test_the_picture_its_label_and_its_table_tell_the_same(page):
    text = post(page, step="months").text
    (label,) = re.findall(r'class="months"[^>]*aria-label="([^"]*)"', text)
    drawn = re.findall(r'<text class="figure"[^>]*>([\d,]+)<', text)
    table = text[text.index('<table class="counts by-month">') :].split("</table>")[0]
    for number in drawn:
        assert re.search(rf"\b{number}\b", label)
        assert f">{number}<" in table
    assert len(drawn) >= 3


def test_hidden_months_are_drawn_alike(page):
    text = post(page, step="months").text
    veils = re.findall(r'<rect class="veil" x="[\d.]+" (y="[\d.]+" width="29" height="13")/>', text)
    assert set(veils) == {'y="76.5" width="29" height="13"', 'y="91.5" width="29" height="13"'}


def test_who_stayed_is_a_triangle_of_coarse_steps(page):
    text = post(page, step="months").text
    triangle = text[text.index('<table class="triangle">') :].split("</table>")[0]
    rows = [
        re.findall(r'<td class="(shade-\d|hidden-cell|not-yet)"', row) for row in triangle.split("<tr>")[2:]
    ]
    assert [row.count("not-yet") for row in rows] == [0, 1, 2, 3, 4, 5]
    assert rows[2][:4] == ["shade-4", "shade-4", "shade-4", "shade-3"]  # 300, of whom 100 left
    assert "80% +" in triangle


def test_a_circle_of_this_month_costs_nothing_and_says_so(climb, page):
    made = climb.ask("POST", "/v1/circles", {"name": "Ropes", "theme": {"words": ["climbing"]}}, key="climb")
    said = words(page.get(f"{AT}?circle={made.json['circle_id']}"))
    assert "No month of this circle is over yet" in said
    assert "New. It is recommended from" in said
    post(page, step="months", circle=made.json["circle_id"])
    assert spent(climb) == 0


def test_when_the_budget_is_spent_months_are_hidden_and_say_why(climb, page):
    context = climb.context
    budget = context.policy.disclosure.quarterly_budget
    context.store.get().keep_release("k0", quarter_of(context.now()), "everything", budget, budget, "0")
    said = words(page.get(f"{AT}?circle=climbers"))
    assert "of the 0.0 points" in said
    assert "Less is left than this costs" in said


@pytest.mark.parametrize(("state", "said"), [("quarantined", "Kept apart."), ("closed", "Closed.")])
def test_a_circle_that_is_not_recommended_says_why(climb, page, state, said):
    store = climb.context.store.get()
    store.set_circle_state(store.circle("climbers").index, state, 1)
    assert said in words(page.get(f"{AT}?circle=climbers"))


def test_a_circle_of_somebody_else_is_not_there(page):
    token = re.search(r'name="csrf" value="(\w+)"', page.get(AT).text)[1]
    headers = {"X-Request-Id": "one"}
    for ask, more in ((page.get, {}), (page.post, {"data": {"csrf": token, "step": "months"}})):
        theirs, none = (
            ask(AT, headers=headers, **_named(more, circle)) for circle in ("drinkers", "nowhere")
        )
        assert theirs.status_code == 404
        assert theirs.text == none.text.replace("nowhere", "drinkers")


def _named(more, circle):
    return {"data": more["data"] | {"circle": circle}} if more else {"query_string": {"circle": circle}}


def test_only_the_session_of_the_merchant_with_its_token_gets_in(climb, page):
    assert climb.visitor().get(AT).status_code == 401
    assert climb.visitor("merchant").get(AT).status_code == 404
    assert page.post(AT, data={"step": "months", "circle": "climbers", "csrf": "00"}).status_code == 403


def test_a_proposal_waits_for_an_answer_and_can_be_accepted(climb, page):
    body = {"from": "drinkers", "to": "climbers", "topics": ["tea"], "rate": 2}
    link = climb.ask("POST", "/v1/circle-links", body, key="merchant").json["link_id"]
    waiting = words(page.get(f"{AT}?circle=climbers"))
    assert "Coffee drinkers would like to send messages" in waiting
    assert "About tea, at most 2 a week." in waiting
    assert "Messages of Coffee drinkers reach" in words(post(page, step="accept", link=link))
    ended = words(post(page, step="withdraw", link=link))
    assert "None. When another owner proposes a link" in ended


def test_flows_of_linked_circles_are_asked_for_by_themselves(climb, page):
    open_link(climb)
    assert "Show who came and went" in words(page.get(f"{AT}?circle=climbers"))
    assert spent(climb) == 0
    add_crowd(climb.context, "moved", 200, {"drinkers": LAST, "climbers": LAST + 90_000})
    said = words(post(page, step="flows"))
    assert re.search(r"Coffee drinkers (1[5-9]0|2[0-5]0) too few", said)
    assert spent(climb) == 1


def test_a_merchant_without_a_circle_is_led_to_making_one(climb):
    climb.keys["shop"] = climb.new_key("merchant", "c3")
    said = climb.visitor("shop").get("/merchant/c3/circle-health").text
    assert "You run no circle yet." in said
    assert 'href="/merchant/c3/invite#invite"' in said
