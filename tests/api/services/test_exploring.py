"""Propensities in receipts, slots drawn by lot, and circles that sink: over HTTP, with four circles."""

import pytest

from api.schemas.general import CirclesAnswer
from tests.api.conftest import exploring as with_share

ALL = {"drinkers", "bakers", "climbers", "newcomers"}


def circles(service, user="u60", query="limit=3"):
    answer = service.ask("GET", f"/v1/users/{user}/circles?{query}").json
    CirclesAnswer.model_validate(answer)
    return answer


def receipt(service, answer):
    return service.context.receipts.find(answer["rec_id"]).content


def show(service, answer, circle, number, at=None):
    body = {
        "event_id": f"show-{number}",
        "kind": "exposure",
        "user_id": answer["user_id"],
        "circle_id": circle,
        "rec_id": answer["rec_id"],
    } | ({"at": at} if at else {})
    assert service.ask("POST", "/v1/events", body).json["accepted"] == 1


@pytest.fixture
def service(service):
    """The service as it is shipped."""
    service.app.extensions["circles"] = with_share(service.context, 0.02)
    return service


@pytest.fixture
def exploring(service):
    """The same service with half of all slots drawn, but for the first; drawn anew for every user."""
    service.app.extensions["circles"] = with_share(service.context, 0.5, steady_slots=1)
    return service


def test_a_receipt_says_how_likely_each_circle_was(service):
    answer = circles(service, query="limit=2")
    assert [set(item) for item in answer["items"]] == [
        {"circle_id", "name", "scene", "score", "state", "reasons"}
    ] * 2
    logged = [
        {name: item[name] for name in ("position", "source", "exploration", "propensity")}
        for item in receipt(service, answer)["items"]
    ]
    certain = {"source": "precomputed", "exploration": False, "propensity": 1.0}
    assert logged == [{"position": 1} | certain, {"position": 2} | certain]
    assert "exploration" not in receipt(service, answer)


def test_a_place_that_may_be_drawn_is_not_certain_and_its_pool_is_kept(service):
    answer = circles(service)  # three slots: the third is drawn in 6 of 100 lists
    content = receipt(service, answer)
    assert content["exploration"] == {"from": 3, "pool": 2, "chance": 0.06}
    assert [item["propensity"] < 1 for item in content["items"]] == [False, False, True]


def test_drawn_circles_are_marked_and_the_list_stays_all_week(exploring):
    drawn = {user: circles(exploring, user) for user in (f"u{i}" for i in range(50, 80))}
    marked = [i for answer in drawn.values() for i in answer["items"] if i.get("exploration")]
    assert marked
    assert {item["circle_id"] for item in marked} <= ALL
    assert all(item["reasons"] for item in marked)
    for user, answer in drawn.items():
        assert not any(item.get("exploration") for item in answer["items"][:1])
        assert len({item["circle_id"] for item in answer["items"]}) == len(answer["items"])
        assert circles(exploring, user)["items"] == answer["items"]


def test_who_did_not_agree_or_asks_for_no_profile_gets_nothing_drawn(exploring):
    for user in ("u61", "u62", "u63", "u64"):
        exploring.ask("PUT", f"/v1/users/{user}/consents/circles", {"granted": False})
        for query in ("limit=3", "limit=3&mode=non_profiling"):
            answer = circles(exploring, user, query)
            assert [item["propensity"] for item in receipt(exploring, answer)["items"]] == [1.0] * 3


def test_no_drawn_circle_is_one_the_person_turned_down(exploring):
    for number, user in enumerate(f"u{i}" for i in range(60, 70)):
        body = {"event_id": f"d{number}", "kind": "dismiss", "user_id": user, "circle_id": "newcomers"}
        exploring.ask("POST", "/v1/events", body)
        found = {item["circle_id"] for item in circles(exploring, user)["items"]}
        assert found <= ALL - {"newcomers"}


def test_a_circle_shown_again_and_again_sinks_and_an_answer_ends_it(service):
    first, second = (item["circle_id"] for item in circles(service, query="limit=2")["items"])
    for number in range(3):
        show(service, circles(service, query="limit=2"), first, number)
    assert service.circles("u60", "limit=2") == [first, second]  # three showings are free
    for number in range(3, 6):
        show(service, circles(service, query="limit=4"), first, number)
    assert service.circles("u60", "limit=2")[0] == second
    assert first in service.circles("u60")
    click = {"event_id": "c", "kind": "click", "user_id": "u60", "circle_id": first}
    service.ask("POST", "/v1/events", click)
    assert service.circles("u60", "limit=2") == [first, second]


def test_sinking_is_one_persons_own_and_fades(service):
    before = service.circles("u62", "limit=2")
    for number in range(9):
        show(service, circles(service, query="limit=2"), before[0], number, at="2026-01-01T00:00:00Z")
    assert service.circles("u62", "limit=2") == before
    assert service.circles("u60", "limit=2") == before  # months ago


def test_without_a_profile_nothing_sinks(service):
    before = service.circles("u60", "mode=non_profiling")
    for number in range(9):
        show(service, circles(service, query="limit=4"), before[0], number)
    assert service.circles("u60", "mode=non_profiling") == before
