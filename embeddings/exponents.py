"""Exponents of each channel, chosen by what the channel alone finds on the validation part."""

from collections.abc import Callable, Sequence

from embeddings.channels import FILTERS, Ground, default_exponents, filter_core, filter_from, matrix_of
from embeddings.touches import Matrix

Measure = Callable[[str, Matrix], float]  # name of a channel and its matrix -> ndcg@20

GRID: dict[str, tuple[float, ...]] = {
    "a": (0.5, 1.0, 1.5),
    "power": (0.5, 0.7, 1.0),
    "source": (0.0, 0.3, 0.5, 0.7, 1.0),
    "target": (0.0, 0.2, 0.4, 0.6),
    "row": (0.25, 0.5, 1.0),
}
ROUNDS = 2
MIN_GAIN = 5e-4  # less is noise on a thousand people: keep the simpler start


def choose_exponents(name: str, parts: Sequence[tuple[Ground, Measure]]) -> dict[str, float]:
    """Coordinate search from the defaults for the highest mean over validation parts.

    Args:
        parts: what a part's matrix is computed from, and the ndcg@20 that the matrix reaches alone.
    """
    chosen = default_exponents(name)
    builders = [(_builder(name, ground), measure) for ground, measure in parts]
    tried: dict[tuple[float, ...], float] = {}

    def value(exponents: dict[str, float]) -> float:
        key = tuple(exponents.values())
        if key not in tried:
            tried[key] = sum(measure(name, build(exponents)) for build, measure in builders) / len(builders)
        return tried[key]

    for _ in range(ROUNDS):
        before = dict(chosen)
        for key in chosen:
            best = max(({**chosen, key: v} for v in GRID[key]), key=value)
            if value(best) > value(chosen) + MIN_GAIN:
                chosen = best
        if chosen == before:
            break
    return chosen


def _builder(name: str, ground: Ground) -> Callable[[dict[str, float]], Matrix]:
    """Makes a channel's matrix; the product of a filter, its dearest part, is kept while `a` stays."""
    if name not in FILTERS:
        return lambda exponents: matrix_of(name, ground, exponents)
    kept: dict[float, Matrix] = {}

    def build(exponents: dict[str, float]) -> Matrix:
        if exponents["a"] not in kept:
            kept.clear()  # one at a time: it can be hundreds of megabytes
            kept[exponents["a"]] = filter_core(ground, FILTERS[name], exponents["a"])
        return filter_from(kept[exponents["a"]], ground, FILTERS[name], exponents)

    return build
