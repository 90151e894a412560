"""Exponents of each channel, chosen by what the channel alone finds on the validation part."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.channels import default_exponents


@dataclass(frozen=True)
class Found:
    """What a channel reaches alone with some exponents.

    ndcg: mean ndcg@20 of the people asked.
    each: where these are a sample of them, what each adds to the mean, float64 (num_users,); None elsewhere.
    """

    ndcg: float
    each: npt.NDArray[np.float64] | None = None


Trial = Callable[[dict[str, float]], Found]

GRID: dict[str, tuple[float, ...]] = {
    "a": (0.5, 1.0, 1.5),
    "power": (0.5, 0.7, 1.0),
    "source": (0.0, 0.3, 0.5, 0.7, 1.0),
    "target": (0.0, 0.2, 0.4, 0.6),
    "row": (0.25, 0.5, 1.0),
}
ROUNDS = 2
MIN_GAIN = 5e-4  # less is noise on a thousand people: keep the simpler start


def choose_exponents(name: str, trials: Sequence[Trial]) -> dict[str, float]:
    """Coordinate search from the defaults of a channel for the highest mean over validation parts.

    A change has to gain `MIN_GAIN`; where only a sample was asked, also more than the standard error of the
    gain over the same people.

    Args:
        trials: one for each part.
    """
    chosen = default_exponents(name)
    tried: dict[tuple[float, ...], list[Found]] = {}

    def found(exponents: dict[str, float]) -> list[Found]:
        key = tuple(exponents.values())
        if key not in tried:
            tried[key] = [trial(exponents) for trial in trials]
        return tried[key]

    def value(exponents: dict[str, float]) -> float:
        return sum(one.ndcg for one in found(exponents)) / len(trials)

    for _ in range(ROUNDS):
        before = dict(chosen)
        for key in chosen:
            best = max(({**chosen, key: v} for v in GRID[key]), key=value)
            if value(best) > value(chosen) + max(MIN_GAIN, _noise(found(best), found(chosen))):
                chosen = best
        if chosen == before:
            break
    return chosen


def _noise(one: list[Found], other: list[Found]) -> float:
    """Standard error of the mean difference over parts; 0 where everybody was asked."""
    pairs = [(a.each, b.each) for a, b in zip(one, other, strict=True)]
    gains = [a - b for a, b in pairs if a is not None and b is not None]
    return math.sqrt(sum(float(gain.var()) / len(gain) for gain in gains)) / len(pairs)
