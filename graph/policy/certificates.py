"""Promises about an audience: how many of the invited fit, proved on people whose answer is known, or none.

Learn-then-Test: people of a calibration part are sorted by score; steps of a fixed geometric grid are tested
from the best down, each by the exact binomial test of "fewer than `target` of those above fit", until one
fails. The last step that passed is the threshold. Delta, what is left of the confidence, is divided over the
circles tested in one period, so that the promise holds for all of them at once.

Valid when calibration people are exchangeable with those to be invited: a random part of them, never the
best of an earlier list. The sequence is exact where nobody of a lower score is likelier to fit; elsewhere
each step alone is. People are also to be invited in a later window than the one they are judged by: `reserve`
keeps a part of the misfits that a promise allows for what changes between the two, and is no proof.
Pure functions: no store, no clock, no randomness.

Source: Angelopoulos, Bates, Candès, Jordan and Lei 2021 (Learn then Test); Clopper and Pearson 1934.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
FIRST_STEP = 50  # at 20, 8 of 19 circles served were seen below their promise (Foursquare, two cities)
STEP_RATIO = 1.25
# What `strongest` promises, in words that a merchant can compare: whole twentieths.
TARGETS = tuple(round(0.05 * i, 2) for i in range(19, 0, -1))


@dataclass(frozen=True)
class Certificate:
    """Of people who score `threshold` or more, at least `target` fit, at this confidence.

    confidence: in (0, 1), over all `circles_tested` at once.
    num_calibration, num_fits: people of the calibration part at or above the threshold, and those who fit.
    threshold: smallest score that is invited.
    lower_bound: what is proved of the fit in the window of calibration; at least `target`, and follows from
        it: the exact bound would tell how many fitted.
    """

    target: float
    confidence: float
    num_calibration: int
    num_fits: int
    threshold: float
    method: str
    circles_tested: int
    lower_bound: float


class Lack(StrEnum):
    """Why no promise could be made."""

    FEW_OUTCOMES = "few_outcomes"
    LOW_FIT = "low_fit"
    FALLING = "falling"
    NO_THEME = "no_theme"


@dataclass(frozen=True)
class Explanation:
    """Why, and what would help, in a sentence each; without a count of anybody."""

    lack: Lack
    why: str
    what_helps: str


def certify(
    scores: Float64,
    fits: Bool,
    *,
    target: float,
    confidence: float,
    circles_tested: int,
    first_step: int = FIRST_STEP,
    reserve: float = 0.0,
) -> Certificate | None:
    """Find the lowest threshold above which at least `target` of all people fit.

    Args:
        scores: float64 (num_people,), higher is likelier to fit; equal scores are judged together.
        fits: bool (num_people,), what became of the calibration people.
        circles_tested: circles that this confidence is shared by; >= 1.
        first_step: people at least behind any promise.
        reserve: share in [0, 1) of the allowed misfits that is not used up; .25 proves .85 for .80.

    Returns:
        None when nothing can be promised; of nobody nothing can.

    Raises:
        ValueError: target or confidence is not inside (0, 1), a score is not a number, lengths differ.
    """
    delta = _delta(scores, fits, target, confidence, circles_tested)
    found, allowed = None, (1 - target) * (1 - reserve)
    for size, threshold, misfits in _steps(scores, fits, first_step):
        if binomial_tail(misfits, size, allowed) > delta:
            break
        found = (size, threshold, misfits)
    if found is None:
        return None
    size, threshold, misfits = found
    return Certificate(
        target, confidence, size, size - misfits, threshold, "learn-then-test", circles_tested, 1 - allowed
    )


def strongest(
    scores: Float64,
    fits: Bool,
    *,
    confidence: float,
    circles_tested: int,
    first_step: int = FIRST_STEP,
    reserve: float = 0.0,
) -> Certificate | None:
    """The strongest promise among TARGETS that these people prove, and the largest audience for it.

    Bounds of all steps hold at once (delta is divided over the steps too), so that choosing among them after
    looking costs nothing; one target named before looking may reach more people by `certify`.

    Returns:
        None below the weakest promise. Raises: as `certify`.
    """
    delta = _delta(scores, fits, 0.5, confidence, circles_tested)
    steps = _steps(scores, fits, first_step)
    bounds = [lower_bound(size - misfits, size, delta / len(steps)) for size, _, misfits in steps]
    kept = [1 - (1 - bound) / (1 - reserve) for bound in bounds]  # what is promised of what is proved
    target = next((t for t in TARGETS if kept and max(kept) >= t), None)
    if target is None:
        return None
    last = max(i for i, promise in enumerate(kept) if promise >= target)
    size, threshold, misfits = steps[last]
    return Certificate(
        target,
        confidence,
        size,
        size - misfits,
        threshold,
        "simultaneous-bounds",
        circles_tested,
        1 - (1 - target) * (1 - reserve),
    )


def explain(
    num_people: int,
    *,
    target: float,
    confidence: float,
    circles_tested: int,
    first_step: int = FIRST_STEP,
    reserve: float = 0.0,
    best: float | None = None,
) -> Explanation:
    """Say why `certify` promised nothing of so many people, and what would help.

    Args:
        best: target of the strongest promise that can be made; None without any.
    """
    proved = 1 - (1 - target) * (1 - reserve)
    needed = max(first_step, smallest_sample(proved, confidence=confidence, circles_tested=circles_tested))
    promise = f"that {target:.0%} of the invited fit, at {confidence:.0%} confidence"
    if num_people < needed:
        return Explanation(
            Lack.FEW_OUTCOMES,
            f"To promise {promise}, the outcomes of at least {needed} randomly chosen people must be known; "
            "they are not yet.",
            "Invite a pilot of randomly chosen people and ask again when their outcomes are in, "
            "or wait for the next period.",
        )
    if best is not None and best >= target:
        return Explanation(
            Lack.LOW_FIT,
            f"The few who match the theme best are no proof {promise}; a larger group is.",
            f"Take the strongest promise: it is of {best:.0%}, no less than what was asked for.",
        )
    why = f"Even those who match the theme best do not fit often enough to promise {promise}."
    closer = "name products and shops that belong to the theme more closely"
    if best is None:
        return Explanation(
            Lack.LOW_FIT,
            f"{why} No smaller promise can be made of them either.",
            f"Ask for less, {closer}, or invite a pilot of randomly chosen people to learn how they answer.",
        )
    return Explanation(
        Lack.LOW_FIT, why, f"Take the strongest promise that can be made, ask for less, or {closer}."
    )


def smallest_sample(target: float, *, confidence: float, circles_tested: int = 1) -> int:
    """People needed to prove a target when every one of them fits: target ** n <= delta.

    >>> smallest_sample(0.9, confidence=0.9)
    22
    """
    return math.ceil(math.log((1 - confidence) / circles_tested) / math.log(target) - 1e-9)


def binomial_tail(successes: int, trials: int, probability: float) -> float:
    """P(X <= successes) of a binomial variable, by sums of logarithms; exact to about 12 digits."""
    if successes < 0:
        return 0.0
    if successes >= trials or probability <= 0:
        return 1.0
    if probability >= 1:
        return 0.0
    counts = np.arange(successes, dtype=np.float64)
    ratios = np.log((trials - counts) / (counts + 1)) + math.log(probability) - math.log1p(-probability)
    terms = np.concatenate([[0.0], np.cumsum(ratios)]) + trials * math.log1p(-probability)
    largest = terms.max()
    return min(1.0, float(np.exp(terms - largest).sum() * math.exp(largest)))


def lower_bound(fits: int, people: int, delta: float) -> float:
    """Largest rate at which so many fits or more would happen with probability `delta` at most.

    Source: Clopper and Pearson 1934. Zero when nobody fits.
    """
    if fits <= 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        # More fits than seen at this rate is as likely as fewer misfits than seen at its opposite.
        if binomial_tail(people - fits, people, 1 - middle) <= delta:
            low = middle
        else:
            high = middle
    return low


def grid_of(num_people: int, first_step: int = FIRST_STEP) -> list[int]:
    """Sizes to be tested: geometric from `first_step`, the last one everybody; none of fewer people."""
    sizes, size = [], float(first_step)
    while size < num_people:
        sizes.append(round(size))
        size *= STEP_RATIO
    return [*sizes, num_people] if num_people >= first_step else []


def _steps(scores: Float64, fits: Bool, first_step: int) -> list[tuple[int, float, int]]:
    """Size, threshold and misfits of each step; a step ends where no equal score follows."""
    order = np.argsort(-scores, kind="stable")
    ranked, misfits = scores[order], np.cumsum(~fits[order])
    ends = {
        int(np.searchsorted(-ranked, -ranked[n - 1], side="right")) for n in grid_of(len(scores), first_step)
    }
    return [(end, float(ranked[end - 1]), int(misfits[end - 1])) for end in sorted(ends)]


def _delta(scores: Float64, fits: Bool, target: float, confidence: float, circles_tested: int) -> float:
    if not 0 < target < 1 or not 0 < confidence < 1:
        raise ValueError(f"target {target!r} and confidence {confidence!r} must be inside (0, 1)")
    if circles_tested < 1:
        raise ValueError(f"circles_tested is {circles_tested!r}; expected 1 or more")
    if scores.shape != fits.shape or not np.isfinite(scores).all():
        raise ValueError("scores must be finite numbers, one for each outcome")
    return (1 - confidence) / circles_tested
