"""ALS and BPR as the package `implicit` has them: two vectors whose product is the score.

Source: Hu, Koren and Volinsky 2008 (ALS); Rendle et al. 2009 (BPR); https://github.com/benfred/implicit.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from scipy.sparse import csr_matrix  # not csr_array: the package warns of everything else
from threadpoolctl import threadpool_limits

from embeddings.model import Float32
from embeddings.peers.base import Grid, Int64, Settings, is_over
from embeddings.peers.sight import Sight

THREADS = 1  # what other methods use: the figures compare CPU seconds of one core


class OutOfTime(Exception):
    """Stops a fit between two iterations; vectors stay as they are."""


class _Factors:
    """What both have in common."""

    def __init__(self, seed: int) -> None:
        self.learned: dict[str, Any] = {}
        self._seed = seed

    def scores(self, users: Int64) -> Float32:
        return np.asarray(self._users[users] @ self._circles.T, dtype=np.float32)

    def _keep(self, model: Any, sight: Sight) -> None:
        # The factors count as they are: ranking needs neither a bias of the user nor a threshold.
        self._users = np.asarray(model.user_factors)[: sight.num_users]
        self._circles = np.asarray(model.item_factors)[: sight.num_circles]

    def _run(self, model: Any, sight: Sight, deadline: float | None) -> None:
        def stop(*_: Any) -> None:
            if is_over(deadline):
                raise OutOfTime

        # The package warns when BLAS has a pool of threads of its own, which only gets in its way.
        with threadpool_limits(1, "blas"), suppress(OutOfTime):
            model.fit(csr_matrix(sight.matrix, dtype=np.float32), show_progress=False, callback=stop)
        self._keep(model, sight)


class Als(_Factors):
    """Alternating least squares: `alpha` is the confidence of a touch."""

    name: ClassVar[str] = "als"
    weighs: ClassVar[bool] = True
    grid: ClassVar[Grid] = {
        "factors": (64, 32, 128, 256),
        "alpha": (10.0, 1.0, 3.0, 40.0),
        "regularization": (0.1, 0.01, 1.0, 10.0, 30.0),
        "iterations": (15, 8, 30),
    }

    def fit(
        self,
        sight: Sight,
        settings: Settings,
        *,
        deadline: float | None = None,
        watch: Callable[[], float] | None = None,
    ) -> None:
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=settings["factors"],
                alpha=settings["alpha"],
                regularization=settings["regularization"],
                iterations=settings["iterations"],
                num_threads=THREADS,
                random_state=self._seed,
            )
        self._run(model, sight, deadline)


class Bpr(_Factors):
    """Bayesian personalised ranking: a touched column before one that is not."""

    name: ClassVar[str] = "bpr"
    weighs: ClassVar[bool] = False
    grid: ClassVar[Grid] = {
        "factors": (64, 128, 256),
        "iterations": (300, 100, 1000),
        "learning_rate": (0.05, 0.01, 0.1),
        "regularization": (0.01, 0.001, 0.05),
    }

    def fit(
        self,
        sight: Sight,
        settings: Settings,
        *,
        deadline: float | None = None,
        watch: Callable[[], float] | None = None,
    ) -> None:
        model = BayesianPersonalizedRanking(
            factors=settings["factors"],
            iterations=settings["iterations"],
            learning_rate=settings["learning_rate"],
            regularization=settings["regularization"],
            num_threads=THREADS,
            random_state=self._seed,
        )
        self._run(model, sight, deadline)
