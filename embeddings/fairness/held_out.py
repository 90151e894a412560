"""Exposure and calibration of lists, on what people joined after the cut."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from embeddings.evaluation.ranking import Answers, Ranked
from embeddings.fairness.groups import by_activity, by_city
from embeddings.fairness.ratios import Float64, compared, foretold, per_person
from graph.snapshot import Snapshot

MIN_PEOPLE = 20  # of a group; a ratio of fewer says little, and may tell of somebody
EXPOSURE, CALIBRATION = "circles listed a head", "circles joined beside those foretold"


def fairness_of(
    ranked: Ranked,
    asked: Answers,
    snapshot: Snapshot,
    *,
    top_k: int = 10,
    cities: Mapping[str, str | None] | None = None,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """A line for each group: see `ratios.compared`. Only people whom the snapshot knows count.

    Args:
        ranked: scored lists of whom was asked. cities: user id -> city, where it is known.
    """
    known = np.flatnonzero(asked.users >= 0)
    users, shown = asked.users[known], ranked.circles[known, :top_k]
    came = _joined(ranked, asked, len(snapshot.circles))[known, :top_k]
    people, places = np.nonzero(shown >= 0)
    scores = ranked.scores[known, :top_k][people, places].astype(np.float64)
    joined = came[people, places].astype(np.float64)
    listed, everybody = np.ones(len(people)), np.ones(len(known))
    num = len(known)
    measures = {
        EXPOSURE: (per_person(people, listed, num), everybody),
        CALIBRATION: (per_person(people, joined, num), per_person(people, foretold(scores, joined), num)),
    }
    groupings = [by_activity(_payments(snapshot)[users])]
    if cities:
        groupings.append(
            by_city([cities.get(snapshot.users[row]) for row in users.tolist()], min_people=MIN_PEOPLE)
        )
    return compared(groupings, measures, min_people=MIN_PEOPLE, seed=seed)


def _joined(ranked: Ranked, asked: Answers, num_circles: int) -> Float64:
    """1 where a listed circle was joined, the shape of the lists."""
    wanted = np.sort(asked.rows * num_circles + asked.circles)
    rows = np.arange(len(ranked.circles))[:, None] * num_circles
    keys = np.where(ranked.circles >= 0, rows + ranked.circles, -1)
    return np.isin(keys, wanted).astype(np.float64)


def _payments(snapshot: Snapshot) -> Float64:
    """Payments of each person, or where nobody paid, memberships."""
    edges = snapshot.paid if snapshot.paid.num_edges else snapshot.members
    counts = edges.columns["payments"] if snapshot.paid.num_edges else None
    return np.bincount(edges.rows(), counts, len(snapshot.users)).astype(np.float64)
