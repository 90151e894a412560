"""Two-way tables of people as an owner may see them, with totals; pure, over `graph/policy/disclosure.py`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.policy.disclosure import Cell, DisclosureRules, Hidden, release_count, release_parts


@dataclass(frozen=True)
class TableCells:
    """A two-way table as it may be shown; `cells[row][column]`."""

    cells: tuple[tuple[Cell, ...], ...]
    rows: tuple[Cell, ...]
    columns: tuple[Cell, ...]
    total: Cell


def release_table(counts: npt.NDArray[np.int64], rules: DisclosureRules) -> TableCells:
    """A two-way table with its totals.

    The totals of rows and of columns are released as parts of one whole. Lines whose total is hidden or too
    small for their cells are put together as one, which is not shown. The inside of what remains is shown
    when each of its cells is large enough, else none of it: with all totals known, one cell tells others.

    Args:
        counts: people, shape (num_rows, num_columns), both at least 2; each person in one cell.
    """
    if counts.ndim != 2 or min(counts.shape) < 2 or (counts < 0).any():
        raise ValueError("counts have no two rows and two columns of non-negative numbers")
    rows, total = release_line(counts.sum(axis=1), rules)
    columns, _ = release_line(counts.sum(axis=0), rules)
    kept = _open_lines(counts, rows, rules), _open_lines(counts.T, columns, rules)
    inside = _together(_together(counts, kept[0]).T, kept[1])
    is_open = min(inside.shape) > 1 and bool((inside >= rules.min_group_size).all())
    shown = np.zeros(counts.shape, dtype=bool)
    shown[np.ix_(*kept)] = is_open
    why = Hidden.MINIMUM if counts.sum() < rules.min_group_size else Hidden.COMPLEMENT
    hidden, num_columns = Cell(hidden=why), counts.shape[1]
    pairs = zip(counts.flat, shown.flat, strict=True)
    flat = [release_count(int(size), rules) if seen else hidden for size, seen in pairs]
    cells = tuple(tuple(flat[at : at + num_columns]) for at in range(0, len(flat), num_columns))
    return TableCells(cells, rows, columns, total)


def release_line(sizes: npt.NDArray[np.int64], rules: DisclosureRules) -> tuple[tuple[Cell, ...], Cell]:
    """Parts of a whole that are numbered instead of named: counts of shape (num_parts,)."""
    cells, total = release_parts({f"{i:09}": int(size) for i, size in enumerate(sizes)}, rules)
    return tuple(cells.values()), total


def _open_lines(counts: npt.NDArray[np.int64], totals: Sequence[Cell], rules: DisclosureRules) -> list[int]:
    """Places of the rows that may be shown inside, from nothing but the totals that are shown.

    Those with enough people for their cells; and what the others have together must be enough as well:
    further rows join them, the smallest first.
    """
    enough = rules.min_group_size * counts.shape[1]
    sizes = counts.sum(axis=1)
    large = [at for at, total in enumerate(totals) if total.hidden is None and sizes[at] >= enough]
    kept = sorted(large, key=lambda at: -sizes[at])
    while kept and len(kept) < len(sizes) and sizes.sum() - sizes[kept].sum() < enough:
        kept.pop()
    return sorted(kept)


def _together(counts: npt.NDArray[np.int64], kept: list[int]) -> npt.NDArray[np.int64]:
    """The rows kept, and all others as one."""
    others = np.delete(counts, kept, axis=0)
    return counts[kept] if not len(others) else np.vstack([counts[kept], others.sum(axis=0)])
