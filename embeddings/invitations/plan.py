"""Whom to invite to a theme, and what may be promised of them.

People are put into a part for training and one for calibration by a hash. The model learns what people of
training did between two snapshots; people of calibration, whom it never saw, prove a threshold; those who
score as high now are the audience. A theme that is bought less and less gets no promise, and a part of the
allowed misfits is kept back: seasons change fits between windows, and no calibration on the past can prove
otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from embeddings.invitations.drift import Reference, reference_of
from embeddings.invitations.features import Ground, features_of, ground_of
from embeddings.invitations.fit import FitModel, rates_of, shares_of, teaches, train
from embeddings.invitations.theme import (
    Bool,
    Float64,
    Int64,
    Themes,
    category_themes,
    evidence_of,
    fits_between,
    meaning_of,
)
from graph.policy.certificates import Certificate, Explanation, Lack, certify, explain, strongest
from graph.schema import Purpose
from graph.snapshot import Snapshot
from graph.stores.base import ThemeTarget

TRAIN_SHARE = 1 / 3
PILOT = 50
# Chosen on the demonstration data, targets of .5 to .8, three pairs of windows from March to October: without
# the two, 1 to 3 of 45 circles at .7 fell below their promise (fruit, ice cream and hot dogs after summer).
RESERVE = 0.25
MIN_TREND = 0.85
TREND_DAYS = 30.0
MIN_BUYERS = 20  # of a theme, a window ago: that fewer became less would tell what single people bought
MOST_THEMES = 80  # that teach the pooled model of one plan


@dataclass(frozen=True)
class Plan:
    """An audience, best first.

    users: int64 positions in `now.users`. scores: float64, probability of a fit.
    certificate: what was asked for, if it can be promised; then nobody below its threshold is in it.
    strongest: the strongest promise that can be made; without a certificate the audience is its.
    num_calibration: people behind it. base_rate: share of them who fit.
    method: "certified", "strongest", "pilot" (random people, no promise) or "none" (the theme means nothing).
    trend: buyers of late over those a window ago. explanation: why there is no certificate.
    reference: scores of calibration, for the drift alarm.
    """

    users: Int64
    scores: Float64
    certificate: Certificate | None
    strongest: Certificate | None
    num_calibration: int
    base_rate: float
    method: str
    trend: float = 1.0
    explanation: Explanation | None = None
    reference: Reference = field(default_factory=lambda: Reference((), ()))


@dataclass(frozen=True)
class Learned:
    """A pooled model with the two moments it stands between; one serves many themes.

    model: None where no category has outcomes enough; then the themes asked about have to teach it.
    """

    model: FitModel | None
    before: Ground
    now: Ground
    seed: int


def learn(before: Snapshot, now: Snapshot, *, seed: int, since: Snapshot | None = None) -> Learned:
    """Train the pooled model on product and shop categories: who bought in each since `before`.

    Args:
        since: where it is read what people did since; `now` when None.
    """
    ground = ground_of(before, seed=seed)
    latest = ground if now is before else ground_of(now, seed=seed)
    named = list(category_themes(before).values())
    fits = fits_between(before, since or now, named)
    people = _consenting(before) & (shares_of(before.users, seed) < TRAIN_SHARE)
    able = np.flatnonzero(teaches(fits, people))
    if not len(able):
        return Learned(None, ground, latest, seed)
    if len(able) > MOST_THEMES:
        drawn = np.random.default_rng([seed, 12]).choice(able, MOST_THEMES, replace=False)
        able = np.sort(drawn)
    features = features_of(ground, meaning_of(ground.snapshot, [named[at] for at in able]))
    return Learned(train(features, fits[:, able], people, seed=seed), ground, latest, seed)


def plan(
    before: Snapshot,
    after_fit: Bool,
    now: Snapshot,
    theme: Sequence[ThemeTarget],
    *,
    target: float,
    confidence: float,
    circles_tested: int,
    seed: int,
    learned: Learned | None = None,
    eligible: Bool | None = None,
    eligible_before: Bool | None = None,
    reserve: float = RESERVE,
) -> Plan:
    """Choose an audience for a theme.

    Args:
        before: cut one window before `now`.
        after_fit: bool (num_users of before,), who fitted the theme in the window since.
        learned: from `learn` on the same snapshots and seed; made here when None.
        eligible, eligible_before: bool, who may be invited by the circle's rule at each moment; everybody who
            agreed to audiences when None. The promise is about people like them.
    """
    learned = learned or learn(before, now, seed=seed)
    asked = Asked(target, confidence, circles_tested, reserve)
    invited, judged = _eligible(now, eligible), _eligible(before, eligible_before)
    case = cases(learned, after_fit[:, None], [tuple(theme)], invited, judged)[0]
    return planned(case, asked, seed)


@dataclass(frozen=True)
class Asked:
    """The promise that an owner asks for."""

    target: float
    confidence: float
    circles_tested: int
    reserve: float = RESERVE

    def certify(self, scores: Float64, fits: Bool) -> Certificate | None:
        """What was asked for, if it can be promised."""
        return certify(scores, fits, **vars(self))

    def strongest(self, scores: Float64, fits: Bool) -> Certificate | None:
        """What can be promised at all."""
        shared = {name: value for name, value in vars(self).items() if name != "target"}
        return strongest(scores, fits, **shared)

    def explain(self, num_people: int, best: Certificate | None) -> Explanation:
        """Why not, of so many people of calibration, and what can be promised instead."""
        return explain(num_people, **vars(self), best=None if best is None else best.target)


@dataclass(frozen=True)
class Case:
    """One theme: scores and outcomes of calibration, scores of everybody now, who may be invited.

    means_something: whether anything belongs to the theme.
    """

    proved: Float64
    fits: Bool
    scores: Float64
    invited: Bool
    trend: float
    means_something: bool


def cases(learned: Learned, after_fit: Bool, themes: Themes, invited: Bool, judged: Bool) -> list[Case]:
    """Score everybody for several themes.

    Args:
        after_fit: bool (num_users of before, num_themes).
        invited, judged: bool, people of now and of before who count.
    """
    share = shares_of(learned.before.snapshot.users, learned.seed)
    means = [meaning_of(ground.snapshot, themes) for ground in (learned.before, learned.now)]
    earlier, today = (features_of(g, m) for g, m in zip((learned.before, learned.now), means, strict=True))
    people, held = judged & (share < TRAIN_SHARE), judged & (share >= TRAIN_SHARE)
    rates = rates_of(earlier, after_fit, people)
    model = learned.model or train(earlier, after_fit, people, seed=learned.seed)
    proved, scores = model(earlier[held], rates), model(today, rates)
    trends, known = _trends(learned, themes), means[1].says_something
    return [
        Case(proved[:, i], after_fit[held, i], scores[:, i], invited, float(trends[i]), bool(known[i]))
        for i in range(len(themes))
    ]


def planned(case: Case, asked: Asked, seed: int) -> Plan:
    """The audience of one theme and its promise."""
    base_rate = float(case.fits.mean()) if len(case.fits) else 0.0
    empty = np.zeros(0, dtype=np.int64)
    out = Plan(empty, case.scores[empty], None, None, len(case.fits), base_rate, "none", case.trend)
    if not case.means_something:
        return replace(out, explanation=NO_THEME)
    if case.trend < MIN_TREND:
        return _pilot(replace(out, explanation=FALLING), case, seed)
    found, best = asked.certify(case.proved, case.fits), asked.strongest(case.proved, case.fits)
    out = replace(out, certificate=found, strongest=best, reference=reference_of(case.proved))
    if found is None:
        out = replace(out, explanation=asked.explain(len(case.fits), best))
    promise = found or best
    if promise is None:
        return _pilot(out, case, seed)
    users = np.flatnonzero(case.invited & (case.scores >= promise.threshold))
    users = users[np.argsort(-case.scores[users], kind="stable")]
    return replace(out, users=users, scores=case.scores[users], method="certified" if found else "strongest")


def _pilot(out: Plan, case: Case, seed: int) -> Plan:
    """Random eligible people, whose outcomes will be evidence; the best would prove nothing of the others."""
    able = np.flatnonzero(case.invited)
    drawn = np.random.default_rng([seed, 13]).permutation(able)[:PILOT]
    return replace(out, users=drawn, scores=case.scores[drawn], method="pilot")


FALLING = Explanation(
    Lack.FALLING,
    "Fewer and fewer people buy in this theme, so what was true of the last weeks may not be of the next.",
    "Ask again when the theme is steady, or send a pilot to randomly chosen people to learn how it stands.",
)
NO_THEME = Explanation(
    Lack.NO_THEME,
    "Nothing that people pay for belongs to this theme.",
    "Name products, shops, categories or scenes that exist.",
)


def _trends(learned: Learned, themes: Themes) -> Float64:
    """Buyers of the last days over those of as many days a window ago, for each theme; 1 where few were.

    Weighed by how many people buy anything, so that a shrinking population is no trend of a theme.
    """
    (late, now), (early, then) = (_late_buyers(ground, themes) for ground in (learned.now, learned.before))
    return np.where(early >= MIN_BUYERS, late * then / np.maximum(early * now, 1), 1.0)


def _late_buyers(ground: Ground, themes: Themes) -> tuple[Int64, int]:
    """People who paid in each theme in the last TREND_DAYS, and those who paid for anything then."""
    since = ground.newest_at - TREND_DAYS * 86_400.0
    evidence = evidence_of(ground.snapshot, meaning_of(ground.snapshot, themes))
    late = evidence.last_at > since
    pairs = np.unique(evidence.user[late] * len(themes) + evidence.theme[late])
    return np.bincount(pairs % len(themes), minlength=len(themes)), max(1, ground.num_active_since(since))


def _consenting(snapshot: Snapshot) -> Bool:
    return np.asarray(snapshot.consents[Purpose.PORTRAITS.value], dtype=bool)


def _eligible(snapshot: Snapshot, rule: Bool | None) -> Bool:
    consenting = _consenting(snapshot)
    return consenting if rule is None else consenting & rule
