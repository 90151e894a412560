"""Who got what in a small house: forty people of one city look at their links, and half of them accept."""

import pytest

from api.commands.audit import fairness_report
from api.commands.common import Parts
from api.receipts import Receipts
from api.services.fairness import report
from api.services.propensities import Propensities
from graph.links.periods import period_of
from graph.policy.meeting import Answer
from graph.settings import Settings
from tests.api.conftest import PEOPLE

PAIRS = {(user, user + 1): 0.8 for user in range(0, 60, 2)}


@pytest.fixture
def house(link_house):
    made = link_house(PAIRS, num_people=62)
    store, now = made.store, made.context.now()
    cities = ["Wuhan"] * 40 + ["Xian"] * 20 + ["Lhasa"] * 2
    store.upsert("User", {"id": store.ids("User", list(range(62))), "city": cities})
    for user in range(40):
        store.show_suggestions(user, [user ^ 1], period_of(now))
        if user % 2:
            store.answer_suggestion(user, user ^ 1, Answer.ACCEPT, period=period_of(now), since=0, at=now)
    return made


def told(house):
    context = house.context
    propensities, now = Propensities(Receipts(context.db), {}), context.now()
    return report(house.store, propensities, context.link_weeks, context.policy, since=now - 86_400, now=now)


def test_links_a_head_are_counted_by_city_and_what_is_outside_is_flagged(house):
    lines = [line for line in told(house)["lines"] if line["by"] == "city" and "head" in line["measure"]]
    assert [(line["group"], line["ratio"]) for line in lines] == [
        ("Wuhan", round(62 / 40, 3)),
        ("Xian", 0.0),
    ]
    assert all(line["outside"] and line["surely"] for line in lines)


def test_acceptances_are_beside_those_that_the_weights_foretell(house):
    lines = [line for line in told(house)["lines"] if "foretold" in line["measure"]]
    assert [line["ratio"] for line in lines if line["group"] == "Wuhan"] == [1.0]


def test_a_small_city_is_not_named_and_a_withdrawn_consent_counts_nobody(house):
    assert "Lhasa" not in str(told(house))
    for user in range(25):
        house.consent(user, False)
    assert told(house)["lines"] == []  # fifteen people are left who were shown anything


def test_lists_of_circles_are_in_the_report_of_a_home(service, settings):
    for number in range(24):
        listed = service.ask("GET", f"/v1/users/u{number}/circles?limit=2").json
        event = {"kind": "exposure", "user_id": f"u{number}", "rec_id": listed["rec_id"]}
        seen = [
            event | {"event_id": f"{number}-{item['circle_id']}", "circle_id": item["circle_id"]}
            for item in listed["items"]
        ]
        assert service.ask("POST", "/v1/events", seen).json["rejected"] == []
    lines = fairness_report(Parts(Settings(home=settings.home)))["lines"]
    (line,) = [line for line in lines if line["measure"] == "circles shown a head"]
    assert (line["group"], line["ratio"]) == ("least active quarter", 1.0)  # all of them have paid alike
    assert PEOPLE == 80
