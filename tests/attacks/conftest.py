"""A town that can be attacked: habits in groups, rare and popular places, everybody verified and adult."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from api.portraits.house import House
from embeddings.links.gated import weigh_pairs
from embeddings.links.ground import Ground, ground_of
from embeddings.links.pairs import Pairs
from embeddings.links.reliability import reliability_of
from graph.cut import Tables, build
from graph.home import Home
from graph.policy.trust import TrustValues
from graph.policy.values import Policy
from graph.snapshot import Snapshot
from tests.attacks.portrait_town import copy_of, load_town

NOW = 1_700_000_000
NUM_USERS, NUM_MERCHANTS = 600, 400
Visit = tuple[int, int]


@dataclass(frozen=True)
class Town:
    """users x merchants visits, each with two to five days; scenes alternate by merchant."""

    visits: tuple[Visit, ...]
    policy: Policy

    def snapshot(self, extra: list[Visit], *, days: int = 4) -> Snapshot:
        """The town with more visits; new users are numbered after the others."""
        rng = np.random.default_rng(3)
        rows = [*self.visits, *extra]
        num = max(user for user, _ in rows) + 1
        user, merchant = (np.array([row[i] for row in rows]) for i in (0, 1))
        own = len(self.visits)
        spent = np.concatenate([rng.integers(2, 6, own), np.full(len(extra), days)])
        merchants = {"id": [f"m{i:04}" for i in range(NUM_MERCHANTS)]}
        paid = {"user": user, "merchant": merchant, "payments": spent, "days": spent}
        paid |= {"last_at": np.full(len(rows), NOW), "scene": merchant % 4}
        everybody = np.ones(num, dtype=bool)
        tables = Tables(
            users={"id": [f"u{i:05}" for i in range(num)]},
            merchants=merchants,
            products={"id": []},
            circles={"id": []},
            paid=paid,
            bought={},
            members={},
            themes={},
            consents={"circles": everybody, "links": everybody, "portraits": everybody},
        )
        return build(tables, as_of=NOW, policy=self.policy)


@pytest.fixture(scope="session")
def town(policy: Policy) -> Town:
    """Twelve groups of fifty; two thirds of what somebody does is in their group, the rest by popularity."""
    rng = np.random.default_rng(11)
    popular = 1.0 / np.arange(1, NUM_MERCHANTS + 1) ** 0.8
    popular /= popular.sum()
    visits = set()
    for user in range(NUM_USERS):
        home = np.arange(user % 12, NUM_MERCHANTS, 12)
        weights = popular[home] / popular[home].sum()
        visits |= {(user, int(m)) for m in rng.choice(home, 10, replace=False, p=weights)}
        visits |= {(user, int(m)) for m in rng.choice(NUM_MERCHANTS, 6, replace=False, p=popular)}
    return Town(tuple(sorted(visits)), policy)


def ground(snapshot: Snapshot, verified: np.ndarray | None = None) -> Ground:
    """What links are computed from, with reliability; everybody is adult."""
    known = np.ones(len(snapshot.users), dtype=bool) if verified is None else verified
    visits = ground_of(snapshot, with_links=False).visits
    return ground_of(snapshot, adult=known, reliability=reliability_of(visits, known), with_links=False)


def weights_of(ground_: Ground, one: int, others: np.ndarray) -> np.ndarray:
    """Weights of one person with others, by the formula."""
    ones = np.full(len(others), one)
    pairs = Pairs(np.minimum(ones, others), np.maximum(ones, others))
    return weigh_pairs(ground_, pairs, TrustValues(), calibrated=None).weight


@pytest.fixture(scope="session")
def town_home(tmp_path_factory: pytest.TempPathFactory, policy: Policy) -> Home:
    """The town of `portrait_town.py`, loaded; nothing is built, and it is only copied."""
    return load_town(tmp_path_factory.mktemp("portrait-town"), policy)


@pytest.fixture
def house(town_home: Home, tmp_path: Path, policy: Policy) -> Iterator[House]:
    """The same in a home of its own."""
    made = copy_of(town_home, tmp_path / "home", policy)
    yield made
    made.store.close()


@pytest.fixture(scope="session")
def ask() -> SimpleNamespace:
    """The two questions that every attack asks."""
    return SimpleNamespace(ground=ground, weights_of=weights_of)
