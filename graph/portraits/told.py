"""Which cells of a portrait are shown, question by question; pure, from noisy counts alone.

A question is told for all fans, and for each closeness; cells of the three closenesses are parts of the same
whole, so that each is shown only where it may be beside the other two as well.
"""

import math
from collections.abc import Sequence

import numpy as np

from graph.policy.disclosed_portraits import (
    accompanied,
    enough_or_none,
    release_noisy,
    release_size,
    settled,
)
from graph.policy.disclosure import Cell, Hidden
from graph.policy.portraits import CLOSENESS, STANDING
from graph.policy.values import Policy
from graph.portraits.body import Body, Int64
from graph.portraits.groups import Group, count_groups, places_of


def tell_nobody(policy: Policy) -> Cell:
    """What is told of a group that nobody is in: the same as of any small one."""
    return release_size(0, 1.0, policy.disclosure)


def tell_standing(body: Body, policy: Policy) -> dict[str, Cell]:
    """Near, mid, far and lost, as parts of everybody who came in either window."""
    scales = [body.scale("standing")] * len(STANDING)
    sizes = body.counts["standing"].tolist()
    cells = release_noisy(sizes, scales, policy.disclosure, whole_scale=None)
    return dict(zip(STANDING, cells, strict=True))


def tell_people(body: Body, policy: Policy, closeness: str | None = None) -> Cell:
    """Fans in the window: all, or those of one closeness."""
    if closeness is not None:
        return tell_standing(body, policy)[closeness]
    return release_size(body.people, _in_all(body), policy.disclosure)


def tell_before(body: Body, policy: Policy) -> Cell:
    """Fans in the window before: who was not new in this one, and who came no more."""
    counts = body.counts["standing"]
    size = int(counts.sum() - counts[STANDING.index("far")])
    return release_size(size, body.scale("standing") * math.sqrt(len(STANDING) - 1), policy.disclosure)


def tell_kept(body: Body, policy: Policy) -> Cell:
    """Fans of the window before who came again."""
    size = int(body.counts["standing"][[CLOSENESS.index("near"), CLOSENESS.index("mid")]].sum())
    return release_size(size, body.scale("standing") * math.sqrt(2), policy.disclosure)


def tell_cells(body: Body, question: str, policy: Policy, closeness: str | None = None) -> list[Cell]:
    """The cells of a question with rows by closeness, in the order of its labels; the last may be "none".

    All are hidden where fewer than `min_brackets` are shown.
    """
    num_cells = body.counts[question].size // len(CLOSENESS)
    return _cells(body, question, policy, closeness, [list(range(num_cells))])


def tell_interests(
    body: Body, policy: Policy, scenes: Sequence[str | None], closeness: str | None = None
) -> list[Cell]:
    """Cells of `interests`, one for each category; parts of their scene, whose size is told as well."""
    return _cells(body, "interests", policy, closeness, list(places_of(scenes).values()))[:-1]


def tell_groups(body: Body, policy: Policy, scenes: Sequence[str | None]) -> dict[str, Cell]:
    """Groups by id: closeness and scene; none of a closeness that is hidden itself."""
    groups, standing = count_groups(body, scenes), tell_standing(body, policy)
    told = {}
    for closeness, sizes, scales in zip(CLOSENESS, groups.sizes, groups.scales, strict=True):
        cells = release_noisy(
            sizes.tolist(), scales.tolist(), policy.disclosure, whole_scale=body.scale("standing")
        )
        for scene, cell in zip(groups.scenes, cells, strict=True):
            told[Group(closeness, scene).id] = (
                cell if standing[closeness].hidden is None else standing[closeness]
            )
    return told


def tell_scenes(
    body: Body, policy: Policy, scenes: Sequence[str | None], closeness: str | None = None
) -> dict[str, Cell]:
    """Fans by the scene of their leading interest: of one closeness, or all.

    A scene of all fans is hidden where a single group of it is: it would be what is left.
    """
    groups = tell_groups(body, policy, scenes)
    if closeness is not None:
        return {scene: groups[Group(closeness, scene).id] for scene in places_of(scenes)}
    found = count_groups(body, scenes)
    noise = np.sqrt((found.scales**2).sum(axis=0))
    sizes = found.sizes.sum(axis=0)
    cells = release_noisy(sizes.tolist(), noise.tolist(), policy.disclosure, whole_scale=_in_all(body))
    num_hidden = [
        sum(groups[Group(near, scene).id].hidden is not None for near in CLOSENESS) for scene in found.scenes
    ]
    return {
        scene: Cell(hidden=Hidden.COMPLEMENT) if alone == 1 and cell.hidden is None else cell
        for scene, cell, alone in zip(found.scenes, cells, num_hidden, strict=True)
    }


def tell_rising(body: Body, policy: Policy) -> list[Cell]:
    """Fans for whom each category was drawn, among those they bought in the last closed period."""
    row, scale = body.counts["rising"].tolist(), body.scale("rising")
    return release_noisy(row, [scale] * len(row), policy.disclosure, whole_scale=scale)[:-1]


def _cells(
    body: Body, question: str, policy: Policy, closeness: str | None, wholes: Sequence[Sequence[int]]
) -> list[Cell]:
    """Cells of all fans or of one closeness; none is larger than the number of people it is among.

    A cell of all fans adds up three, but of counts that were made to fit (`consistent`), which takes more
    noise away than that brings: it is judged as one cell is.

    Args:
        wholes: places of the cells that are parts of one whole; a place in none of them is hidden.
    """
    counts, scale = body.counts[question].reshape(len(CLOSENESS), -1), body.scale(question)
    if closeness is None:
        sizes = np.minimum(counts.sum(axis=0), body.people)
        cells = _released(sizes, scale, policy, wholes, whole_scale=_in_all(body))
        return enough_or_none(accompanied(cells), policy.portraits.min_brackets)
    rows = []
    for at, whole in enumerate(list(tell_standing(body, policy).values())[: len(CLOSENESS)]):
        sizes = np.minimum(counts[at], body.counts["standing"][at])
        row = accompanied(_released(sizes, scale, policy, wholes, whole_scale=body.scale("standing")))
        rows.append(row if whole.hidden is None else [whole] * len(row))
    return settled(rows, policy.portraits.min_brackets)[CLOSENESS.index(closeness)]


def _released(
    sizes: Int64, scale: float, policy: Policy, wholes: Sequence[Sequence[int]], *, whole_scale: float
) -> list[Cell]:
    cells = [tell_nobody(policy)] * len(sizes)
    for places in wholes:
        noise = [scale] * len(places)
        told = release_noisy(sizes[places].tolist(), noise, policy.disclosure, whole_scale=whole_scale)
        for place, cell in zip(places, told, strict=True):
            cells[place] = cell
    return cells


def _in_all(body: Body) -> float:
    """Noise in the number of all fans."""
    return body.scale("standing") * math.sqrt(len(CLOSENESS))
