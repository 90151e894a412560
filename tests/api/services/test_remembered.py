"""A list that is given again is the one that would be made anew, whatever changed, and outlives nobody."""

from dataclasses import replace

import orjson
import pytest

from api import erased
from api.services import erasure
from api.services.circles import recommend
from api.services.ranking import Question
from api.services.remembered import Remembered
from embeddings.registry import Registry
from graph.links.periods import PERIOD_S
from tests.api.conftest import exploring

USER = "u60"
PAID_AT = "2026-09-18T08:00:00Z"


def ask(context, user=USER, now=None, **asked):
    """What the route answers, without what names the answer; and the kept content of its receipt."""
    question = Question(context.pseudonyms.of(user), **asked)
    answer = recommend(context, question, now=context.now() if now is None else now, as_json=True)
    content = context.receipts.find(answer["rec_id"]).content
    named = {name: answer.pop(name, None) for name in ("rec_id", "next_cursor")}
    assert bool(named["next_cursor"]) == (named["next_cursor"] is not None)
    return answer | {"items": orjson.loads(orjson.dumps(answer["items"]))}, content


def anew(context, **asked):
    """The same, of a worker that remembers nothing."""
    return ask(replace(context, remembered=Remembered(context.home.path, most=0)), **asked)


def number(context):
    return len(context.remembered)


def paid(service):
    new = {"payment_id": "n", "user_id": USER, "merchant_id": "k0", "paid_at": PAID_AT}
    assert service.ask("POST", "/v1/payments", [new]).json["accepted"] == 1


def event(kind):
    def send(service):
        body = {"event_id": kind, "kind": kind, "user_id": USER, "circle_id": "climbers"}
        assert service.ask("POST", "/v1/events", body).json["accepted"] == 1

    return send


def consent(granted):
    return lambda service: service.ask("PUT", f"/v1/users/{USER}/consents/circles", {"granted": granted})


def muted(service):
    assert service.ask("PUT", f"/v1/users/{USER}/mutes/categories/COFFEE").status_code == 200


def shown_often(service):
    circles = []
    for i in range(9):
        answer = service.ask("GET", f"/v1/users/{USER}/circles").json
        circles.append(answer["items"][0]["circle_id"])
        body = {"kind": "exposure", "user_id": USER, "circle_id": circles[0], "rec_id": answer["rec_id"]}
        assert service.ask("POST", "/v1/events", body | {"event_id": f"s{i}"}).json["accepted"] == 1


def closed(service):
    store = service.context.store.get()
    store.set_circle_state(store.circle("drinkers").index, "quarantined", 1)


CHANGES = {
    "payment": paid,
    "joined": event("join"),
    "dismissed": event("dismiss"),
    "withdrawn": consent(False),
    "muted": muted,
    "shown": shown_often,
    "quarantined": closed,
}


def test_asked_again_a_list_is_the_same_but_for_its_name(service):
    context = service.context
    first, second = (service.ask("GET", f"/v1/users/{USER}/circles").json for _ in range(2))
    assert first["rec_id"] != second["rec_id"]
    assert first["next_cursor"] != second["next_cursor"] if "next_cursor" in first else True
    assert first["items"] == second["items"]
    assert number(context) == 1
    kept = [context.receipts.find(answer["rec_id"]).content for answer in (first, second)]
    assert kept[0] == kept[1]
    assert ask(context) == anew(context)
    replayed = service.ask("GET", f"/v1/recommendations/{second['rec_id']}/replay").json
    assert (replayed["same"], replayed["remade"]) == (True, True)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_counts_at_the_next_answer(service, change):
    before = ask(service.context)
    assert ask(service.context) == before
    CHANGES[change](service)
    after = ask(service.context)
    assert after != before
    assert after == anew(service.context)


def test_consent_given_again_brings_the_list_back(service):
    before = ask(service.context)
    consent(False)(service)
    assert ask(service.context)[0]["reason"] == "consent_missing"
    consent(True)(service)
    assert ask(service.context)[0]["items"] == before[0]["items"]


@pytest.mark.parametrize(
    "asked",
    [{"limit": 1}, {"scene": "dining"}, {"explain": False}, {"personal": False}, {"exclude": ("bakers",)}],
)
def test_another_question_has_its_own_list(service, asked):
    before = ask(service.context)
    assert ask(service.context, **asked) == anew(service.context, **asked)
    assert ask(service.context) == before


def test_next_week_is_drawn_anew(service):
    context, now = exploring(service.context, 0.5, steady_slots=1), service.context.now()
    for week in range(6):
        at = now + week * PERIOD_S
        assert ask(context, now=at) == ask(context, now=at) == anew(context, now=at)


def test_another_policy_makes_another_list(service):
    before = ask(service.context, limit=3)
    other = exploring(service.context, 0.5, steady_slots=1)
    assert ask(other, limit=3) == anew(other, limit=3) != before


def test_of_an_erased_person_nothing_is_kept(service):
    context = service.context
    elsewhere = replace(context, remembered=Remembered(context.home.path))  # as another worker has it
    for worker in (context, elsewhere):
        ask(worker)
        ask(worker, user="u62")
    registry, user = Registry(context.home.versions), context.pseudonyms.of(USER)
    erasure.forget(context.home, context.store.get(), registry, user, clock=lambda: 1)
    assert service.ask("GET", f"/v1/users/{USER}/circles").status_code == 404
    ask(elsewhere, user="u62")
    assert set(elsewhere.remembered._kept) == {context.pseudonyms.of("u62")}
    assert user not in context.remembered._kept


def test_a_worker_keeps_so_many_and_lets_the_oldest_go(service):
    few = replace(service.context, remembered=Remembered(service.context.home.path, most=2))
    for user in ("u60", "u61", "u60", "u62"):
        ask(few, user=user)
    assert set(few.remembered._kept) == {few.pseudonyms.of(user) for user in ("u60", "u62")}


def test_a_person_who_is_unknown_is_not_found_and_not_kept(service):
    assert service.ask("GET", "/v1/users/nobody/circles").status_code == 404
    assert number(service.context) == 0


def test_an_answer_under_way_while_somebody_is_erased_is_not_kept(service):
    context, user = service.context, service.context.pseudonyms.of(USER)
    ask(context)
    mark, made = context.remembered._kept[user]
    shelf = context.shelves.live(context.versions.current(), context.store.get(), context.policy, 0)
    before = context.remembered.erasures()
    erased.note(
        context.home.path, user, now=1
    )  # then another answer takes notice, and then this one is ready
    ask(context, user="u62")
    context.remembered.keep(user, shelf, before, mark, made)
    assert context.remembered.find(user, shelf, before, mark) is None
    assert set(context.remembered._kept) == {context.pseudonyms.of("u62")}
