"""Small graphs: drawn by hand, or planted with communities that a model has to find."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
import torch

from embeddings.fit import Fitted, fit
from graph.cut import Tables, build
from graph.policy.values import Policy
from graph.snapshot import Snapshot
from graph.stores.base import ThemeTarget

NOW = 1_700_000_000
MakeSnapshot = Callable[..., Snapshot]


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    """Every device that training knows; a named skip where there is no such one."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return str(request.param)


@pytest.fixture(scope="session")
def make_snapshot(policy: Policy) -> MakeSnapshot:
    """Builds a snapshot from what each user did; nodes are whatever is named anywhere."""

    def make(
        *,
        members: Mapping[str, Sequence[str]] | None = None,
        paid: Mapping[str, Mapping[str, int]] | None = None,
        bought: Mapping[str, Mapping[str, int]] | None = None,
        themes: Mapping[str, Sequence[tuple[str, str]]] | None = None,
        circles: Sequence[str] = (),
        categories: Mapping[str, str] | None = None,
        refusing: Sequence[str] = (),
        dismissed: Mapping[str, Sequence[str]] | None = None,
        last_at: Mapping[str, int] | None = None,
    ) -> Snapshot:
        members, paid, bought, themes = members or {}, paid or {}, bought or {}, themes or {}
        categories, dismissed, last_at = categories or {}, dismissed or {}, last_at or {}
        users = sorted({*members, *paid, *bought, *refusing})
        shops = sorted({m for row in paid.values() for m in row})
        goods = sorted({p for row in bought.values() for p in row})
        rings = sorted({*circles, *themes, *(c for row in members.values() for c in row)})
        agreed = np.array([user not in refusing for user in users], dtype=bool)
        tables = Tables(
            users={"id": users},
            merchants={"id": shops, "category": [categories.get(m) for m in shops]},
            products={"id": goods, "category": [categories.get(p) for p in goods]},
            circles={"id": rings},
            paid=_edges(paid, users, shops, "merchant", last_at)
            | {"days": np.ones(_size(paid), int), "scene": np.zeros(_size(paid), int)},
            bought=_edges(bought, users, goods, "product", last_at)
            | {"quantity": np.ones(_size(bought), int)},
            members=_pairs(members, users, rings) | {"joined_at": np.zeros(_size(members), int)},
            dismissed=_pairs(dismissed, users, rings),
            themes={rings.index(c): [ThemeTarget(k, t) for k, t in row] for c, row in themes.items()},
            consents={"circles": agreed, "links": ~agreed, "portraits": agreed},
        )
        return build(tables, as_of=NOW, policy=policy)

    return make


def _size(rows: Mapping[str, Sequence[str] | Mapping[str, int]]) -> int:
    return sum(len(row) for row in rows.values())


def _pairs(rows: Mapping[str, Sequence[str]], users: list[str], rings: list[str]) -> dict[str, np.ndarray]:
    pairs = [(users.index(u), rings.index(c)) for u, row in rows.items() for c in row]
    return {
        "user": np.array([p[0] for p in pairs], int),
        "circle": np.array([p[1] for p in pairs], int),
    }


def _edges(
    rows: Mapping[str, Mapping[str, int]],
    users: list[str],
    things: list[str],
    name: str,
    last: Mapping[str, int],
) -> dict[str, np.ndarray]:
    edges = [
        (users.index(u), things.index(t), n, last.get(t, NOW))
        for u, row in rows.items()
        for t, n in row.items()
    ]
    columns = np.array(edges, dtype=np.int64).reshape(len(edges), 4).T
    return dict(zip(("user", name, "payments", "last_at"), columns, strict=True))


@pytest.fixture(scope="session")
def planted(make_snapshot: MakeSnapshot) -> Snapshot:
    """Six communities of 50 people with shops, goods and five circles each; the fifth has no member.

    A tenth of all touches is noise. A circle is about one shop and one good of its community. Half of the
    people of a community are in its circles, the others only pay. Two circles are popular with everybody.
    """
    rng = np.random.default_rng(7)
    members: dict[str, list[str]] = {}
    paid: dict[str, dict[str, int]] = {}
    bought: dict[str, dict[str, int]] = {}
    for number in range(300):
        user, home = f"{number:032x}", number % 6
        town = [home if rng.random() < 0.9 else int(rng.integers(6)) for _ in range(9)]
        paid[user] = {f"shop{t}-{rng.integers(4)}": int(rng.integers(1, 5)) for t in town[:4]}
        bought[user] = {f"good{t}-{rng.integers(6)}": int(rng.integers(1, 5)) for t in town[4:]}
        joined = {f"ring{t}-{rng.integers(4)}" for t in town[:3]} if (number // 6) % 2 else set()
        members[user] = sorted(joined | ({f"all{rng.integers(2)}"} if rng.random() < 0.3 else set()))
    themes = {
        f"ring{town}-{ring}": [("merchant", f"shop{town}-{ring % 4}"), ("product", f"good{town}-{ring}")]
        for town in range(6)
        for ring in range(5)
    }
    categories = {f"good{town}-{good}": f"aisle {town}" for town in range(6) for good in range(6)}
    return make_snapshot(members=members, paid=paid, bought=bought, themes=themes, categories=categories)


@pytest.fixture(scope="session")
def fitted(planted: Snapshot) -> Fitted:
    """The planted graph, fitted with filters and themes."""
    return fit(planted, gnn=False, min_supporters=1)


@pytest.fixture(scope="session")
def fitted_gnn(planted: Snapshot) -> Fitted:
    """The planted graph, fitted with the GNN too."""
    return fit(planted, gnn=True, device="cpu", min_supporters=1)
