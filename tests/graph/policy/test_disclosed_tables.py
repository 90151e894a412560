"""Two-way tables: worked examples, and an attacker who knows the rule and tries every possibility."""

from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest

from graph.policy.disclosed_tables import release_table
from graph.policy.disclosure import Cell, DisclosureRules, Hidden

RULES = DisclosureRules()
COMPLEMENT = Cell(hidden=Hidden.COMPLEMENT)


def test_a_table_without_a_small_cell_is_shown_and_one_with_a_small_cell_only_by_its_totals():
    shown = release_table(np.array([[20, 30], [40, 50]]), RULES)
    assert [[c.v for c in row] for row in shown.cells] == [[20, 30], [40, 50]]
    small = release_table(np.array([[0, 1, 0], [100, 3, 80], [300, 2, 90], [90, 0, 70]]), RULES)
    assert [[c.v for c in row] for row in small.cells] == [
        [None] * 3,
        [None] * 3,
        [None, None, 90],
        [None, None, 70],
    ]  # the first column hides the second, the second row the first
    hidden = release_table(np.array([[19, 30], [40, 50]]), RULES)
    assert {c for row in hidden.cells for c in row} == {COMPLEMENT}
    totals = [[c.v for c in line] for line in (hidden.rows, hidden.columns, [hidden.total])]
    assert totals == [[49, 90], [59, 80], [140]]
    with pytest.raises(ValueError, match="two rows"):
        release_table(np.array([[19, 30]]), RULES)


def tables(shape, whole):
    """All tables with so many people."""
    for bars in combinations(range(whole + shape[0] * shape[1] - 1), shape[0] * shape[1] - 1):
        edges = (-1, *bars, whole + shape[0] * shape[1] - 1)
        yield np.diff(edges).reshape(shape) - 1


@pytest.mark.parametrize(
    ("minimum", "shape", "whole"),
    [(3, (2, 2), 12), (3, (2, 2), 18), (4, (2, 2), 30), (3, (2, 3), 16), (3, (3, 2), 18)],
)
def test_no_hidden_cell_of_a_table_is_known_to_who_knows_all_totals_shown(minimum, shape, whole):
    rules = DisclosureRules(min_group_size=minimum)
    worlds = defaultdict(list)
    for counts in tables(shape, whole):
        found = release_table(counts, rules)
        values = [*counts.ravel().tolist(), *counts.sum(axis=1).tolist(), *counts.sum(axis=0).tolist()]
        cells = [*(c for row in found.cells for c in row), *found.rows, *found.columns]
        worlds[tuple((c.hidden, None if c.hidden else n) for c, n in zip(cells, values, strict=True))].append(
            values
        )
    for seen, possible in worlds.items():
        for place, (hidden, _) in enumerate(seen):
            assert hidden is None or len({values[place] for values in possible}) >= minimum - 1
