"""Whom to invite, on a page: each step by its form, as a browser without scripts sends it."""

import html
import json
import re
import time
from dataclasses import replace

import pytest

from api.services import audiences
from graph.policy.audiences import checked_wish
from graph.stores.invitations import Arm, AudienceState, Person
from tests.fans import DRINKERS

AT = "/merchant/k0/invite"
ASKED = {"step": "preview", "circle": "ropes", "fit": "70", "confidence": "95", "holdout": "10"}


class Page:
    """The page of a merchant who is signed in."""

    def __init__(self, service, merchant="k0"):
        self.client, self.at = service.visitor(merchant), f"/merchant/{merchant}/invite"

    def get(self, query="", **headers):
        return self.client.get(f"{self.at}?{query}", headers=headers)

    def post(self, **form):
        """A form of the page, with the token that the page gives; redirects are followed."""
        token = re.search(r'name="csrf" value="(\w+)"', self.get().text)[1]
        return self.client.post(self.at, data={"csrf": token} | form, follow_redirects=True)


def words(answer):
    """The text of the section, without tags."""
    section = answer.text[answer.text.index('data-live="invite"') :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", section)).split())


@pytest.fixture
def page(town_service):
    return Page(town_service)


@pytest.fixture
def at_rest(town_service):
    """Audiences are asked for and no process begins: tests say what was found."""
    launcher = type("Nobody", (), {"launch": lambda *_: None, "revive": lambda *_: None})()
    town_service.app.extensions["circles"] = replace(town_service.context, launcher=launcher)
    return town_service


def asked(service, preview=True, **wish):
    """An audience of the climbers that was asked for, and its id."""
    context = service.context
    checked = checked_wish(context.policy.audiences, **({"target_fit": 0.7} | wish))
    return audiences.ask(context, "k0", "ropes", checked, now=context.now(), preview=preview).audience_id


def found(service, id_, state=AudienceState.DRAFT, *, people=None, **kept):
    """What the job leaves of an audience."""
    promise = {"target": 0.7, "confidence": 0.95, "n": {"v": 200}}
    told = {"method": "theme", "label": "purchases", "certificate": None, "strongest": None, "lack": None}
    told |= {"why": None, "what_helps": None, "size": 250, "nearly_everybody": False}
    told |= {
        name: promise | {"target": value}
        for name, value in kept.items()
        if name in ("certificate", "strongest")
    }
    told |= {name: value for name, value in kept.items() if name not in ("certificate", "strongest")}
    funnel = {"total": {"v": 940}, "parts": {"no_consent": {"hidden": "minimum"}, "in_audience": {"v": 250}}}
    changes = {"certificate": json.dumps(told), "funnel": json.dumps(funnel)}
    store = service.context.store.get()
    if people is not None:
        assert store.fill_audience(id_, people, **changes)
    else:
        assert store.set_audience(id_, state, after=[AudienceState.RUNNING], **changes)
    return id_


def climbers(service, number=150):
    accounts = [f"u{DRINKERS + i}" for i in range(number)]
    users = service.context.store.get().indices("User", service.context.pseudonyms.of_many(accounts)).tolist()
    return [
        Person(user, Arm.HOLDOUT if i % 3 == 0 else Arm.INVITED, 0.5, "waiting")
        for i, user in enumerate(users)
    ]


def test_without_a_session_nothing_is_shown_or_done(town_service):
    stranger = town_service.visitor()
    assert stranger.get(AT).status_code == 401
    assert stranger.post(AT, data=ASKED).status_code == 401


def test_a_form_without_the_token_of_the_session_changes_nothing(town_service):
    client = town_service.visitor("k0")
    assert client.post(AT, data=ASKED | {"csrf": "00"}).status_code == 403
    assert town_service.context.store.get().audiences() == []


def test_circles_and_audiences_of_others_are_not_there(at_rest):
    theirs, headers = asked(at_rest), {"X-Request-Id": "one"}
    page = Page(at_rest, "c0")
    for query in ("circle={}", "audience={}"):
        id_ = "ropes" if query.startswith("circle") else theirs
        one, none = (page.get(query.format(name), **headers) for name in (id_, "nowhere"))
        assert (one.status_code, one.text) == (404, none.text.replace("nowhere", id_))
    assert (
        page.post(step="preview", circle="ropes", fit="70", confidence="95", holdout="10").status_code == 404
    )
    assert page.client.get(AT).status_code == 404


def test_a_circle_is_made_of_words_after_their_meaning_was_shown(page, town_service):
    meant = words(page.post(step="theme", words="tea, kites"))
    assert "tea finds categories: 1" in meant
    assert "kites finds nothing here" in meant
    made = page.post(step="circle", words="tea", name="Leaves", token="once")
    assert "Leaves" in words(made)
    assert "What to promise" in words(made)
    again = page.post(step="circle", words="tea", name="Leaves", token="once")
    assert again.status_code == 200
    circles = [c for c in town_service.context.store.get().circles() if c.name == "Leaves"]
    assert [circle.owner_id for circle in circles] == ["k0"]


def test_what_is_ticked_is_left_out_when_it_is_looked_up_again(page, town_service):
    before = len(town_service.context.store.get().circles())
    again = page.post(step=["circle", "theme"], words="tea, climbing", exclude="tea house")
    assert "Left out: 2. You ticked them" in words(again)  # the category, and its shop
    assert 'type="hidden" name="exclude" value="tea house"' in again.text
    assert len(town_service.context.store.get().circles()) == before


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"words": "tea", "name": "Casino night"}, "no circle may be about gambling"),
        ({"words": "kites", "name": "Kites"}, "theme matches nothing"),
        ({"words": " ", "name": "Empty"}, "the theme has no words"),
    ],
)
def test_a_circle_that_may_not_be_is_refused_in_place(page, town_service, form, said):
    before = len(town_service.context.store.get().circles())
    answer = page.post(step="circle", **form)
    assert 'role="alert"' in answer.text
    assert said in words(answer)
    assert len(town_service.context.store.get().circles()) == before


def test_words_of_a_link_stand_in_the_form_as_text(page):
    answer = page.get('words="><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


def test_a_preview_is_waited_for_in_words(at_rest):
    answer = Page(at_rest).post(**ASKED)
    assert "Working out what can be promised" in words(answer)
    assert 'data-poll="/merchant/k0/invite?audience=pre_' in answer.text
    assert '<noscript><meta http-equiv="refresh"' in answer.text


def test_a_promise_is_told_with_its_funnel_and_may_become_an_audience(at_rest):
    page, id_ = Page(at_rest), found(at_rest, asked(at_rest), certificate=0.7)
    said = words(page.get(f"audience={id_}"))
    assert "At least 70% of those invited fit, 95% sure, until" in said
    assert "200 to 500 people" in said
    assert "Did not agree to be invited too few" in said
    assert "Would be invited 250" in said
    made = page.post(step="audience", audience=id_, token="t")
    assert "Working out" in words(made)
    assert [a.state for a in at_rest.context.store.get().audiences() if a.audience_id[:3] == "aud"] == [
        "running"
    ]


def test_less_than_was_asked_for_says_why(at_rest):
    id_ = found(at_rest, asked(at_rest, target_fit=0.9), strongest=0.8, lack="low_fit")
    said = words(Page(at_rest).get(f"audience={id_}"))
    assert "At least 80% of those invited fit" in said
    assert "90% cannot be promised. Even those who match the theme best" in said


@pytest.mark.parametrize("lack", ["few_outcomes", "low_fit", "falling", "no_theme"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_promise_at_all_says_why_and_offers_a_pilot(at_rest, lack, language):
    id_ = found(at_rest, asked(at_rest), method="none", lack=lack, size=0)
    answer = Page(at_rest).get(f"audience={id_}&lang={language}")
    assert answer.status_code == 200
    assert 'name="pilot" value="yes"' in answer.text
    assert 'value="audience"' not in answer.text  # nothing can be created of it


def test_an_audience_that_would_be_too_small_is_not_offered(at_rest):
    answer = Page(at_rest).get(f"audience={found(at_rest, asked(at_rest), certificate=0.7, size=99)}")
    assert "Fewer than 100 people: no such audience is made" in words(answer)
    assert 'value="audience"' not in answer.text


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"certificate": 0.7, "size": 80}, "fewer than 100 people, the smallest"),
        ({"method": "none", "lack": "low_fit", "size": 0}, "Nothing can be promised of it"),
    ],
)
def test_an_audience_that_was_not_made_says_why(at_rest, kept, said):
    id_ = found(at_rest, asked(at_rest, preview=False), AudienceState.FAILED, **kept)
    assert said in words(Page(at_rest).get(f"audience={id_}"))


def test_sending_asks_whether_one_is_sure_and_for_a_message(at_rest):
    page = Page(at_rest)
    id_ = found(at_rest, asked(at_rest, preview=False), people=climbers(at_rest), certificate=0.7)
    for form in ({"message": "spring"}, {"message": "", "sure": "yes"}):
        refused = page.post(step="send", audience=id_, **form)
        assert refused.status_code == 422
        assert "Nothing was sent" in words(refused)
    sent = words(page.post(step="send", audience=id_, message="spring", sure="yes"))
    assert "People invited: 100." in sent
    assert "Show results" in sent


def test_results_are_asked_for_and_tell_groups_alone(at_rest):
    page = Page(at_rest)
    id_ = found(at_rest, asked(at_rest, preview=False), people=climbers(at_rest), certificate=0.7)
    page.post(step="send", audience=id_, message="spring", sure="yes")
    assert at_rest.context.store.get().releases("k0") == []
    said = words(page.post(step="results", audience=id_))
    assert "What came of it" in said
    assert len(at_rest.context.store.get().releases("k0")) == 1


def test_an_audience_is_ended_only_when_one_is_sure(at_rest):
    page = Page(at_rest)
    id_ = found(at_rest, asked(at_rest, preview=False), people=climbers(at_rest), certificate=0.7)
    assert page.post(step="close", audience=id_).status_code == 422
    assert "Ended" in words(page.post(step="close", audience=id_, sure="yes"))


def test_asking_too_often_says_when_it_may_go_on(at_rest):
    rules = at_rest.context.policy
    few = replace(rules, audiences=replace(rules.audiences, asks_per_week=1))
    at_rest.app.extensions["circles"] = replace(at_rest.context, policy=few)
    page = Page(at_rest)
    page.post(**ASKED)
    refused = page.post(**ASKED | {"fit": "60"})
    assert refused.status_code == 429
    assert "as often as may be in seven days" in words(refused)
    assert "Again on" in words(refused)


def test_a_script_gets_the_section_alone(page):
    part = page.get(**{"X-Fragment": "invite"}).text
    assert part.lstrip().startswith('<div class="live invite"')
    assert "<html" not in part


def test_night_is_told_by_the_clock_of_the_people(at_rest):
    rules, hour = at_rest.context.policy, time.gmtime(at_rest.context.now()).tm_hour
    until = (hour + 2) % 24
    there = replace(rules.invitations, quiet_from=hour, quiet_to=until, utc_offset_hours=0)
    at_rest.app.extensions["circles"] = replace(at_rest.context, policy=replace(rules, invitations=there))
    page = Page(at_rest)
    id_ = found(at_rest, asked(at_rest, preview=False), people=climbers(at_rest), certificate=0.7)
    said = words(page.post(step="send", audience=id_, message="spring", sure="yes"))
    assert f"Nothing is sent at night. It goes out from {until:02}:00" in said
