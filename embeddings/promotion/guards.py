"""What a version may not worsen, beside being more accurate: cold users, coverage, calibration."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.evaluation.bootstrap import paired
from embeddings.evaluation.ranking import TOP_K, Answers, Ranked, gains_of
from embeddings.metrics import coverage
from embeddings.touches import degrees, touches_of
from graph.schema import SCENES
from graph.snapshot import Snapshot

MIN_COLD = 20  # people; fewer say nothing
COVERAGE_KEPT = 0.9  # share of the coverage of the reference
CALIBRATION_LOST = 0.05  # added distance to what people join: one circle in twenty
BANDS = 3  # circles that hold the first, second and last third of all memberships
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Guard:
    """One comparison with what is served today: both figures, whether it is kept, and what was compared."""

    name: str
    ours: float
    reference: float
    kept: bool
    said: str

    def shown(self) -> dict[str, Any]:
        """For a report."""
        figures = {"ours": round(self.ours, 5), "reference": round(self.reference, 5)}
        return {"guard": self.name, **figures, "kept": self.kept, "about": self.said}


def guards_of(snapshot: Snapshot, asked: Answers, ours: Ranked, reference: Ranked) -> list[Guard]:
    """All guards, for the same people with both lists."""
    return [
        _cold(snapshot, asked, ours, reference),
        _coverage(snapshot, ours, reference),
        _calibration(snapshot, asked, ours, reference),
    ]


def _cold(snapshot: Snapshot, asked: Answers, ours: Ranked, reference: Ranked) -> Guard:
    members = degrees(touches_of(snapshot, half_life_days=1.0).members, 1)
    cold = np.where(asked.users >= 0, members[asked.users], 0) == 0
    mine, theirs = gains_of(ours, asked)[cold], gains_of(reference, asked)[cold]
    if cold.sum() < MIN_COLD:
        return Guard(
            "cold users", 0.0, 0.0, True, f"{int(cold.sum())} people without a circle: too few to tell"
        )
    found = paired(mine, theirs)
    said = f"ndcg@20 of {int(cold.sum())} people without a circle, difference {found.rounded()}"
    return Guard("cold users", float(mine.mean()), float(theirs.mean()), found.high >= 0, said)


def _coverage(snapshot: Snapshot, ours: Ranked, reference: Ranked) -> Guard:
    mine, theirs = (
        coverage(ranked.circles[:, :TOP_K], len(snapshot.circles)) for ranked in (ours, reference)
    )
    said = f"share of circles in any list; at least {COVERAGE_KEPT:g} of the reference"
    return Guard("coverage", mine, theirs, mine >= COVERAGE_KEPT * theirs, said)


def _calibration(snapshot: Snapshot, asked: Answers, ours: Ranked, reference: Ranked) -> Guard:
    cell = cells_of(snapshot)
    mine, theirs = (
        miscalibration(ranked.circles[:, :TOP_K], asked.circles, cell) for ranked in (ours, reference)
    )
    said = (
        f"distance of what is shown to what people join; at most {CALIBRATION_LOST:g} more than the reference"
    )
    return Guard("calibration", mine, theirs, mine <= theirs + CALIBRATION_LOST, said)


def cells_of(snapshot: Snapshot) -> Int64:
    """A cell for each circle: its scene and how popular it is; int64 (num_circles,).

    Popularity has BANDS bands that hold an equal share of memberships: few large circles, many small ones.
    """
    members = degrees(touches_of(snapshot, half_life_days=1.0).members, 0)
    order = np.argsort(-members, kind="stable")
    before = np.cumsum(members[order]) - members[order]
    band = np.empty(len(members), dtype=np.int64)
    band[order] = np.minimum(before * BANDS // max(1, int(members.sum())), BANDS - 1)
    scene = np.asarray(snapshot.circle_scene, dtype=np.int64)
    return np.where(scene >= 0, scene, len(SCENES)) * BANDS + band


def miscalibration(shown: Int64, joined: Int64, cell: Int64) -> float:
    """Total variation distance between the cells that are shown and those that people join; 0 to 1.

    Args:
        shown: (num_lists, top_k), circle rows, -1 where a list has ended. joined: circle rows.
        cell: int64 (num_circles,).

    Source: calibrated recommendations, Steck 2018, with cells of scene and popularity for genres.
    """
    if not len(joined) or not (shown >= 0).any():
        return 1.0
    width = int(cell.max()) + 1
    one, two = (np.bincount(cell[rows], minlength=width) for rows in (shown[shown >= 0], joined))
    return float(np.abs(one / one.sum() - two / two.sum()).sum() / 2)
