"""Are promises kept? Categories as circles: who of the invited buys in the category afterwards.

Every method invites from the same people by what is known at the same moment. Peers that are given nothing to
choose a size by (look-alikes, theme-spend) get the circles and the sizes of ours.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.evaluation.names import check_lists, check_names
from embeddings.invitations.features import Ground
from embeddings.invitations.fit import MIN_FITS, shares_of, teaches
from embeddings.invitations.lists import write_lists
from embeddings.invitations.peers import best_of, look_alike, profile_alike, profiles_of
from embeddings.invitations.plan import TRAIN_SHARE, Asked, Case, Plan, cases, learn, planned
from embeddings.invitations.question import Question
from embeddings.invitations.theme import (
    Bool,
    Float64,
    Int64,
    Themes,
    category_themes,
    fits_between,
    meaning_of,
    payments_in,
)
from embeddings.links.measures import auc
from embeddings.tuning import Progress, silent
from graph.errors import InputError
from graph.policy.certificates import binomial_tail, certify

OURS, SMALLER = "circles", "circles-smaller-promise"
PROBABILITY, ONE, SPEND = "model-threshold", "one-threshold", "theme-spend"
ALIKE, PROFILE = "look-alike", "look-alike-by-category"
METHODS = (OURS, SMALLER, PROBABILITY, ONE, ALIKE, PROFILE, SPEND)
SIGNIFICANT = 0.05
BLOCK = 64  # themes whose features are in memory at once
Audiences = Mapping[int, Int64]  # circle -> users invited


@dataclass(frozen=True)
class _Asked:
    """Everything that is asked of the methods.

    names: of the circles, which are categories. later: bool (num_users of now, num_circles), who fits.
    """

    question: Question
    names: Sequence[str]
    themes: Themes
    cases: Sequence[Case]
    plans: Sequence[Plan]
    later: Bool
    now: Ground
    promise: Asked


def evaluate_invitations(
    question: Question,
    *,
    target: float,
    confidence: float,
    seed: int = 0,
    min_audience: int = 100,
    methods: Sequence[str] | None = None,
    lists: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Plan an audience for each category and count who fits.

    Args:
        target, confidence: of the promise; delta is divided over all circles asked about.
        min_audience: people below which an audience is refused, as the service does; 1 or more.
        lists: Parquet file for our answers: circle_id, user_id, score, certified.

    Returns:
        `{"seed", "asked", "methods": [{"name", "metrics"}], "circles": [...]}`; circles are those served.

    Raises:
        InputError: a method is unknown, or no category has outcomes enough.
    """
    names = tuple(methods) if methods is not None else METHODS
    check_names(names, METHODS)
    check_lists(lists, names, OURS)
    begin, cpu = time.perf_counter(), time.process_time()
    asked = _asked(question, target, confidence, seed, min_audience, progress)
    spent = {
        "fit_cpu_seconds": round(time.process_time() - cpu, 2),
        "fit_seconds": round(time.perf_counter() - begin, 2),
    }
    if lists is not None:
        write_lists(lists, question.now.users, asked.names, asked.plans, asked.cases)
    audiences = _audiences(asked)
    rows = [_figures(name, audiences, asked) for name in names]
    rows[0] |= spent
    return {
        "seed": seed,
        "target": target,
        "confidence": confidence,
        "asked": _about(asked),
        "methods": rows,
        "circles": [_served(asked, circle) for circle in audiences[OURS]],
    }


def _asked(
    question: Question, target: float, confidence: float, seed: int, min_audience: int, progress: Progress
) -> _Asked:
    before, named = question.before, category_themes(question.before)
    fits = fits_between(before, question.since, list(named.values()))
    people = question.judged & (shares_of(before.users, seed) < TRAIN_SHARE)
    able = np.flatnonzero(teaches(fits, people))
    if not len(able):
        raise InputError(
            f"no category has {MIN_FITS} people of the training part who buy in it in the window before; "
            "is the cut, or the folder, right?"
        )
    names = [list(named)[at] for at in able]
    themes = [named[name] for name in names]
    learned = learn(before, question.now, seed=seed, since=question.since)
    found: list[Case] = []
    for start in range(0, len(able), BLOCK):
        progress("circles", start, len(able))
        block = slice(start, start + BLOCK)
        after = fits[:, able[block]]
        found += cases(learned, after, themes[block], question.invited, question.judged)
    promise = Asked(target, confidence, len(able), question.reserve)
    made = [_large_enough(planned(case, promise, seed), min_audience) for case in found]
    later = fits_between(question.now, question.later, themes)
    return _Asked(question, names, themes, found, made, later, learned.now, promise)


def _large_enough(plan: Plan, min_audience: int) -> Plan:
    """A plan as it is, or without people where it would tell who is in it."""
    if plan.method == "pilot" or len(plan.users) >= min_audience:
        return plan
    empty = plan.users[:0]
    return replace(plan, users=empty, scores=plan.scores[:0], certificate=None, strongest=None, method="none")


def _audiences(asked: _Asked) -> dict[str, Audiences]:
    """Method -> circle -> whom it invites; circles that it serves only."""
    promise, invited = asked.promise, asked.question.invited
    ours = {i: plan.users for i, plan in enumerate(asked.plans) if plan.certificate and len(plan.users)}
    smaller = {i: p.users for i, p in enumerate(asked.plans) if p.method == "strongest" and len(p.users)}
    pooled = certify(
        np.concatenate([case.proved for case in asked.cases]),
        np.concatenate([case.fits for case in asked.cases]),
        target=promise.target,
        confidence=promise.confidence,
        circles_tested=1,
        reserve=promise.reserve,
    )
    spend = payments_in(asked.now.snapshot, meaning_of(asked.now.snapshot, asked.themes))
    profiles = profiles_of(asked.now)
    alike = {circle: look_alike(asked.now, spend[:, circle] > 0) for circle in ours}
    profile = {circle: profile_alike(profiles, spend[:, circle] > 0) for circle in ours}
    return {
        OURS: ours,
        SMALLER: smaller,
        PROBABILITY: _above([case.scores for case in asked.cases], promise.target, invited),
        ONE: _above([case.scores for case in asked.cases], pooled.threshold, invited) if pooled else {},
        ALIKE: {i: best_of(alike[i], invited, len(users)) for i, users in ours.items()},
        PROFILE: {i: best_of(profile[i], invited, len(users)) for i, users in ours.items()},
        SPEND: {i: best_of(spend[:, i], invited, len(users)) for i, users in ours.items()},
    }


def _above(scores: Sequence[Float64], threshold: float, invited: Bool) -> Audiences:
    found = ((i, np.flatnonzero(invited & (values >= threshold))) for i, values in enumerate(scores))
    return {i: users for i, users in found if len(users)}


def _figures(name: str, audiences: Mapping[str, Audiences], asked: _Asked) -> dict[str, Any]:
    chosen = audiences[name]
    sizes = {circle: len(users) for circle, users in chosen.items()}
    fits = {circle: int(asked.later[users, circle].sum()) for circle, users in chosen.items()}
    targets = {
        circle: _target(asked, circle) if name == SMALLER else asked.promise.target for circle in chosen
    }
    low = [c for c in chosen if binomial_tail(fits[c], sizes[c], targets[c]) < SIGNIFICANT]
    audience, served = sum(sizes.values()), list(chosen)
    invited = asked.question.invited
    metrics = {
        "circles_tested": len(asked.names),
        "circles_served": len(chosen),
        "audience": audience,
        "pooled_fit": _share(sum(fits.values()), audience),
        "pooled_target": _share(sum(targets[c] * sizes[c] for c in chosen), audience),
        "base_rate": round(float(asked.later[invited][:, served].mean()), 4) if served else None,
        "circles_below": sum(fits[c] < targets[c] * sizes[c] for c in chosen),
        "circles_significantly_below": len(low),
        "worst_fit": min((round(fits[c] / sizes[c], 4) for c in chosen), default=None),
    }
    return {"name": name, "metrics": metrics, "significantly_below": [asked.names[c] for c in low]}


def _target(asked: _Asked, circle: int) -> float:
    found = asked.plans[circle].strongest
    return found.target if found else 0.0


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _mean(values: Sequence[float]) -> float | None:
    """Of what could be told; None where nothing could."""
    known = [value for value in values if not np.isnan(value)]
    return round(float(np.mean(known)), 4) if known else None


def _served(asked: _Asked, circle: int) -> dict[str, Any]:
    """One circle that we serve: the promise, and what came of it."""
    plan = asked.plans[circle]
    assert plan.certificate is not None
    return {
        "circle_id": asked.names[circle],
        "calibration": plan.certificate.num_calibration,
        "calibration_fit": round(plan.certificate.num_fits / plan.certificate.num_calibration, 4),
        "threshold": round(plan.certificate.threshold, 5),
        "trend": round(plan.trend, 3),
        "audience": len(plan.users),
        "fit": round(float(asked.later[plan.users, circle].mean()), 4),
        "base_rate": round(float(asked.later[asked.question.invited, circle].mean()), 4),
    }


def _about(asked: _Asked) -> dict[str, Any]:
    """Who was asked for what, and how good scores are on everybody that may be invited."""
    invited = asked.question.invited
    scores = np.stack([case.scores[invited] for case in asked.cases], axis=1)
    later = asked.later[invited]
    each = [auc(later[:, i], scores[:, i]) for i in range(scores.shape[1])]
    return {
        "users": int(invited.sum()),
        "circles": len(asked.names),
        "base_rate": round(float(later.mean()), 4),
        "auc": _mean([auc(later.ravel(), scores.ravel())]),
        "auc_within_circles": _mean(each),
        "ece": round(calibration_error(scores.ravel(), later.ravel()), 4),
        "no_promise": {
            lack: sum(p.explanation is not None and p.explanation.lack == lack for p in asked.plans)
            for lack in sorted({p.explanation.lack.value for p in asked.plans if p.explanation})
        },
    }


def calibration_error(claimed: Float64, fits: Bool, num_bins: int = 10) -> float:
    """Mean distance of claim and observation over bins of equal size, weighted by size."""
    order = np.argsort(claimed, kind="stable")
    parts = (part for part in np.array_split(order, num_bins) if len(part))
    return sum(len(p) * abs(float(claimed[p].mean() - fits[p].mean())) for p in parts) / max(1, len(order))
