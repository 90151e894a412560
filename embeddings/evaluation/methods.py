"""Every method by its name: ours, ours with less to see, its parts alone, popularity, and the peers."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from embeddings.baselines import Method, Popularity
from embeddings.batch import BatchScorer
from embeddings.circles import HALF_LIFE_DAYS, CirclesMethod
from embeddings.evaluation.names import check_names
from embeddings.evaluation.scenarios import memberships_only, without_themes
from embeddings.model import GNN, LATENT, Float32, Model
from embeddings.peers import catalogue
from embeddings.peers.sight import has_behaviour, has_themes
from embeddings.peers.tuned import TunedPeer
from embeddings.touches import Touches, touches_of
from embeddings.tuning import Progress, silent
from graph.snapshot import Snapshot

View = Callable[[Snapshot], Snapshot]
OURS = "circles"
SERVED_SUPPORTERS = 10  # `min_supporters` of policy.toml as it comes: what the rule costs is a row of its own
VIEWS: dict[str, View] = {"circles-no-themes": without_themes, "circles-memberships": memberships_only}
SERVED = "circles-served"
QUICK = "circles-quick"
METHODS = (OURS, *VIEWS, SERVED, QUICK, Popularity.name, *catalogue.NAMES)


class Narrowed(CirclesMethod):
    """Our method on a snapshot that shows less."""

    def __init__(
        self, name: str, *, seed: int, device: str, budget_s: float | None, progress: Progress
    ) -> None:
        super().__init__(seed=seed, device=device, budget_s=budget_s, progress=progress)
        self.name = name

    def fit(self, snapshot: Snapshot) -> None:
        super().fit(VIEWS[self.name](snapshot))


class Served(CirclesMethod):
    """Our method as it is served: nothing that fewer than `SERVED_SUPPORTERS` people stand behind."""

    name = SERVED

    def __init__(self, *, seed: int, device: str, budget_s: float | None, progress: Progress) -> None:
        super().__init__(
            seed=seed, device=device, budget_s=budget_s, min_supporters=SERVED_SUPPORTERS, progress=progress
        )


class Quick(CirclesMethod):
    """Our filters with default exponents and weights: nothing is searched for, and nothing is trained."""

    name = QUICK

    def __init__(self, *, seed: int) -> None:
        super().__init__(seed=seed, quick=True)


class Part:
    """One voice of our method alone; computed from a fit of the whole."""

    def __init__(self, name: str, model: Model, touches: Touches) -> None:
        self.name = f"{OURS}:{name}"
        self._scorer, self._touches = BatchScorer(alone(model, name)), touches

    def fit(self, snapshot: Snapshot) -> None:
        """Nothing is left to learn."""

    def scores(self, users: npt.NDArray[np.int64]) -> Float32:
        return self._scorer.scores(self._touches.rows(users))


def alone(model: Model, name: str) -> Model:
    """The model with one of its channels, its factors, its GNN or one of its priors, and nothing else."""
    return replace(
        model,
        channels=tuple(channel for channel in model.channels if channel.name == name),
        priors={prior: values for prior, values in model.priors.items() if prior == name},
        gnn=model.gnn if name == GNN else None,
        latent=model.latent if name == LATENT else None,
        weights={name: (1.0, 1.0, 1.0)},
    )


def parts_of(method: CirclesMethod, snapshot: Snapshot) -> Iterator[Part]:
    """The parts that our method found worth a weight."""
    model = method.fitted.model
    touches = touches_of(snapshot, half_life_days=HALF_LIFE_DAYS)
    names = [channel.name for channel in model.channels]
    names += [name for name in model.priors if any(model.weights[name])]
    names += [LATENT] if model.latent is not None else []
    names += [GNN] if model.gnn is not None else []
    return (Part(name, model, touches) for name in names)


def methods_for(snapshot: Snapshot) -> tuple[str, ...]:
    """The methods that differ from each other on these data."""
    views = ["circles-no-themes"] if has_themes(snapshot) else []
    views += ["circles-memberships"] if has_behaviour(snapshot) else []
    return (OURS, *views, SERVED, QUICK, Popularity.name, *catalogue.names_for(snapshot))


def check(names: tuple[str, ...]) -> None:
    """Raises InputError when one is unknown, or none is named."""
    check_names(names, METHODS)


def method_of(
    name: str,
    *,
    seed: int = 0,
    device: str = "auto",
    budget_s: float | None = None,
    tune: bool = True,
    progress: Progress = silent,
) -> Method:
    """A method by its name.

    Args:
        tune: False lets peers keep the first options of their grids.

    Raises:
        InputError: the name is unknown. ConfigError: a package that a peer needs is not installed.
    """
    check((name,))
    if name == Popularity.name:
        return Popularity()
    if name == OURS:
        return CirclesMethod(seed=seed, device=device, budget_s=budget_s, progress=progress)
    if name == SERVED:
        return Served(seed=seed, device=device, budget_s=budget_s, progress=progress)
    if name == QUICK:
        return Quick(seed=seed)
    if name in VIEWS:
        return Narrowed(name, seed=seed, device=device, budget_s=budget_s, progress=progress)
    peer, form = catalogue.parts_of(name)
    return TunedPeer(catalogue.kind_of(peer), form, seed=seed, budget_s=budget_s, tune=tune)
