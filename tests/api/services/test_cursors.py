"""Pages of one list: nothing twice, nothing passed over, whatever happens between them."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.commands.common import Parts
from api.commands.train import train
from api.schemas.general import CirclesAnswer
from api.services.cursors import Cursors
from api.services.paging import KEPT_S
from graph.errors import InputError
from tests.api.conftest import exploring

ALL = ["drinkers", "bakers", "climbers", "newcomers"]


def page(service, query="limit=1", user="u60", **more):
    return service.ask("GET", f"/v1/users/{user}/circles?{query}", **more)


def pages(service, query="limit=1", user="u60"):
    """Answers until there is no cursor."""
    found = [page(service, query, user).json]
    while cursor := found[-1].get("next_cursor"):
        found.append(page(service, f"{query}&cursor={cursor}", user).json)
    return found


def ids(answers):
    return [item["circle_id"] for answer in answers for item in answer["items"]]


@pytest.mark.parametrize("query", ["", "&mode=non_profiling", "&exclude=bakers", "&scene=fitness"])
def test_pages_are_the_whole_list_in_parts(service, query):
    found = pages(service, "limit=1" + query)
    assert ids(found) == service.circles("u60", "limit=100" + query)
    assert len({answer["rec_id"] for answer in found}) == len(found)
    CirclesAnswer.model_validate(found[0])
    assert "next_cursor" not in page(service, "limit=100" + query).json


def test_places_and_scores_go_on_over_the_pages(service):
    found = pages(service, "limit=2&mode=non_profiling")
    kept = [service.context.receipts.find(answer["rec_id"]).content for answer in found]
    assert [item["position"] for content in kept for item in content["items"]] == [1, 2, 3, 4]
    assert kept[1]["page"] == {"after": found[0]["rec_id"], "from": 3}
    scores = [item["score"] for answer in found for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)


def test_what_is_seen_on_a_later_page_is_kept_at_its_place_of_the_list(service):
    last = pages(service, "limit=3")[-1]
    shown = {"kind": "exposure", "user_id": "u60", "rec_id": last["rec_id"]}
    circle = last["items"][0]["circle_id"]
    sent = [
        {**shown, "event_id": "s1", "circle_id": circle},
        {**shown, "event_id": "s2", "circle_id": "shut"},
    ]
    answer = service.ask("POST", "/v1/events", sent).json
    assert (answer["accepted"], len(answer["rejected"])) == (1, 1)
    assert service.context.store.get().exposures()["position"] == (4,)


def test_a_version_published_between_pages_changes_nothing(service, settings):
    first = page(service, "limit=1").json
    train(Parts(settings), gnn=False, seed=5)
    service.context.versions._checked_at = float("-inf")
    assert page(service).json["version"] != first["version"]
    rest = [page(service, f"limit=1&cursor={first['next_cursor']}").json]
    while cursor := rest[-1].get("next_cursor"):
        rest.append(page(service, f"limit=1&cursor={cursor}").json)
    assert {answer["version"] for answer in rest} == {first["version"]}
    assert sorted(ids([first, *rest])) == sorted(ALL)
    shutil.rmtree(settings.home / "versions" / first["version"])
    gone = page(service, f"limit=1&cursor={first['next_cursor']}")
    assert (gone.status_code, gone.json["code"]) == (410, "cursor_expired")


def test_what_was_decided_between_pages_holds(service):
    first = page(service).json
    second, third = [name for name in service.circles("u60") if name not in ids([first])][:2]
    event = {"event_id": "d", "kind": "dismiss", "user_id": "u60", "circle_id": second}
    service.ask("POST", "/v1/events", event)
    next_ = page(service, f"limit=1&cursor={first['next_cursor']}").json
    assert (ids([next_]), next_["personalised"]) == ([third], True)
    service.ask("PUT", "/v1/users/u60/consents/circles", {"granted": False})
    next_ = page(service, f"limit=1&cursor={first['next_cursor']}").json
    assert (next_["personalised"], next_["reason"]) == (False, "consent_missing")
    assert not set(ids([next_])) & {second, *ids([first])}


@pytest.mark.parametrize(
    "query", ["limit=2", "limit=1&scene=dining", "limit=1&exclude=bakers", "limit=1&mode=non_profiling", ""]
)
def test_a_cursor_is_for_one_question(service, query):
    cursor = page(service).json["next_cursor"]
    assert page(service, f"{query}&cursor={cursor}").status_code == 422


def test_a_cursor_is_for_one_person_and_for_an_hour(service):
    cursor = page(service).json["next_cursor"]
    refused = page(service, f"limit=1&cursor={cursor}", user="u61")
    assert (refused.status_code, refused.json["code"]) == (422, "input")
    assert page(service, f"limit=1&cursor={cursor}", user="u0", key="member").status_code == 422
    at = service.context.now()
    late = replace_clock(service, at + KEPT_S + 2)
    gone = page(late, f"limit=1&cursor={cursor}")
    assert (gone.status_code, gone.json["code"]) == (410, "cursor_expired")


def replace_clock(service, now):
    """The same service at another time."""

    class Later(type(service.context)):
        def now(self):
            return now

    service.app.extensions["circles"] = Later(**vars(service.context))
    return service


@given(st.text(max_size=64))
def test_nobody_makes_a_cursor_up(text):
    cursors = Cursors(b"k" * 32)
    with pytest.raises(InputError):
        cursors.rec_id(text)
    with pytest.raises(InputError):
        cursors.rec_id(Cursors(b"other").of("rec_0123"))
    assert cursors.rec_id(cursors.of("rec_0123")) == "rec_0123"


def test_drawn_places_come_once_and_each_page_draws_anew(service):
    service.app.extensions["circles"] = exploring(service.context, 0.5, steady_slots=0)
    for user in ("u60", "u62", "u64", "u61"):
        assert sorted(ids(pages(service, "limit=2", user))) == sorted(ALL)
    lots = service.context.lots
    draws = [[lots.of("someone", 1_790_000_000, after)("slot 1") for after in (0, 2, 4)] for _ in range(2)]
    assert draws[0] == draws[1]
    assert len(set(draws[0])) == 3


def test_members_page_through_their_own(service):
    key = service.new_key("member", service.context.pseudonyms.of("u60"))
    first = page(service, key=key).json
    second = page(service, f"limit=1&cursor={first['next_cursor']}", key=key)
    assert (second.status_code, ids([first, second.json])) == (200, service.circles("u60", "limit=2"))
