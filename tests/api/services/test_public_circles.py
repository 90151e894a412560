"""Circles that may be named: what is known of the others while one changes."""

from collections import Counter

import pytest

from api.context import Context
from api.services import walls
from api.services.public_circles import JUDGED_S
from graph.stores.base import ThemeTarget

IDS = ("bakers", "climbers", "drinkers")
NOW = 1_800_000_000


class Town:
    """A service, how often each of its circles was judged, and its clock."""

    def __init__(self, service, monkeypatch):
        self.context, self.store = service.context, service.context.store.get()
        self.judged, self.clock = Counter(), NOW
        real = walls.is_walled

        def counting(context, circle):
            self.judged[circle.circle_id] += 1
            return real(context, circle)

        monkeypatch.setattr(walls, "is_walled", counting)
        monkeypatch.setattr(Context, "now", lambda _: self.clock)

    def named(self):
        return sorted(self.context.circles.named(self.context, IDS, now=self.clock))

    def subjects(self, circle_id):
        return self.context.circles.subjects(self.context, self.store.circle(circle_id))

    def index(self, circle_id):
        return self.store.circle(circle_id).index


@pytest.fixture
def town(service, monkeypatch):
    return Town(service, monkeypatch)


def test_a_circle_that_closes_is_gone_and_the_others_are_not_judged_again(town):
    assert town.named() == list(IDS)
    town.store.set_circle_state(town.index("bakers"), "closed", NOW)
    assert town.named() == ["climbers", "drinkers"]
    assert town.judged == dict.fromkeys(IDS, 1)


def test_a_circle_of_another_theme_is_judged_again(town):
    town.named()
    assert town.subjects("bakers")[0] == "dining"
    town.store.set_themes({town.index("bakers"): [ThemeTarget("category", "pharmacy", 1.0)]})
    assert town.named() == ["climbers", "drinkers"]  # of a risky topic
    assert (town.judged["climbers"], town.judged["drinkers"]) == (1, 1)
    assert town.subjects("bakers")[1] == {"pharmacy"}


def test_after_an_hour_all_are_judged_again_when_one_changes(town):
    town.named()
    town.clock += JUDGED_S
    town.store.set_circle_state(town.index("bakers"), "closed", town.clock)
    assert town.named() == ["climbers", "drinkers"]
    assert town.judged["climbers"] == 2
