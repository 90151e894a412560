"""Attacks on what owners see. Each tries to learn about one person, with more than an owner is given."""

from collections import defaultdict
from contextlib import closing
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from scipy.optimize import linprog

from api.context import wire_parts
from api.services.disclosed import noisy_counts, repeated
from graph.errors import InputError
from graph.home import Home
from graph.policy.disclosed_tables import release_table
from graph.policy.disclosure import (
    DisclosureRules,
    apart,
    release_count,
    release_parts,
    release_subsets,
    release_sum,
)
from graph.policy.lattice import Attribute, Filters, Window, read_window, release_filtered
from graph.stores.open import open_store

RULES = DisclosureRules()
MINIMUM = RULES.min_group_size
NOW = 1_790_000_000  # 2026-09-21
LABELS = {"city": ("A", "B"), "scene": ("dining", "fitness", "concerts"), "weekday": ("mon", "tue")}
SHAPE = tuple(len(labels) + 1 for labels in LABELS.values())  # the last place: none


# -- subtraction over the lattice of filters ----------------------------------------------------------


def town(seed: int) -> np.ndarray:
    """Attributes of people, shape (num_people, 3): lumpy, and one person whom nobody is like."""
    rng = np.random.default_rng(seed)
    joint = rng.gamma(0.4, size=np.prod(SHAPE))
    drawn = rng.choice(len(joint), size=int(rng.integers(300, 2_000)), p=joint / joint.sum())
    codes = np.stack(np.unravel_index(drawn, SHAPE), axis=1)
    return codes[(codes != (0, 2, 1)).any(axis=1)]


TARGET = np.array([[0, 2, 1]])  # city A, concerts, on Tuesdays


def places() -> list[Filters]:
    singles = [{name: value} for name, labels in LABELS.items() for value in labels]
    pairs = [a | b for a, b in combinations(singles, 2) if len(a | b) == 2]
    return [Filters(), *(Filters(**chosen) for chosen in [*singles, *pairs])]


def where(place: Filters) -> np.ndarray:
    """Which cells of the joint table a place adds up; flat bool."""
    grid = np.indices(SHAPE)
    inside = np.ones(SHAPE, dtype=bool)
    for name, value in place.chosen:
        axis = list(LABELS).index(name)
        inside &= grid[axis] == LABELS[name].index(value)
    return inside.ravel()


def released(people: np.ndarray) -> dict[Filters, tuple[bool, int]]:
    """Each place with whether it is shown, and its exact size."""
    codes = np.where(people == np.array(SHAPE) - 1, -1, people)
    attributes = {name: Attribute(LABELS[name], codes[:, i]) for i, name in enumerate(LABELS)}
    flat = np.bincount(np.ravel_multi_index(people.T, SHAPE), minlength=int(np.prod(SHAPE)))
    return {
        place: (release_filtered(attributes, place, RULES).hidden is None, int(flat[where(place)].sum()))
        for place in places()
    }


def bounds(known: dict[Filters, tuple[bool, int]], place: Filters) -> tuple[float, float]:
    """Smallest and largest size of a place in any town that has the exact sizes of all that is shown."""
    equal = [(where(other), size) for other, (shown, size) in known.items() if shown]
    matrix, sizes = np.array([row for row, _ in equal], dtype=float), [size for _, size in equal]
    found = [
        linprog(sign * where(place).astype(float), A_eq=matrix, b_eq=sizes, method="highs")
        for sign in (1, -1)
    ]
    return found[0].fun, -found[1].fun


@pytest.mark.parametrize("seed", [3, 10, 11, 12, 13, 35, 82])  # towns with hidden groups
def test_no_sum_or_difference_of_filters_tells_the_size_of_a_hidden_group(seed):
    known = released(np.concatenate([town(seed), TARGET]))
    assert 4 <= sum(shown for shown, _ in known.values()) < len(known)
    for place, (shown, _) in known.items():
        if not shown:
            low, high = bounds(known, place)
            assert high - low >= MINIMUM - 2


# -- a table and its totals --------------------------------------------------------------------------


def table_bounds(counts: np.ndarray) -> list[tuple[int, int, float]]:
    """Each hidden value with how far it can be known from the exact values of all that is shown."""
    found = release_table(counts, RULES)
    places = np.arange(counts.size).reshape(counts.shape)
    groups = [[at] for at in range(counts.size)] + [*places.tolist(), *places.T.tolist()]
    cells = [*(cell for row in found.cells for cell in row), *found.rows, *found.columns]
    adds = np.array([np.isin(np.arange(counts.size), group) for group in groups], dtype=float)
    values = adds @ counts.ravel()
    seen = np.array([cell.hidden is None for cell in cells])
    known = np.vstack([adds[seen], np.ones(counts.size)])
    told = np.append(values[seen], counts.sum())
    widths = []
    for at in np.flatnonzero(~seen):
        ends = [linprog(sign * adds[at], A_eq=known, b_eq=told, method="highs").fun for sign in (1, -1)]
        widths.append((int(at), int(values[at]), -ends[1] - ends[0]))
    return widths


def random_table(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(2, 5)), int(rng.integers(2, 4)))
    rates = np.outer(*(rng.gamma(0.7, size=n) + 0.01 for n in shape))
    return rng.poisson(rng.integers(200, 2_000) * rates / rates.sum())


@pytest.mark.parametrize("seed", range(60))
def test_no_value_of_a_table_follows_from_totals_and_shown_cells(seed):
    for _, _, width in table_bounds(random_table(seed)):
        assert width >= MINIMUM - 2


def test_a_row_that_hides_another_stays_out_of_the_inside():
    counts = np.array([[1, 2], [150, 150], [100, 100]])  # the second row keeps the first from being computed
    found = release_table(counts, RULES)
    assert [total.hidden for total in found.rows] == ["minimum", "complement", None]
    assert all(width >= MINIMUM - 2 for _, _, width in table_bounds(counts))
    assert [[cell.v for cell in row] for row in found.cells] == [[None] * 2, [None] * 2, [100, 100]]


# -- the whole and its parts --------------------------------------------------------------------------


@pytest.mark.parametrize("whole", [58, 59, 60, 78, 79, 100, 140])
def test_whole_less_parts_leaves_as_many_possibilities_as_hidden_means(whole):
    worlds = defaultdict(list)
    for a, b in product(range(whole + 1), repeat=2):
        if (c := whole - a - b) >= 0:
            cells, _ = release_parts({"a": a, "b": b, "c": c}, RULES)
            seen = tuple(
                (cell.hidden, None if cell.hidden else size)
                for cell, size in zip(cells.values(), (a, b, c), strict=True)
            )
            worlds[seen].append((a, b, c))
    for seen, possible in worlds.items():
        for place, (hidden, _) in enumerate(seen):
            assert hidden is None or len({sizes[place] for sizes in possible}) >= MINIMUM - 1


def test_a_group_of_one_is_nowhere():
    assert release_count(1, RULES).hidden
    assert all(cell.hidden for cell in release_parts({"a": 1, "b": 30, "c": 0}, RULES)[0].values())
    assert release_subsets({"all but one": 99}, RULES, total=100)[0]["all but one"].hidden
    table = release_table(np.array([[1, 300], [300, 300]]), RULES)
    assert all(cell.hidden for row in table.cells for cell in row)
    assert release_sum([1_000.0] + [1.0] * 500, RULES).hidden


# -- neighbouring windows -----------------------------------------------------------------------------


def windows() -> list[Window]:
    weeks = [read_window(f"2026-W{week:02}", now=NOW) for week in range(1, 38)]
    return weeks + [read_window(f"2026-{month:02}", now=NOW) for month in range(1, 9)]


def test_no_two_windows_differ_by_less_than_a_week():
    for one, other in combinations(windows(), 2):
        edges = sorted({one.start, one.end, other.start, other.end})
        assert all((later - earlier) % (7 * 86_400) == 0 for earlier, later in pairwise(edges))


@pytest.mark.parametrize(
    "asked", ["2026-08-03", "2026-08-03/2026-08-10", "2026-W39", "2026-09", "last 7 days"]
)
def test_a_window_cannot_be_shifted_or_watched_while_it_grows(asked):
    with pytest.raises(InputError):
        read_window(asked, now=NOW)


# -- merchants that overlap ---------------------------------------------------------------------------


def test_a_shop_and_its_brand_are_not_both_counted_where_they_differ_by_a_few():
    shop = np.arange(500)
    for extra in range(60):
        brand = np.arange(500 + extra)
        assert apart(shop, brand, RULES) is (extra == 0 or extra >= MINIMUM)
    swapped = np.append(shop[1:], 999)  # as many people, one of them another
    assert not apart(shop, swapped, RULES)


# -- asking again -------------------------------------------------------------------------------------


@pytest.fixture
def context(tmp_path, policy):
    home = Home(tmp_path / "home").make()
    made = wire_parts(home, policy, b"k" * 32, open_store(f"sqlite:///{tmp_path / 'graph.db'}"))
    with closing(made):
        yield made


def test_a_thousand_answers_average_to_the_first(context):
    told = {repeated(context, "m0", "members", {"members": 57}, now=NOW)["members"] for _ in range(1_000)}
    assert len(told) == 1
    assert [release.cost for release in context.store.get().releases()] == [pytest.approx(0.5)]


def test_a_thousand_wordings_are_paid_for_until_the_budget_is_spent(context):
    told = [
        repeated(context, "m0", f"members {i}", {"members": 57}, now=NOW)["members"] for i in range(1_000)
    ]
    num_answers = sum(cell.hidden != "budget" for cell in told)
    assert num_answers == RULES.quarterly_budget // RULES.epsilon


# -- with and without a person ------------------------------------------------------------------------

NUM_DRAWS = 100_000


def answers(size: int, scale_of: float) -> np.ndarray:
    """Answers as an owner gets them, -1 where hidden; many independent ones."""
    noisy, _ = noisy_counts([size] * NUM_DRAWS, scale_of, 1)
    return np.array([release_count(n, RULES).v or -1 for n in noisy])


def worst_ratio(one: np.ndarray, other: np.ndarray) -> float:
    """Largest log ratio of how often an answer comes, less four standard errors of its estimate."""
    values = np.unique(np.concatenate([one, other]))
    often = np.array([[np.count_nonzero(told == value) for value in values] for told in (one, other)])
    enough = (often >= 200).all(axis=0)
    ratio = np.abs(np.log(often[0, enough] / often[1, enough]))
    error = np.sqrt((1 / often[:, enough]).sum(axis=0))
    return float((ratio - 4 * error).max())


@pytest.mark.parametrize("size", [19, 24, 101])
def test_no_answer_is_much_likelier_with_a_person_than_without(size):
    assert worst_ratio(answers(size, RULES.epsilon), answers(size + 1, RULES.epsilon)) <= RULES.epsilon


def test_too_little_noise_would_be_found():
    assert worst_ratio(answers(24, 2 * RULES.epsilon), answers(25, 2 * RULES.epsilon)) > RULES.epsilon


def test_the_noise_is_discrete_laplace():
    noise = np.array(noisy_counts([0] * NUM_DRAWS, RULES.epsilon, 1)[0])
    decay = np.exp(-RULES.epsilon)
    for k in range(-8, 9):
        expected = (1 - decay) / (1 + decay) * decay ** abs(k)
        error = np.sqrt(expected * (1 - expected) / NUM_DRAWS)
        assert abs(np.mean(noise == k) - expected) <= 5 * error


def test_all_filters_together_hardly_tell_whether_a_person_is_there():
    """The best test there is, by somebody who knows everybody else: right answers less false alarms."""
    people = town(0)
    without, with_ = (
        np.array([size for _, size in released(group).values()])
        for group in (people, np.concatenate([people, TARGET]))
    )
    most, draws = int((with_ - without).sum()), 4_000
    assert most == 7  # the whole, three filters, three pairs of filters
    said_there = []
    for sizes in (without, with_):
        noisy, _ = noisy_counts(np.tile(sizes, draws).tolist(), RULES.epsilon, most)
        told = np.array(noisy).reshape(draws, -1)
        said_there.append(np.mean(np.abs(told - with_).sum(axis=1) < np.abs(told - without).sum(axis=1)))
    bound = np.tanh(RULES.epsilon / 2)  # (e^epsilon - 1) / (e^epsilon + 1)
    assert said_there[1] - said_there[0] <= bound + 4 * np.sqrt(0.5 / draws)
