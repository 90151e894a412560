"""The report on a small service: 80 people see lists of three; every other third place is drawn.

Twenty of them have more than three circles left to see, so that there is something to draw from. Whoever is
shown the climbers joins them; nobody answers anything else.
"""

import json
import time
from dataclasses import replace

import pytest

from api.services.feedback import report
from api.services.propensities import Propensities
from embeddings.registry import Registry
from tests.api.conftest import exploring

DAY = 86_400


@pytest.fixture
def busy(service):
    """The service after a day of it."""
    service.app.extensions["circles"] = exploring(service.context, 1 / 6, steady_slots=1)
    for number in range(80):
        listed = service.ask("GET", f"/v1/users/u{number}/circles?limit=3").json
        seen = [
            {
                "event_id": f"{number}-{item['circle_id']}",
                "kind": "exposure",
                "user_id": f"u{number}",
                "circle_id": item["circle_id"],
                "rec_id": listed["rec_id"],
            }
            for item in listed["items"]
        ]
        joins = [
            event | {"kind": "join", "event_id": f"{event['event_id']}-join"}
            for event in seen
            if event["circle_id"] == "climbers"
        ]
        assert service.ask("POST", "/v1/events", seen + joins).json["rejected"] == []
    return service


def told(service, policy=None, **more):
    context = service.context
    store = context.store.get()
    ids = {circle.index: circle.circle_id for circle in store.circles()}
    now = int(time.time())
    propensities = Propensities(context.receipts, ids)
    return report(store, propensities, policy or context.policy, since=now - DAY, now=now, **more)


def named(value, lists, reward="join"):
    return next(e for e in value["estimates"] if (e["lists"], e["reward"]) == (lists, reward))


def test_showings_are_counted_with_their_concentration(busy):
    value = told(busy)
    assert (value["people"], value["circles"], value["coverage"], value["unknown_lists"]) == (80, 4, 1.0, 0)
    store, shown = busy.context.store.get(), busy.context.store.get().exposures()
    counts = sorted(list(shown["circle"]).count(circle.index) for circle in store.circles())[
        1:
    ]  # one is shut
    total = sum(counts)
    assert value["showings"] == total
    by_hand = sum((2 * i - 5) * n for i, n in enumerate(counts, start=1)) / (4 * total)
    assert value["gini"] == pytest.approx(by_hand, abs=1e-4)
    assert 0 < value["share_explored"] < 0.34


def test_joinings_that_lists_led_to_are_told_apart(busy):
    store = busy.context.store.get()
    joined = list(store.outcomes()["kind"]).count("join")
    assert joined >= 20
    for number, circle in enumerate(["drinkers", "bakers"] * 5):  # ten people come by themselves
        store.intern("User", [f"new{number}"])
        user = int(store.indices("User", [f"new{number}"])[0])
        store.set_consents({"user": [user], "purpose": ["circles"], "granted": [True], "at": [1]})
        store.join(user, store.circle(circle).index, int(time.time()) - 5)
    value = told(busy)
    assert value["joinings"] == {"v": joined + 10}
    assert value["share_induced"] == round(joined / (joined + 10), 2)


def test_as_served_is_the_plain_share_of_showings_that_were_answered(busy):
    value = told(busy)
    outcomes, shown = busy.context.store.get().outcomes(), busy.context.store.get().exposures()
    share = list(outcomes["kind"]).count("join") / len(shown["user"])
    found = named(value, "as served")
    assert found["snips"] == pytest.approx(share)
    assert found["doubly_robust"] == pytest.approx(share)
    assert found["interval"][0] <= share <= found["interval"][1]
    assert named(value, "as served", "click")["snips"] == found["snips"]  # whoever joins has clicked


def test_what_too_few_showings_tell_is_refused(busy):
    value = told(busy)
    for lists in ("the ranking", "the lot"):
        found = named(value, f"places that are drawn: {lists}")
        assert found["showings"] == 20
        assert found["snips"] is None
        assert "expected at least 100" in found["refused"]


def test_ranking_and_lot_together_are_what_was_served(busy):
    """With the bar of the effective size out of the way: chance * lot + (1 - chance) * ranking = served."""
    rules = replace(busy.context.policy.feedback, min_effective_size=1, largest_weight=1e9)
    value = told(busy, replace(busy.context.policy, feedback=rules))
    served, ranking, lot = (
        named(value, f"places that are drawn: {lists}")["snips"]
        for lists in ("as served", "the ranking", "the lot")
    )
    assert 0.5 * lot + 0.5 * ranking == pytest.approx(served, abs=0.1)


def test_the_lists_of_a_version_can_be_judged(busy):
    rules = replace(busy.context.policy.feedback, min_effective_size=1)
    version = Registry(busy.context.home.versions).current()
    value = told(busy, replace(busy.context.policy, feedback=rules), versions=[version])
    found = named(value, f"places that are drawn: {version.name}")
    ranking = named(value, "places that are drawn: the ranking")
    assert 0 < found["showings"] <= 20
    assert found["snips"] == pytest.approx(ranking["snips"], abs=0.15)


def test_a_report_on_few_people_is_refused_and_names_nobody(service):
    value = told(service)
    assert "fewer than 20 people" in value["refused"]
    assert "estimates" not in value


def test_who_withdrew_is_in_no_figure(busy):
    busy.ask("PUT", "/v1/users/u0/consents/circles", {"granted": False})
    assert told(busy)["people"] == 79


def test_no_figure_names_a_person_or_a_small_circle(busy):
    text = json.dumps(told(busy))
    assert not any(busy.context.pseudonyms.of(f"u{i}") in text for i in range(80))
    assert "newcomers" not in text
