"""The lattice of questions: which filters, windows and labels there are."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InputError
from graph.policy.disclosure import DisclosureRules
from graph.policy.lattice import (
    NAMED_SCENES,
    Attribute,
    Filters,
    all_filters,
    ended_weeks,
    named_categories,
    named_cities,
    quarter_of,
    read_filters,
    read_window,
    release_filtered,
    week_of,
)

RULES = DisclosureRules()


def at(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp())  # type: ignore[misc]


NOW = at(2026, 9, 16, 12)  # a Wednesday


def test_two_filters_are_a_place_of_the_lattice():
    filters = read_filters({"weekday": "mon", "city": "Hangzhou"}, ["Hangzhou"])
    assert filters == Filters(city="Hangzhou", weekday="mon")
    assert filters.key == "city=Hangzhou weekday=mon"
    assert read_filters({}, []).key == ""


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"age": "30"}, "filter 'age' is not offered"),
        ({"city": "Hangzhou", "scene": "dining", "weekday": "mon"}, "3 filters"),
        ({"city": "Village"}, "a city with enough people"),
        ({"scene": "credit"}, "scene is 'credit'"),
        ({"scene": "finance"}, "scene is 'finance'"),
        ({"weekday": "Monday"}, "weekday is 'Monday'"),
    ],
)
def test_anything_else_is_refused(asked, said):
    with pytest.raises(InputError, match=said):
        read_filters(asked, ["Hangzhou"])


def test_the_lattice_is_finite_and_each_place_can_be_asked():
    cities = ["Ningbo", "Hangzhou"]
    places = all_filters(cities)
    assert len({place.key for place in places}) == len(places)
    assert len(places) == 1 + 2 + 6 + 7 + 2 * 6 + 2 * 7 + 6 * 7
    assert all(read_filters(dict(place.chosen), cities) == place for place in places)


def people(*rows: tuple[int, int, int]) -> dict[str, Attribute]:
    """People by (number, code of city, code of weekday); two cities, two weekdays."""
    repeated = np.repeat(np.array([row[1:] for row in rows]), [row[0] for row in rows], axis=0)
    return {
        "city": Attribute(("A", "B"), repeated[:, 0]),
        "weekday": Attribute(("mon", "tue"), repeated[:, 1]),
    }


def shown(group: dict[str, Attribute], **filters: str) -> object:
    cell = release_filtered(group, Filters(**filters), RULES)
    return cell.v if cell.hidden is None else cell.hidden.value


def test_a_place_is_answered_as_part_of_its_table():
    everybody = people(*((25, city, day) for city in (0, 1, -1) for day in (0, 1, -1)))
    assert shown(everybody) == 230
    assert shown(everybody, city="A") == 75
    assert shown(everybody, city="A", weekday="tue") == 25


def test_one_small_place_closes_all_that_would_give_it_away():
    group = people((25, 0, 0), (3, 0, 1), (25, 1, 0), (25, 1, 1), (25, -1, 0), (25, -1, 1), (40, 1, -1))
    assert shown(group, city="A", weekday="tue") == "complement"
    assert shown(group, city="B", weekday="tue") == "complement"
    assert (shown(group, city="A"), shown(group, weekday="tue")) == (28, 53)


def test_a_month_is_made_of_whole_weeks():
    month = read_window("2026-08", now=NOW)
    assert (month.start, month.end) == (at(2026, 8, 3), at(2026, 8, 31))
    week = read_window("2026-W36", now=NOW)
    assert (week.start, week.end) == (at(2026, 8, 31), at(2026, 9, 7))
    assert read_window("2020-W53", now=NOW).start == at(2020, 12, 28)


@pytest.mark.parametrize(
    "text", ["2026-09", "2026-W38", "2026-W54", "2026-W5", "2026-9", "2026", "2026-08-01", "a-Wb"]
)
def test_a_window_off_the_grid_or_not_over_is_refused(text):
    with pytest.raises(InputError, match="window"):
        read_window(text, now=NOW)


@given(st.integers(at(1990, 1, 1), at(2090, 1, 1)))
def test_each_moment_is_in_one_week_of_one_month(moment):
    week = week_of(moment)
    assert week.start <= moment < week.end
    assert read_window(week.name, now=week.end) == week
    thursday = datetime.fromtimestamp(week.start + 3 * 86_400, UTC)
    month = read_window(f"{thursday:%Y-%m}", now=week.end + 40 * 86_400)
    assert month.start <= week.start
    assert week.end <= month.end


def test_the_last_weeks_are_those_that_have_ended():
    assert [week.name for week in ended_weeks(3, now=NOW)] == ["2026-W35", "2026-W36", "2026-W37"]
    assert all(week.end <= NOW for week in ended_weeks(3, now=NOW))


def test_quarters_are_those_of_the_calendar():
    assert [quarter_of(at(2026, month, 1)) for month in (1, 3, 4, 12)] == [
        "2026-Q1",
        "2026-Q1",
        "2026-Q2",
        "2026-Q4",
    ]


def test_a_label_needs_many_people_and_no_wall(policy):
    sizes = dict.fromkeys(["coffee shop", "pharmacy", "loans", "bank", "gym", "widgets"], 500) | {"yoga": 99}
    assert named_categories(policy, sizes) == ("coffee shop", "gym")
    assert named_categories(policy, sizes, unknown_category="ordinary") == ("coffee shop", "gym", "widgets")
    assert named_cities({"A": 100, "B": 99}, RULES) == ("A",)
    assert not {"finance", "credit"} & set(NAMED_SCENES)
