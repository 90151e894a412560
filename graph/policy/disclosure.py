"""What may be told about groups of people: the only maker of a count that an owner sees.

Pure functions of true counts and the rules of `policy.toml`. What is hidden says why and is never a zero.

The promise of `release_parts`, and of `release_table` in `disclosed_tables.py`: somebody who knows this rule,
why each cell is hidden, the exact total and the exact value of every cell that is shown is left with at least
`min_group_size - 1` possible values for each hidden one; "hidden" alone leaves `min_group_size`. Cells are
shown rounded, which tells less. Rows, columns and labels must be fixed before the counts are known: a label
that appears only when somebody has it, or an order by size, tells about people by itself.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

SHARE_STEPS = 5  # in which a share is told, at most


class Hidden(StrEnum):
    """Why a value is not shown."""

    MINIMUM = "minimum"  # too few people
    COMPLEMENT = "complement"  # else another hidden value could be computed
    CONSENT = "consent"  # people have not agreed
    BUDGET = "budget"  # the owner has asked enough for this quarter


@dataclass(frozen=True)
class Cell:
    """A value that may be shown, or the reason why not; exactly one of the two."""

    v: int | float | None = None
    hidden: Hidden | None = None

    def __post_init__(self) -> None:
        if (self.v is None) == (self.hidden is None):
            raise ValueError("a cell has a value or a reason, not both and not neither")

    def out(self) -> dict[str, Any]:
        """As it is answered: `{"v": 120}` or `{"hidden": "minimum"}`."""
        return {"v": self.v} if self.hidden is None else {"hidden": self.hidden.value}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Cell":
        """A cell that was answered before, from what `out` gave."""
        return cls(told.get("v"), Hidden(told["hidden"]) if "hidden" in told else None)


@dataclass(frozen=True)
class DisclosureRules:
    """Values of `policy.toml` [disclosure].

    dominance_share: largest share of a sum that one person may have.
    epsilon: what one answer to a repeated question costs at most; the noise follows from it.
    theme_epsilon: what the size of one theme costs, for an owner who tries many of them.
    quarterly_budget: epsilon that an owner's repeated questions may cost in a calendar quarter.
    """

    min_group_size: int = 20
    min_audience_size: int = 100
    dominance_share: float = 0.5
    epsilon: float = 0.5
    theme_epsilon: float = 0.05
    quarterly_budget: float = 6.5


def rounded(size: int) -> int:
    """Two significant digits, half up."""
    unit = int(10 ** max(0, len(str(size)) - 2))
    return (size + unit // 2) // unit * unit


def release_count(size: int, rules: DisclosureRules, *, minimum: int | None = None) -> Cell:
    """How many people are in one group: hidden below the minimum, else two significant digits.

    Args:
        minimum: a larger one than `min_group_size`, such as that of audiences; a smaller one has no effect.
    """
    if size < max(rules.min_group_size, minimum or 0):
        return Cell(hidden=Hidden.MINIMUM)
    return Cell(rounded(size))


def release_step(size: int, rules: DisclosureRules) -> Cell:
    """At least how many people are in a group that can be asked about at any moment: 20, 50, 100, 200, 500.

    Whoever asks every day learns of a person only when the last one of a step comes or goes, and does not
    know when that is. Hidden below the minimum.
    """
    if size < rules.min_group_size:
        return Cell(hidden=Hidden.MINIMUM)
    unit = 10 ** (len(str(size)) - 1)
    return Cell(max(step * unit for step in (1, 2, 5) if step * unit <= size))


def release_parts(
    parts: Mapping[str, int], rules: DisclosureRules, *, total: int | None = None
) -> tuple[dict[str, Cell], Cell]:
    """The parts of a whole, and the whole: no hidden part follows from what is shown.

    A whole with fewer than the minimum of people a part, on average, is not taken apart. Else parts below the
    minimum are hidden; and when their sum would tell too much about one of them, further parts are hidden
    too, in the order of their labels, whatever their size, until it no longer does.

    Args:
        parts: label -> people, each person in one part. All labels that could occur, zeros too.
        total: of the whole; more than the sum of the parts where some people are in none of them.

    Returns:
        Cells by label in the order given, and the cell of the whole.
    """
    rest = 0 if total is None else total - sum(parts.values())
    if rest < 0 or any(size < 0 for size in parts.values()):
        raise ValueError("parts are negative or more than their whole; expected a partition")
    sizes = {(1, label): size for label, size in parts.items()}
    if total is not None:
        sizes[0, ""] = rest  # who is in no part is a part as well, known to whoever can subtract
    hidden = _hidden_parts(sizes, rules.min_group_size)
    cells = {label: _cell(size, hidden.get((1, label))) for label, size in parts.items()}
    return cells, release_count(sum(sizes.values()), rules)


def _cell(size: int, hidden: Hidden | None) -> Cell:
    return Cell(rounded(size)) if hidden is None else Cell(hidden=hidden)


def _hidden_parts(sizes: Mapping[tuple[int, str], int], minimum: int) -> dict[tuple[int, str], Hidden]:
    """Which parts are hidden, and why.

    Whoever knows the whole knows the sum of the hidden parts. The proof that it tells little:

    - A whole below `closed` is hidden for its own size alone: any parts that add up to it look alike.
    - Small parts alone are hidden where their sum leaves each of them all values from 0 to minimum - 1.
    - Else `number` larger parts are hidden too. The sum leaves a small part any value from 0 to minimum - 2
      (the others at 0, the larger ones at their minimum but for the last): none of these worlds would have
      stopped earlier. The last larger part has as many values, and so has each before it. As the whole is
      not below `closed`, the largest number possible always suffices.
    """
    whole = sum(sizes.values())
    closed = len(sizes) * minimum - 1
    if whole < closed:
        return dict.fromkeys(sizes, Hidden.COMPLEMENT if whole >= minimum else Hidden.MINIMUM)
    hidden = {label: Hidden.MINIMUM for label, size in sizes.items() if size < minimum}
    hidden_sum = sum(sizes[label] for label in hidden)
    if not hidden or minimum - 1 <= hidden_sum <= (len(hidden) - 1) * (minimum - 1):
        return hidden
    for number, label in enumerate(sorted(sizes.keys() - hidden.keys()), start=1):
        hidden[label] = Hidden.COMPLEMENT
        hidden_sum += sizes[label]
        if hidden_sum >= (number + 1) * minimum - 1:
            break
    return hidden


def release_subsets(
    subsets: Mapping[str, int], rules: DisclosureRules, *, total: int
) -> tuple[dict[str, Cell], Cell]:
    """Groups inside one whole that may overlap: shown where enough people are in it and enough are not.

    Args:
        subsets: label -> people; a person may be in several.
    """
    if any(not 0 <= size <= total for size in subsets.values()):
        raise ValueError("a subset is larger than its whole, or negative")
    minimum = rules.min_group_size

    def cell(size: int) -> Cell:
        hides_others = size >= minimum and total - size < minimum
        return Cell(hidden=Hidden.COMPLEMENT) if hides_others else release_count(size, rules)

    return {label: cell(size) for label, size in subsets.items()}, release_count(total, rules)


def release_share(part: int, whole: int, rules: DisclosureRules) -> Cell:
    """The lower edge of the step that a share lies in: 0.6 says "from 60 % to below 80 %" of five steps.

    There are as many steps, at most five, as leave `min_group_size` people in each: whoever is told the step
    and knows the whole is left with so many possible counts. A group that leaves no two steps is hidden.

    Args:
        part, whole: people, 0 <= part <= whole.
    """
    if not 0 <= part <= whole:
        raise ValueError("a part is negative or larger than its whole")
    steps = min(SHARE_STEPS, whole // rules.min_group_size)
    if steps < 2:
        return Cell(hidden=Hidden.MINIMUM)
    return Cell(min(part * steps // whole, steps - 1) / steps)


def difference(one: Cell, other: Cell) -> Cell:
    """One less the other, from what is told of each: it says nothing that the two do not say."""
    if one.v is not None and other.v is not None:
        return Cell(one.v - other.v)
    return Cell(hidden=one.hidden or other.hidden)


def dominated(contributions: Iterable[float], rules: DisclosureRules) -> bool:
    """Whether one person makes up too much of a sum to show it; also true of an empty one."""
    sizes = [abs(value) for value in contributions]
    whole = math.fsum(sizes)
    return whole <= 0 or max(sizes) > rules.dominance_share * whole


def release_sum(contributions: Sequence[float], rules: DisclosureRules) -> Cell:
    """A sum over people, one entry a person; a sum that one of them dominates is a group of one."""
    if len(contributions) < rules.min_group_size or dominated(contributions, rules):
        return Cell(hidden=Hidden.MINIMUM)
    return Cell(rounded(round(math.fsum(contributions))))


def size_band(size: int, rules: DisclosureRules) -> str:
    """The size of an audience as a band: "under 100", "100 to 200", "200 to 500", "500 to 1,000", ..."""
    lower = rules.min_audience_size
    if size < lower:
        return f"under {lower:,}"
    for factor in (step * 10**power for power in range(12) for step in (2, 5, 10)):
        upper = rules.min_audience_size * factor
        if size < upper:
            return f"{lower:,} to {upper:,}"
        lower = upper
    return f"{lower:,} or more"


def apart(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64], rules: DisclosureRules) -> bool:
    """Whether two groups may both be counted for somebody who could subtract them, as a shop and its brand.

    True for the same group, and where both differences are empty or large enough.

    Args:
        one, other: distinct user indices.
    """
    lefts = len(np.setdiff1d(one, other)), len(np.setdiff1d(other, one))
    return all(left == 0 or left >= rules.min_group_size for left in lefts)


def is_affordable(spent: float, cost: float, budget: float) -> bool:
    """Whether a release of this cost still fits what an owner may spend; costs are positive."""
    return cost > 0 and spent + cost <= budget * (1 + 1e-9)
