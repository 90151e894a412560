"""What an owner may see: worked examples, and an attacker who knows the rule and tries every possibility."""

from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.disclosure import (
    Cell,
    DisclosureRules,
    Hidden,
    apart,
    dominated,
    is_affordable,
    release_count,
    release_parts,
    release_step,
    release_subsets,
    release_sum,
    size_band,
)

RULES = DisclosureRules()
MINIMUM, COMPLEMENT = Cell(hidden=Hidden.MINIMUM), Cell(hidden=Hidden.COMPLEMENT)


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "minimum"), (19, "minimum"), (20, 20), (49, 20), (50, 50), (99, 50), (100, 100), (1_999, 1_000)],
)
def test_a_group_that_is_asked_about_every_day_is_told_in_steps(size, told):
    cell = release_step(size, RULES)
    assert (cell.hidden or cell.v) == told


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (-3, None),
        (0, None),
        (19, None),
        (20, 20),
        (99, 99),
        (104, 100),
        (105, 110),
        (1_449, 1_400),
        (987_654, 990_000),
    ],
)
def test_a_small_group_is_hidden_and_a_large_one_rounded(size, shown):
    assert release_count(size, RULES) == (MINIMUM if shown is None else Cell(shown))


@pytest.mark.parametrize(("size", "minimum", "shown"), [(99, 100, None), (100, 100, 100), (15, 5, None)])
def test_a_minimum_can_be_raised_and_never_lowered(size, minimum, shown):
    assert release_count(size, RULES, minimum=minimum).v == shown


def test_a_cell_has_a_value_or_a_reason():
    assert (Cell(120).out(), MINIMUM.out()) == ({"v": 120}, {"hidden": "minimum"})
    assert [Cell.read(cell.out()) for cell in (Cell(120), MINIMUM)] == [Cell(120), MINIMUM]
    for both in ({}, {"v": 1, "hidden": Hidden.BUDGET}):
        with pytest.raises(ValueError, match="not both"):
            Cell(**both)


def test_parts_that_are_all_large_are_shown_with_their_whole():
    cells, whole = release_parts({"a": 30, "b": 1_449}, RULES)
    assert (cells, whole) == ({"a": Cell(30), "b": Cell(1_400)}, Cell(1_500))


def test_one_small_part_takes_a_second_one_with_it():
    cells, whole = release_parts({"c": 7, "b": 40, "a": 60}, RULES)
    assert (cells, whole) == ({"c": MINIMUM, "b": Cell(40), "a": COMPLEMENT}, Cell(110))


def test_a_second_part_that_is_too_small_to_cover_takes_a_third():
    cells, whole = release_parts({"a": 7, "b": 22, "c": 31, "d": 60}, RULES)
    assert (cells, whole) == ({"a": MINIMUM, "b": COMPLEMENT, "c": COMPLEMENT, "d": Cell(60)}, Cell(120))


def test_small_parts_that_cover_each_other_need_no_other():
    cells, whole = release_parts({"a": 9, "b": 12, "c": 11, "d": 500}, RULES)
    assert (cells, whole) == ({"a": MINIMUM, "b": MINIMUM, "c": MINIMUM, "d": Cell(500)}, Cell(530))


def test_two_small_parts_that_are_almost_nothing_take_a_third():
    cells, _ = release_parts({"a": 0, "b": 1, "c": 200, "d": 50}, RULES)
    assert cells == {"a": MINIMUM, "b": MINIMUM, "c": COMPLEMENT, "d": Cell(50)}


def test_a_whole_with_too_few_people_for_its_parts_is_not_taken_apart():
    assert release_parts({"a": 0, "b": 38}, RULES) == ({"a": COMPLEMENT, "b": COMPLEMENT}, Cell(38))
    assert release_parts({"a": 3, "b": 4}, RULES) == ({"a": MINIMUM, "b": MINIMUM}, MINIMUM)
    assert release_parts({"a": 20}, RULES) == ({"a": Cell(20)}, Cell(20))
    assert release_parts({}, RULES) == ({}, MINIMUM)


def test_people_in_no_part_count_as_a_part():
    cells, whole = release_parts({"a": 50, "b": 60}, RULES, total=111)
    assert (cells, whole) == ({"a": COMPLEMENT, "b": Cell(60)}, Cell(110))


@pytest.mark.parametrize("bad", [{"total": 9}, {"parts": {"a": -1, "b": 40}}])
def test_what_is_no_partition_is_a_mistake(bad):
    with pytest.raises(ValueError, match="partition"):
        release_parts(**({"parts": {"a": 5, "b": 5}, "rules": RULES} | bad))


def test_a_subset_is_hidden_when_those_outside_it_are_few():
    cells, whole = release_subsets({"most": 95, "some": 60, "few": 5}, RULES, total=100)
    assert (cells, whole) == ({"most": COMPLEMENT, "some": Cell(60), "few": MINIMUM}, Cell(100))
    with pytest.raises(ValueError, match="larger"):
        release_subsets({"a": 101}, RULES, total=100)


def outcomes(parts, whole):
    """What an attacker sees: reasons, exact values where shown, and the exact whole; not the rounded ones."""
    return tuple((c.hidden, None if c.hidden else n) for c, n in zip(parts[0], parts[1], strict=True)), whole


@pytest.mark.parametrize(("minimum", "num_parts", "most"), [(3, 3, 16), (4, 3, 19), (5, 2, 24), (3, 4, 14)])
def test_no_hidden_part_is_known_to_who_knows_rule_whole_and_shown_values(minimum, num_parts, most):
    rules = DisclosureRules(min_group_size=minimum)
    worlds = defaultdict(list)
    for sizes in product(range(most + 1), repeat=num_parts):
        cells, _ = release_parts({f"{i}": n for i, n in enumerate(sizes)}, rules)
        if minimum <= sum(sizes) <= most:
            worlds[outcomes((cells.values(), sizes), sum(sizes))].append(sizes)
    for (seen, _), possible in worlds.items():
        for place, (hidden, _) in enumerate(seen):
            assert hidden is None or len({sizes[place] for sizes in possible}) >= minimum - 1


sizes_of_parts = st.dictionaries(st.text(max_size=3), st.integers(0, 300), max_size=6)


def other_worlds(parts, cells, label):
    """Worlds with the same whole and shown values, one for each value that a hidden part may have.

    What is left over goes to the hidden part that was added last, then to those before it.
    """
    unseen = sorted((name for name in parts if cells[name].hidden), reverse=True)
    unseen.sort(key=lambda name: cells[name].hidden is Hidden.MINIMUM)
    least = dict.fromkeys(unseen, 0)
    most = {name: sum(parts.values()) for name in unseen}
    if Hidden.MINIMUM in {cells[name].hidden for name in unseen}:
        least |= {name: RULES.min_group_size for name in unseen if cells[name].hidden is Hidden.COMPLEMENT}
        most |= {name: RULES.min_group_size - 1 for name in unseen if cells[name].hidden is Hidden.MINIMUM}
    for value in range(least[label], most[label] + 1):
        left = sum(parts[name] - least[name] for name in unseen) - value + least[label]
        world = parts | least | {label: value}
        for name in (name for name in unseen if name != label):
            more = min(max(left, 0), most[name] - least[name])
            world[name], left = least[name] + more, left - more
        if left == 0:
            yield world


@given(sizes_of_parts)
def test_who_knows_whole_and_shown_values_finds_many_values_for_each_hidden_part(parts):
    cells, whole = release_parts(parts, RULES)
    for label in [name for name, cell in cells.items() if cell.hidden and whole.v is not None]:
        same = [
            world for world in other_worlds(parts, cells, label) if release_parts(world, RULES)[0] == cells
        ]
        assert len({world[label] for world in same}) >= RULES.min_group_size - 1


@given(sizes_of_parts, st.integers(0, 60))
def test_a_shown_part_is_large_and_hidden_ones_with_the_rest_are_a_group(parts, rest):
    cells, whole = release_parts(parts, RULES, total=sum(parts.values()) + rest)
    assert all(cell == release_count(parts[label], RULES) for label, cell in cells.items() if not cell.hidden)
    hidden = [parts[label] for label, cell in cells.items() if cell.hidden]
    if whole.v is not None and hidden:
        assert sum(hidden) + rest >= RULES.min_group_size - 1


@given(sizes_of_parts)
def test_the_order_in_which_parts_are_given_does_not_matter(parts):
    again = dict(reversed(parts.items()))
    assert release_parts(parts, RULES) == release_parts(again, RULES)


@pytest.mark.parametrize(
    ("paid", "hidden"), [([], True), ([1] * 20, False), ([19] + [1] * 19, False), ([20] + [1] * 19, True)]
)
def test_a_sum_that_one_person_dominates_is_hidden(paid, hidden):
    assert dominated(paid, RULES) is hidden
    assert (release_sum(paid, RULES) == MINIMUM) is hidden


def test_a_sum_over_few_people_is_hidden():
    assert release_sum([5.0] * 19, RULES) == MINIMUM
    assert release_sum([5.2] * 21, RULES) == Cell(110)


@pytest.mark.parametrize(
    ("size", "band"),
    [
        (0, "under 100"),
        (99, "under 100"),
        (100, "100 to 200"),
        (200, "200 to 500"),
        (999, "500 to 1,000"),
        (1_000, "1,000 to 2,000"),
        (10**15, "100,000,000,000,000 or more"),
    ],
)
def test_an_audience_is_told_as_a_band(size, band):
    assert size_band(size, RULES) == band


def test_groups_that_differ_in_a_few_people_are_not_apart():
    people = np.arange(100)
    assert apart(people, people, RULES)
    assert apart(people, people[:80], RULES)
    assert not apart(people, people[:81], RULES)
    assert not apart(people[:50], np.arange(30, 60), RULES)


def test_a_budget_is_spent_to_its_end_and_no_further():
    assert is_affordable(6.0, 0.5, 6.5)
    assert is_affordable(0.1 + 0.2, 0.7, 1.0)
    assert not is_affordable(6.1, 0.5, 6.5)
    assert not is_affordable(0, 0, 6.5)
