"""A town whose people buy tea, cake or neither, in two windows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from graph.snapshot import Snapshot
from graph.stores.base import ThemeTarget

TEA = (ThemeTarget("category", "tea"),)
CATEGORIES = {"green": "tea", "black": "tea", "tart": "cake", "salt": "basics", "soap": "basics"}


@dataclass(frozen=True)
class Town:
    """Snapshots of two moments a window apart, and what everybody did afterwards in the theme of tea."""

    before: Snapshot
    now: Snapshot
    later: np.ndarray


@pytest.fixture(scope="session")
def town(make_snapshot: Callable[..., Snapshot]) -> Callable[..., Town]:
    """Half of the people love tea and buy it again with `habit`; of the others a twentieth does."""

    def make(num_people: int = 900, habit: float = 0.95, seed: int = 3) -> Town:
        rng = np.random.default_rng(seed)
        loves = np.arange(num_people) % 2 == 0
        first = [_basket(rng, int(rng.poisson(4)) if loves[i] else 0) for i in range(num_people)]
        chance = np.where(loves, habit, 0.05)
        bought, later = (rng.random(num_people) < chance for _ in range(2))
        second = [
            _basket(rng, row.get("green", 0) + int(more)) for row, more in zip(first, bought, strict=True)
        ]
        users = [f"u{i:04d}" for i in range(num_people)]
        rows = (dict(zip(users, baskets, strict=True)) for baskets in (first, second))
        before, now = (make_snapshot(bought=bought, categories=CATEGORIES) for bought in rows)
        return Town(before, now, later)

    return make


def _basket(rng: np.random.Generator, tea: int) -> dict[str, int]:
    basics = {name: int(rng.poisson(3)) + 1 for name in ("salt", "soap")}
    cake = {"tart": int(rng.poisson(1))}
    return {name: count for name, count in ({"green": tea} | cake | basics).items() if count}
