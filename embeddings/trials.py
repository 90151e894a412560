"""Scores by a filter with one set of exponents after another, at the price of what has changed.

    score(u, c) = d_c^-y sum_i  x_ui d_i^-x  core_ic^p

The dear parts are the core, its power and the sum, in this order; each is kept while the exponents before it
stay. Only things that somebody who is asked has touched take part.
"""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from embeddings.batch import raw_scores
from embeddings.channels import FILTERS, Ground, filter_core, filter_scales, powered, scaled
from embeddings.model import Float32
from embeddings.touches import Matrix, Touches

Value = TypeVar("Value")
Exponents = Mapping[str, float]
# People x circles: all of 1,500 people up to 5,300 circles, 195 people for the 41,000 of Gowalla.
TRIAL_CELLS = 8_000_000


class FilterScores:
    """Scores of some people by one filter, as a function of its exponents.

    Args:
        touches: of these people.
    """

    def __init__(self, name: str, ground: Ground, touches: Touches) -> None:
        self.ground, self.touch = ground, FILTERS[name]
        touched = touches.of[self.touch]
        self.things = np.unique(touched.indices).astype(np.int64)
        self.touched = Matrix(touched[:, self.things])
        self._cores: _Kept[Matrix] = _Kept()
        self._powers: _Kept[Matrix] = _Kept()
        self._sums: _Kept[Float32] = _Kept()

    def __call__(self, exponents: Exponents) -> Float32:
        """float32 (num_users, num_circles)."""
        a, power, source = (exponents[key] for key in ("a", "power", "source"))
        by_thing, by_circle = filter_scales(self.ground, self.touch, exponents)

        def core() -> Matrix:
            return self._cores.get((a,), lambda: filter_core(self.ground, self.touch, a, self.things))

        def matrix() -> Matrix:
            return self._powers.get((a, power), lambda: powered(core(), power))

        def summed() -> Float32:
            return raw_scores(scaled(self.touched, None, by_thing[self.things]), matrix())

        return self._sums.get((a, power, source), summed) * by_circle.astype(np.float32)


class _Kept(Generic[Value]):
    """The last two results and what they were computed for; more would be gigabytes.

    Two, since a coordinate search comes back to where it was before its last attempt.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[float, ...], Value] = {}

    def get(self, key: tuple[float, ...], make: Callable[[], Value]) -> Value:
        if key in self._kept:
            self._kept[key] = self._kept.pop(key)  # used last
        else:
            while len(self._kept) > 1:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = make()
        return self._kept[key]


def some_people(num_users: int, num_circles: int, cells: int = TRIAL_CELLS) -> npt.NDArray[np.bool_]:
    """So many that they have `cells` scores, drawn always alike; everybody when there are fewer."""
    kept = np.zeros(num_users, dtype=bool)
    wanted = max(1, cells // max(1, num_circles))
    kept[np.random.default_rng(0).permutation(num_users)[:wanted]] = True
    return kept
