"""Real campaigns, one after the other: does our order of the invited put those who accept first?

For each campaign only what was known before it began is read: payments, and how the invited of earlier
campaigns had answered by then. A logistic model of the features of a theme learns from those answers; before
there are enough of them, own evidence in the theme and activity order people.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from embeddings.evaluation.bootstrap import RESAMPLES
from embeddings.invitations.features import NAMES, SIGNS, features_of, ground_of
from embeddings.invitations.peers import best_of, look_alike, profile_alike, profiles_of
from embeddings.invitations.theme import Bool, Float64, Int64, meaning_of, payments_in, public
from embeddings.links.measures import auc
from embeddings.links.models import Logistic
from graph.snapshot import Snapshot
from graph.stores.base import ThemeTarget

OURS = "circles"
PEERS = ("popularity", "theme-spend", "look-alike", "look-alike-by-category", "earlier-acceptances")
MIN_ACCEPTED = 20
_FAST, _ACTIVE = NAMES.index("decayed_30"), NAMES.index("all_decayed_30")


@dataclass(frozen=True)
class Sent:
    """One campaign: whom it invited and when each accepted, epoch seconds; the snapshot as it began.

    theme: what it is about.
    """

    circle_id: str
    started_at: int
    invited: Sequence[str]
    accepted_at: Mapping[str, int]
    snapshot: Snapshot
    theme: Sequence[ThemeTarget]


@dataclass(frozen=True)
class _Told:
    """What is known of everybody as a campaign begins; rows are users of its snapshot, `at` the invited."""

    sent: Sent
    at: Int64
    accepted: Bool
    features: Float64
    peers: Mapping[str, Float64]


def evaluate_campaigns(campaigns: Iterable[Sent], *, seed: int = 0) -> dict[str, Any]:
    """Order the invited of each campaign, the earliest first, by ours and by each peer.

    Returns:
        `{"campaigns", "invited", "accepted", "left_out", "methods": [{"name", "metrics", "against_ours"}]}`;
        auc: mean over those who accepted of the share of the others of the same campaign who rank below, ties
        counting half; auc_by_campaign: mean over campaigns. Campaigns without payments before them, or
        where all or none accepted, are left out.
    """
    told: list[_Told] = []
    scores: list[dict[str, Float64]] = []
    left_out = 0
    for sent in campaigns:
        one = _told(sent)
        if one is None:
            left_out += 1
            continue
        ours = _score(one, [t for t in told if t.sent.started_at < sent.started_at])
        told.append(one)
        scores.append({OURS: ours, **one.peers})
    return _compared(told, scores, seed) | {"left_out": left_out}


def _told(sent: Sent) -> _Told | None:
    accepted = np.array([user in sent.accepted_at for user in sent.invited], dtype=bool)
    known = public(sent.snapshot)
    if not accepted.any() or accepted.all() or not (known.bought.num_edges or known.paid.num_edges):
        return None
    ground = ground_of(known)
    meaning = meaning_of(known, [sent.theme])
    spend = payments_in(known, meaning)[:, 0]
    edges = known.bought if known.bought.num_edges else known.paid
    peers = {
        "popularity": np.bincount(edges.rows(), edges.columns["payments"], len(known.users)).astype(
            np.float64
        ),
        "theme-spend": spend,
        "look-alike": look_alike(ground, spend > 0),
        "look-alike-by-category": profile_alike(profiles_of(ground), spend > 0),
        "earlier-acceptances": np.diff(known.members.indptr).astype(np.float64),
    }
    at = known.users.find_all(sent.invited)
    return _Told(sent, at, accepted, features_of(ground, meaning)[:, 0], peers)


def _score(now: _Told, earlier: Sequence[_Told]) -> Float64:
    """Log-odds, or an order, of everybody."""
    answers = [
        np.array([t.sent.accepted_at.get(user, np.inf) < now.sent.started_at for user in t.sent.invited])
        for t in earlier
    ]
    if sum(int(labels.sum()) for labels in answers) < MIN_ACCEPTED:
        return np.asarray(now.features[:, _FAST] + now.features[:, _ACTIVE])
    rows = np.concatenate([t.features[t.at] for t in earlier]).astype(np.float32)
    labels = np.concatenate(answers).astype(np.float64)
    model = Logistic.fit(rows, labels, np.ones(len(labels)), list(SIGNS.values()))
    return model(now.features.astype(np.float32))


def _compared(told: Sequence[_Told], scores: Sequence[Mapping[str, Float64]], seed: int) -> dict[str, Any]:
    names = (OURS, *PEERS)
    ranks = {name: _ranks(told, [s[name] for s in scores]) for name in names}
    numbers = [int(t.accepted.sum()) for t in told]
    of_campaign = np.repeat(np.arange(len(told)), numbers)
    people = [user for t in told for user, yes in zip(t.sent.invited, t.accepted, strict=True) if yes]
    of_person = np.unique(np.array(people, dtype=str), return_inverse=True)[1].astype(np.int64)
    methods = []
    for name in names:
        each = [auc(t.accepted, s[name][t.at]) for t, s in zip(told, scores, strict=True)]
        metrics = {"auc": _mean(ranks[name]), "auc_by_campaign": _mean(np.array(each))}
        row: dict[str, Any] = {"name": name, "metrics": metrics | _precisions(told, scores, name)}
        if name != OURS:
            difference = ranks[OURS] - ranks[name]
            row["against_ours"] = {
                "difference": _mean(difference),
                "interval_households": clustered(difference, of_person, seed),
                "interval_campaigns": clustered(difference, of_campaign, seed),
            }
        methods.append(row)
    return {
        "campaigns": len(told),
        "invited": sum(len(t.at) for t in told),
        "accepted": int(sum(t.accepted.sum() for t in told)),
        "methods": methods,
    }


def _ranks(told: Sequence[_Told], scores: Sequence[Float64]) -> Float64:
    """For each acceptance, the share of the others of its campaign who rank below, ties counting half."""
    out = []
    for one, values in zip(told, scores, strict=True):
        mine = values[one.at]
        others = np.sort(mine[~one.accepted])
        below, upto = (np.searchsorted(others, mine[one.accepted], side=side) for side in ("left", "right"))
        out.append((below + upto) / 2 / len(others))
    return np.concatenate(out) if out else np.zeros(0)


def _precisions(
    told: Sequence[_Told], scores: Sequence[Mapping[str, Float64]], name: str
) -> dict[str, float]:
    """Acceptances among as many of everybody as were invited, and among as many invited as accepted.

    Whoever was not invited could not accept: the former is low for every order, and compares them only.
    """
    invited = accepted = hits = found = 0
    for one, values in zip(told, scores, strict=True):
        everybody = np.ones(len(values[name]), dtype=bool)
        chosen = best_of(values[name], everybody, len(one.at))
        hits += int(np.isin(one.at[one.accepted], chosen).sum())
        invited += len(one.at)
        number = int(one.accepted.sum())
        found += int(one.accepted[best_of(values[name][one.at], everybody[one.at], number)].sum())
        accepted += number
    return {
        "precision_at_invited": round(hits / max(1, invited), 4),
        "precision_at_accepted": round(found / max(1, accepted), 4),
    }


def clustered(values: Float64, cluster: Int64, seed: int) -> list[float]:
    """95 % interval of the mean, where values of one cluster (a household, a campaign) are drawn together."""
    if not len(values):
        return [0.0, 0.0]
    at = np.unique(cluster, return_inverse=True)[1]
    sums, sizes = np.bincount(at, values), np.bincount(at)
    drawn = np.random.default_rng([seed, 15]).multinomial(
        len(sums), np.full(len(sums), 1 / len(sums)), size=RESAMPLES
    )
    means = (drawn @ sums) / np.maximum(drawn @ sizes, 1)
    return [round(float(end), 4) for end in np.quantile(means, [0.025, 0.975])]


def _mean(values: Float64) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0
