"""Rules of merchants' portraits and fan graphs; pure.

A portrait answers a fixed list of questions about one merchant's fans, over one stretch of whole weeks.
Each person is in one cell of a question (in `most_of_one` of them at most), so that a question costs its
share of `epsilon` however many cells it has. All that is shown later is worked out from these noisy counts,
which costs nothing more.

Source: requirements P9 and P10 of the trust research; composition as in Dwork and Roth 2014, section 3.5.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from graph.policy.disclosure import DisclosureRules

CLOSENESS = ("near", "mid", "far")  # regular, occasional and new fans
STANDING = (*CLOSENESS, "lost")  # lost: came in the weeks before, not in these
SIZE_STEPS = 5
_FOUNDING_NOISE = (
    9.0  # in scales: noise of the three cells of CLOSENESS is above it in one of a thousand merchants
)
FEW_CELLS = 10  # in such a list noise alone shows a cell every other time


@dataclass(frozen=True)
class PortraitRules:
    """Values of `policy.toml` [portraits].

    epsilon: of one portrait. quarterly_budget: epsilon of a merchant's portraits in a calendar quarter.
    min_people: smallest number of fans of which there is a portrait.
    window_weeks: whole weeks that a portrait is about; the same number before them say who was lost.
    renew_weeks: after which a merchant gets a new portrait, where the budget allows it.
    max_merchants: of one person, the most of which they count as a fan.
    regular_days: days in the window from which somebody is a regular.
    max_share: the largest share that is told as such. min_brackets: shown cells below which none is shown.
    min_peers, max_peers: similar merchants that a comparison needs and takes.
    max_nodes, max_edges: of a fan graph.
    """

    epsilon: float
    quarterly_budget: float
    min_people: int
    window_weeks: int
    renew_weeks: int
    max_merchants: int
    regular_days: int
    max_share: float
    min_brackets: int
    min_peers: int
    max_peers: int
    max_nodes: int
    max_edges: int


def standing_of(days: int, *, is_new: bool, rules: PortraitRules) -> str:
    """Place in STANDING of somebody by their days in the window.

    Args:
        is_new: first seen inside the window.
    """
    if days == 0:
        return "lost"
    if is_new:
        return "far"
    return "near" if days >= rules.regular_days else "mid"


def is_due(made_week: int | None, week: int, rules: PortraitRules) -> bool:
    """Whether a merchant gets a new portrait; weeks are numbered from any one on."""
    return made_week is None or week - made_week >= rules.renew_weeks


def enough_people(rules: PortraitRules, scale: float) -> int:
    """Fans that a portrait needs, by the sum of the cells of CLOSENESS, each with noise of this scale.

    Every merchant is counted, most have hardly any fans, and noise must not give many of them a portrait:
    e^-x (8 + 5x + x^2) / 16 of them have noise of x scales or more.
    """
    return max(rules.min_people, math.ceil(_FOUNDING_NOISE * scale))


def likely_noise(num_cells: int) -> float:
    """What noise alone exceeds in one cell of `num_cells` every other time, in scales; no less than in ten.

    Laplace noise is above x scales in a share e^-x / 2 of all cells. With one bound for any list, a list of
    200 categories would show ten in which there may be nobody.
    """
    return math.log(max(FEW_CELLS, num_cells))


def with_noise(rules: DisclosureRules, scale: float, num_cells: int = 1) -> DisclosureRules:
    """The rules for cells that carry Laplace noise of this scale: what could be noise alone is hidden too.

    Args:
        num_cells: of the list that they are in.
    """
    return replace(
        rules, min_group_size=max(rules.min_group_size, math.ceil(likely_noise(num_cells) * scale))
    )


def size_steps(sizes: Sequence[int | None]) -> list[int]:
    """Places 1 to 5 for drawing, by the shown sizes alone; 1 for what is hidden.

    Steps are fifths of the range of the logarithm, so that area and width tell five sizes and no count.
    """
    shown = [math.log(size) for size in sizes if size]
    low, high = (min(shown), max(shown)) if shown else (0.0, 0.0)
    return [1 if not size else _step(math.log(size), low, high) for size in sizes]


def _step(value: float, low: float, high: float) -> int:
    if high <= low:
        return 3
    return min(SIZE_STEPS, 1 + int((value - low) / (high - low) * SIZE_STEPS))
