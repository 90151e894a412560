"""May a version be promoted? It has to beat the simple and the usual on what people joined after its cut.

The version is judged by its own arrays; the rivals are fitted and tuned on the very snapshot it was trained
on. A difference counts when its bootstrap interval over people lies above zero. Then the guards, and whether
the version knew the future. Whatever comes out is a report that is kept with the version.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.baselines import Method
from embeddings.batch import BatchScorer
from embeddings.evaluation.bootstrap import Interval, paired
from embeddings.evaluation.methods import method_of
from embeddings.evaluation.ranking import (
    TOP_K,
    Answers,
    Ranked,
    answers_of,
    gains_of,
    metrics_of,
    ranked_lists,
)
from embeddings.fairness.held_out import fairness_of
from embeddings.model import Float32
from embeddings.peers.sight import has_behaviour
from embeddings.promotion.guards import Guard, guards_of
from embeddings.promotion.leaks import DAY_S, leaks_of
from embeddings.registry import Version
from embeddings.touches import touches_of
from embeddings.tuning import Progress, silent
from graph.snapshot import Snapshot

MIN_PEOPLE = 50  # with fewer, an interval of ndcg@20 is wider than any difference that was ever measured
RIVALS = ("popularity", "item-knn", "ease", "als")
BUDGET_S = 120.0  # for each rival


@dataclass
class Report:
    """What was looked at. reasons: why not, in words; empty means that the version passes.

    fairness: what groups of people get, see `embeddings.fairness`; for information, it decides nothing.
    """

    version: str
    people: int
    reasons: list[str] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    rivals: list[dict[str, Any]] = field(default_factory=list)
    reference: str = "popularity"
    guards: list[Guard] = field(default_factory=list)
    fairness: list[dict[str, Any]] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.reasons

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "version": self.version,
            "passed": self.passed,
            "reasons": self.reasons,
            "people": self.people,
            "metrics": self.metrics,
            "rivals": self.rivals,
            "reference": self.reference,
            "guards": [guard.shown() for guard in self.guards],
            "fairness": self.fairness,
        }


class OfVersion:
    """A published version behind the interface of every method."""

    def __init__(self, version: Version) -> None:
        self.name = version.name
        self._scorer, self._half_life_days = BatchScorer(version.model), version.model.half_life_s / DAY_S

    def fit(self, snapshot: Snapshot) -> None:
        self._touches = touches_of(snapshot, half_life_days=self._half_life_days)

    def scores(self, users: npt.NDArray[np.int64]) -> Float32:
        return self._scorer.scores(self._touches.rows(users))


def later_memberships(trained: Snapshot, now: Snapshot) -> dict[str, set[str]]:
    """What people joined after the cut, and had not joined or turned down before: user id -> circle ids.

    Circles and people that the trained snapshot does not have are left out: no method could know them.
    """
    members, times = now.members, np.asarray(now.members.columns["joined_at"], dtype=np.int64)
    late = times > trained.as_of
    users = trained.users.find_all([now.users[row] for row in members.rows()[late].tolist()])
    circles = trained.circles.find_all([now.circles[row] for row in members.indices[late].tolist()])
    out: dict[str, set[str]] = {}
    for user, circle in zip(users.tolist(), circles.tolist(), strict=True):
        if user < 0 or circle < 0:
            continue
        if circle not in trained.members.row(user) and circle not in trained.dismissed.row(user):
            out.setdefault(trained.users[user], set()).add(trained.circles[circle])
    return out


def judge(
    version: Version,
    trained: Snapshot,
    known: Snapshot,
    later: Mapping[str, Collection[str]],
    *,
    served: Version | None = None,
    cities: Mapping[str, str | None] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """Look at everything and say what speaks against a version.

    Args:
        trained: the snapshot it was trained on. known: the graph at the same moment, cut again.
        later: user id -> circles joined after the cut, see `later_memberships`.
        served: the promoted version that is served today, for the guards; popularity when there is none.
        cities: user id -> city, for what groups of people get.
    """
    report = Report(version.name, len(later))
    report.reasons += leaks_of(version, trained, known)
    if len(later) < MIN_PEOPLE:
        report.reasons.append(
            f"only {len(later)} people joined a circle after the version was cut, at least {MIN_PEOPLE} are "
            "needed; wait, or train on an earlier cut: circles snapshot --as-of DATE"
        )
    if report.reasons:
        return report
    asked = answers_of(trained, later)
    ours = _ranked(OfVersion(version), trained, asked)
    report.metrics = metrics_of(ours, asked, trained)
    report.fairness = fairness_of(ours, asked, trained, cities=cities, seed=seed)
    lists = {name: _ranked(rival, trained, asked) for name, rival in _rivals(trained, seed, progress)}
    for name, ranked in lists.items():
        difference = paired(gains_of(ours, asked), gains_of(ranked, asked), seed=seed)
        report.rivals.append(_compared(name, difference, metrics_of(ranked, asked, trained)))
        if difference.low <= 0:
            report.reasons.append(f"does not beat {name}: ndcg@20 differs by {difference.rounded()}")
    reference = lists["popularity"] if served is None else published_lists(served, trained, asked)
    report.reference = "popularity" if served is None else served.name
    report.guards = guards_of(trained, asked, ours, reference)
    report.reasons += [f"worsens {guard.name}: {guard.said}" for guard in report.guards if not guard.kept]
    return report


def _rivals(trained: Snapshot, seed: int, progress: Progress) -> list[tuple[str, Method]]:
    names = (*RIVALS, "fastrp-knn-joint" if has_behaviour(trained) else "fastrp-knn")
    out = []
    for done, name in enumerate(names):
        progress("rivals", done, len(names))
        out.append((name, method_of(name, seed=seed, budget_s=BUDGET_S)))
    progress("rivals", len(names), len(names))
    return out


def _ranked(method: Method, trained: Snapshot, asked: Answers) -> Ranked:
    method.fit(trained)
    return ranked_lists(method, trained, asked.users, TOP_K)


def _compared(name: str, difference: Interval, metrics: Mapping[str, float]) -> dict[str, Any]:
    return {
        "name": name,
        "ndcg@20": metrics["ndcg@20"],
        "recall@20": metrics["recall@20"],
        "difference": round(difference.mean, 5),
        "interval": difference.rounded(),
        "beaten": difference.low > 0,
    }


def published_lists(served: Version, trained: Snapshot, asked: Answers) -> Ranked:
    """What a version has published for these people, as circle rows of the snapshot."""
    row_of = trained.circles.find_all(list(served.circles))
    circles = np.full((len(asked.users), TOP_K), -1, dtype=np.int64)
    scores = np.full(circles.shape, -np.inf, dtype=np.float32)
    for place, user in enumerate(asked.users.tolist()):
        published = served.list_of(trained.users[user]) if user >= 0 else None
        if published is None:
            continue
        rows = row_of[published[0]]
        offered = (rows >= 0) & ~np.isin(rows, trained.members.row(user))
        rows, values = rows[offered][:TOP_K], published[1][offered][:TOP_K]
        circles[place, : len(rows)], scores[place, : len(rows)] = rows, values
    return Ranked(circles, scores)
