"""What is told of counts that carry noise already: parts of a portrait, shares, figures beside peers; pure.

Whatever is worked out from noisy counts and constants tells no more than they do (Dwork and Roth 2014,
proposition 2.1), so that none of this costs anything. On top of the noise a part is hidden as
`graph/policy/disclosure.py` hides parts: small ones, and others where a small one could be subtracted.

Sums of n independent cells carry the root of n times as much noise. Its tails are lighter than those of one
cell, so that a bound of so many scales is exceeded more seldom: by a sum of many, in 5 % of cases at ln 10
as well, and hardly ever at ln 200.
"""

import math
from collections.abc import Collection, Sequence
from functools import lru_cache

from graph.policy.disclosure import Cell, DisclosureRules, Hidden, release_count
from graph.policy.portraits import likely_noise, with_noise

LEAST_PEER_SHARE = 0.01  # below, "five times as many as elsewhere" is about hardly anybody


def release_size(size: int, scale: float, rules: DisclosureRules) -> Cell:
    """One noisy count, on its own.

    Args:
        scale: of its noise.
    """
    return release_count(max(0, size), with_noise(rules, scale))


def release_noisy(
    sizes: Sequence[int], scales: Sequence[float], rules: DisclosureRules, *, whole_scale: float | None
) -> list[Cell]:
    """The parts of a whole, each person in one of them, with noise.

    A part is hidden where it is small or noise alone could make it, see `likely_noise`. What `release_parts`
    promises of counts holds with the noise taken into account: whoever subtracts what is shown from a whole
    is left with any value below its minimum for each hidden part, as far as noise lets them tell. A whole
    need not be large for that: `release_parts` would close a list of 200 categories to all merchants with
    fewer than 5,000 fans. Where nothing else helps, all parts are hidden, and what that says of one is
    bounded by its noise; so is what is left where cells that were made to fit (`consistent`) add up to just
    the whole that is told: a noisy number, never what is true.

    Args:
        sizes: in an order that does not depend on them; all parts that could occur, what is in none too.
        scales: of the noise in each.
        whole_scale: of the noise in the whole, which another question tells. None: the sum of these very
            numbers is told, so that noise does not blur a difference; then no part is hidden alone.
    """
    clipped = [max(0, int(size)) for size in sizes]
    minimums = [_minimum(float(scale), rules, len(clipped)) for scale in scales]
    hidden = _hidden(clipped, minimums, scales, whole_scale)
    return [_cell(size, hidden.get(at), rules) for at, size in enumerate(clipped)]


def enough_or_none(cells: Sequence[Cell], min_brackets: int) -> list[Cell]:
    """The cells of an attribute; none where so few are shown that everybody would be known to be alike."""
    if sum(cell.hidden is None for cell in cells) >= min_brackets:
        return list(cells)
    return [cell if cell.hidden else Cell(hidden=Hidden.COMPLEMENT) for cell in cells]


def settled(rows: Sequence[Sequence[Cell]], min_brackets: int) -> list[list[Cell]]:
    """Rows of a table whose columns' sums are told too, with what has to be hidden beside what is hidden.

    No row shows fewer than `min_brackets` cells, and no cell is hidden alone in its column: the last row that
    shows its cell gives it up too. Each of the two may give the other more to do.
    """
    told = [list(row) for row in rows]
    while True:
        before = told
        rows = [enough_or_none(row, min_brackets) for row in told]
        columns = [accompanied(column, last=True) for column in zip(*rows, strict=True)]
        told = [list(row) for row in zip(*columns, strict=True)]
        if told == before:
            return told


def accompanied(cells: Sequence[Cell], *, last: bool = False) -> list[Cell]:
    """The parts of a whole that is told as their sum; none is hidden alone.

    Two hidden ones leave a sum of two to whoever subtracts, and the noise in both.

    Args:
        last: the last shown one goes with it; else the smallest, as told.
    """
    shown = [at for at, cell in enumerate(cells) if cell.hidden is None]
    if not shown or len(shown) != len(cells) - 1:
        return list(cells)
    gone = shown[-1] if last else min(shown, key=lambda at: cells[at].v or 0)
    return [Cell(hidden=Hidden.COMPLEMENT) if at == gone else cell for at, cell in enumerate(cells)]


def release_portion(part: Cell, whole: Cell, max_share: float) -> Cell:
    """A share from what is told of both, in hundredths; `max_share` stands for that and more."""
    if part.v is None or whole.v is None:
        return Cell(hidden=part.hidden or whole.hidden)
    return Cell(min(max_share, round(part.v / whole.v, 2)))


def release_growth(now: Cell, before: Cell) -> Cell:
    """Relative change from what is told of both, 0.06 for 6 % more."""
    if now.v is None or before.v is None:
        return Cell(hidden=now.hidden or before.hidden)
    return Cell(round(now.v / before.v - 1, 2))


def peer_share(part: int, whole: int, scale: float, rules: DisclosureRules) -> float | None:
    """The share among all peers together; None where it would be of few people, or of noise alone.

    Args:
        scale: of the noise in `part`.
    """
    if part < _minimum(scale, rules) or whole < part:
        return None
    return round(part / whole, 3)


def index_of(share: Cell, peer: float | None) -> float | None:
    """How many times as large a share is as among peers, one decimal; None where either is not told."""
    if share.v is None or peer is None or peer < LEAST_PEER_SHARE:
        return None
    return round(share.v / peer, 1)


def _cell(size: int, hidden: Hidden | None, rules: DisclosureRules) -> Cell:
    return release_count(size, rules) if hidden is None else Cell(hidden=hidden)


@lru_cache(maxsize=10_000)
def _minimum(scale: float, rules: DisclosureRules, num_cells: int = 1) -> int:
    return with_noise(rules, scale, num_cells).min_group_size


def _hidden(
    sizes: Sequence[int], minimums: Sequence[int], scales: Sequence[float], whole_scale: float | None
) -> dict[int, Hidden]:
    """Which parts are hidden, and why; the argument is that of `disclosure._hidden_parts`.

    `blur` is how far noise alone moves what a subtraction gives. Small parts are left as they are where their
    sum, so far as it can be known, leaves each of them all values below its minimum: not less than the
    largest of these, and not more than the others could make without it. Else larger ones go too, the
    smallest first (even the order of noisy counts tells no more than they do), until the sum leaves a small
    part any value, with each larger one at its minimum but for the last.
    """
    hidden = {at: Hidden.MINIMUM for at, size in enumerate(sizes) if size < minimums[at]}
    most = [minimums[at] - 1 for at in hidden]
    total, blur = sum(sizes[at] for at in hidden), _blur(scales, hidden, whole_scale)
    if not hidden or max(most) - blur <= total <= sum(most) - max(most) + blur:
        return hidden
    taken, largest = 0, max(most)
    larger = sorted((at for at in range(len(sizes)) if at not in hidden), key=lambda at: (sizes[at], at))
    for at in larger:
        hidden[at] = Hidden.COMPLEMENT
        total, taken, largest = total + sizes[at], taken + minimums[at], max(largest, minimums[at] - 1)
        if total >= taken + largest - _blur(scales, hidden, whole_scale):
            return hidden
    return dict.fromkeys(hidden, Hidden.COMPLEMENT) if larger else hidden


def _blur(scales: Sequence[float], hidden: Collection[int], whole_scale: float | None) -> float:
    """How far noise moves a whole less its shown parts: as far as it moves a hidden part, or the others."""
    if whole_scale is None:
        return 0.0
    own = max((scales[at] for at in hidden), default=0.0)
    others = math.sqrt(whole_scale**2 + sum(scale**2 for at, scale in enumerate(scales) if at not in hidden))
    return likely_noise(len(scales)) * min(own, others)
