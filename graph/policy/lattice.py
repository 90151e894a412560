"""Which questions about groups may be asked at all: a fixed lattice of filters, windows and labels.

Free questions can be subtracted from each other until one person is left. So groups are cut by at most two
of three filters, times are whole weeks or months made of whole weeks, and a label is named only where many
people share it. Pure; `graph/policy/disclosure.py` decides what is shown of the answers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from graph.errors import InputError
from graph.policy.disclosed_tables import release_line, release_table
from graph.policy.disclosure import Cell, DisclosureRules, release_count
from graph.policy.scenes import place
from graph.policy.values import Policy
from graph.schema import PRIVATE_SCENES, SCENES

FILTERS = ("city", "scene", "weekday")
MAX_FILTERS = 2
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMED_SCENES = tuple(scene for scene in SCENES if scene not in PRIVATE_SCENES)


@dataclass(frozen=True)
class Filters:
    """A place of the lattice; None does not filter."""

    city: str | None = None
    scene: str | None = None
    weekday: str | None = None

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """Name and value of each filter that is set, by name."""
        return tuple((name, value) for name in FILTERS if (value := getattr(self, name)) is not None)

    @property
    def key(self) -> str:
        """One text for one place, such as "city=Hangzhou weekday=mon"."""
        return " ".join(f"{name}={value}" for name, value in self.chosen)


@dataclass(frozen=True)
class Attribute:
    """One value of an attribute for each person; where somebody has several, the one they have most.

    labels: all that could occur, whether anybody has it or not.
    codes: int64, shape (num_people,), places in `labels`; -1 where a person has none.
    is_complete: whether everybody has one by the nature of it, as a weekday; not because it so happens.
    """

    labels: tuple[str, ...]
    codes: npt.NDArray[np.int64]
    is_complete: bool = False

    @property
    def num_places(self) -> int:
        """Labels, and one more place for people without one."""
        return len(self.labels) + (not self.is_complete)


@dataclass(frozen=True)
class Window:
    """A closed stretch of time: `start` <= at < `end`, epoch seconds; `name` as in an address."""

    name: str
    start: int
    end: int


def read_filters(given: Mapping[str, str], cities: Collection[str]) -> Filters:
    """Check what an owner asks for.

    Args:
        cities: that may be named, see `named_cities`.

    Raises:
        InputError: another filter, more than two, or a value that is not in the lattice.
    """
    for name in sorted(set(given) - set(FILTERS)):
        raise InputError(f"filter {name!r} is not offered; expected at most two of {', '.join(FILTERS)}")
    if len(given) > MAX_FILTERS:
        raise InputError(
            f"{len(given)} filters are given; expected at most two of {', '.join(FILTERS)}, "
            "because finer groups would show single people"
        )
    allowed = {"city": cities, "scene": NAMED_SCENES, "weekday": WEEKDAYS}
    for name, value in given.items():
        if value not in allowed[name]:
            what = "a city with enough people" if name == "city" else f"one of {', '.join(allowed[name])}"
            raise InputError(f"{name} is {value!r}; expected {what}")
    return Filters(**given)


def all_filters(cities: Collection[str]) -> list[Filters]:
    """The whole lattice, from no filter to two."""
    values = {"city": sorted(cities), "scene": NAMED_SCENES, "weekday": WEEKDAYS}
    singles = [{name: value} for name in FILTERS for value in values[name]]
    pairs = [
        {one: a, two: b}
        for i, one in enumerate(FILTERS)
        for two in FILTERS[i + 1 :]
        for a in values[one]
        for b in values[two]
    ]
    return [Filters(), *(Filters(**chosen) for chosen in [*singles, *pairs])]


def release_filtered(people: Mapping[str, Attribute], filters: Filters, rules: DisclosureRules) -> Cell:
    """How many people are in one place of the lattice, as part of the partition or table it belongs to.

    So all places are answered alike, whichever are asked and in which order.

    Args:
        people: the attributes of one group of people, by name of the filter.
    """
    chosen = [(people[name], people[name].labels.index(value)) for name, value in filters.chosen]
    if not chosen:
        return release_count(len(next(iter(people.values())).codes), rules)
    (_, row), *others = chosen
    counts = np.zeros([attribute.num_places for attribute, _ in chosen], dtype=np.int64)
    np.add.at(counts, tuple(attribute.codes for attribute, _ in chosen), 1)  # -1, nothing, is the last place
    if others:
        return release_table(counts, rules).cells[row][others[0][1]]
    return release_line(counts, rules)[0][row]


def named_cities(sizes: Mapping[str, int], rules: DisclosureRules) -> tuple[str, ...]:
    """Cities with enough people to be named, in order.

    Args:
        sizes: people of all merchants together, so that no merchant's own customers decide it.
    """
    return tuple(sorted(city for city, size in sizes.items() if size >= rules.min_audience_size))


def named_categories(
    policy: Policy,
    sizes: Mapping[str, float],
    *,
    least: float | None = None,
    unknown_category: str | None = None,
) -> tuple[str, ...]:
    """Categories that an owner may see by name, in order: many people, no wall, no finance and no credit.

    Args:
        sizes: people who pay in each category, of all merchants together.
        least: size from which a category is named; that of an audience when absent.
        unknown_category: overrides the policy's `wall.unknown_category` for public data.
    """
    found, minimum = [], policy.disclosure.min_audience_size if least is None else least
    for category in sorted(sizes):
        placed = place(policy, product_category=category, unknown_category=unknown_category)
        is_private = placed.walled or placed.scene in PRIVATE_SCENES
        if sizes[category] >= minimum and not is_private:
            found.append(category)
    return tuple(found)


def read_window(text: str, *, now: int) -> Window:
    """A week such as "2026-W36" or a month such as "2026-09" that has ended.

    A month is the weeks whose Thursday lies in it, as the weeks of a year are: a calendar month less its
    whole weeks would be a few days.

    Raises:
        InputError: another stretch of time, or one that is not over: it would grow by one payment at a time.
    """
    window = _week(text) or _month(text)
    if window is None:
        raise InputError(f"window is {text!r}; expected a week such as 2026-W36 or a month such as 2026-09")
    if window.end > now:
        raise InputError(f"window {text} is not over; expected one that has ended")
    return window


def ended_weeks(number: int, *, now: int) -> list[Window]:
    """The last weeks that have ended, oldest first."""
    monday = _monday(_day(now))
    return [week_of(_epoch(monday - timedelta(weeks=back))) for back in range(number, 0, -1)]


def week_of(at: int) -> Window:
    """The week of a moment, from Monday to Sunday, UTC."""
    monday = _monday(_day(at))
    year, week, _ = monday.isocalendar()
    return _window(f"{year:04}-W{week:02}", monday, monday + timedelta(weeks=1))


def quarter_of(at: int) -> str:
    """The calendar quarter of a moment, such as "2026-Q4": what a budget is for."""
    day = _day(at)
    return f"{day.year:04}-Q{(day.month + 2) // 3}"


def _week(text: str) -> Window | None:
    year, _, week = text.partition("-W")
    try:
        found = week_of(_epoch(date.fromisocalendar(int(year), int(week), 1)))
    except ValueError:
        return None
    return found if found.name == text else None


def _month(text: str) -> Window | None:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    following = (first + timedelta(days=31)).replace(day=1)
    return _window(text, _first_monday(first), _first_monday(following))


def _first_monday(first: date) -> date:
    """Monday of the first week whose Thursday is not before this day."""
    return _monday(first + timedelta(days=3))


def _window(name: str, start: date, end: date) -> Window:
    return Window(name, _epoch(start), _epoch(end))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _day(at: int) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def _epoch(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
