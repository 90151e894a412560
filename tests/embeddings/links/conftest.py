"""Towns for links: drawn by hand, or planted with friendships that habits explain."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from embeddings.links.ground import Ground, ground_of
from graph.cut import Tables, build
from graph.policy.values import Policy
from graph.snapshot import Snapshot

NOW = 1_700_000_000
DAY = 86_400
PEOPLE, SETS = 120, 12
Visit = int | tuple[int, int]  # days, or days and how many of them ago the last was
MakeTown = Callable[..., Snapshot]


@pytest.fixture(scope="session")
def make_town(policy: Policy) -> MakeTown:
    """A snapshot from who goes where; scenes and categories are those of the merchant, by name."""

    def make(
        visits: Mapping[str, Mapping[str, Visit]],
        *,
        links: Sequence[tuple[str, str]] = (),
        scenes: Mapping[str, int] | None = None,
        categories: Mapping[str, str] | None = None,
        members: Mapping[str, Sequence[str]] | None = None,
        refusing: Sequence[str] = (),
    ) -> Snapshot:
        members, users = members or {}, sorted(visits)
        shops = sorted({shop for row in visits.values() for shop in row})
        rings = sorted({ring for row in members.values() for ring in row})
        rows = [
            (users.index(u), shops.index(m), *_days(v)) for u, row in visits.items() for m, v in row.items()
        ]
        user, merchant, days, ago = np.array(rows, dtype=np.int64).reshape(-1, 4).T
        scene = np.array([(scenes or {}).get(shops[m], 0) for m in merchant], dtype=np.int64)
        paid = {"user": user, "merchant": merchant, "payments": days, "days": days, "scene": scene}
        joined = np.array([(users.index(u), rings.index(c)) for u, row in members.items() for c in row], int)
        ends = (
            np.array([(users.index(one), users.index(other)) for one, other in links], int).reshape(-1, 2).T
        )
        everybody = np.ones(len(users), dtype=bool)
        tables = Tables(
            users={"id": users},
            merchants={"id": shops, "category": [(categories or {}).get(shop, "gym") for shop in shops]},
            products={"id": []},
            circles={"id": rings},
            paid=paid | {"last_at": NOW - ago * DAY},
            bought={},
            members=dict(zip(("user", "circle"), joined.reshape(-1, 2).T, strict=True))
            | {"joined_at": np.zeros(len(joined), int)},
            themes={},
            consents={
                "circles": everybody,
                "links": np.array([user not in refusing for user in users]),
                "portraits": everybody,
            },
            links={"user": ends[0], "other": ends[1], "since": np.zeros(ends.shape[1], int)},
        )
        return build(tables, as_of=NOW, policy=policy)

    return make


def _days(visit: Visit) -> tuple[int, int]:
    return visit if isinstance(visit, tuple) else (visit, 0)


@pytest.fixture(scope="session")
def make_ground(make_town: MakeTown) -> Callable[..., Ground]:
    """What links are computed from, with known links where they are given."""
    return lambda visits, **more: ground_of(make_town(visits, **more))


@pytest.fixture(scope="session")
def strangers_and_friends(make_town: MakeTown) -> Callable[[bool], Snapshot]:
    """A hundred and twenty people in twelve sets of ten, who go to the same small places and some big ones.

    Two of a set are friends with a chance of a third, two of different sets hardly ever.
    """
    rng = np.random.default_rng(5)
    visits, links = {}, []
    for number in range(PEOPLE):
        home = number % SETS
        mine = {f"own{home:02}-{place}": int(rng.integers(2, 7)) for place in rng.choice(7, 6, replace=False)}
        visits[f"u{number:03}"] = mine | {f"all{p:03}": 1 for p in rng.choice(400, 6, replace=False)}
    for one in range(PEOPLE):
        for other in range(one):
            if rng.random() < (0.33 if one % SETS == other % SETS else 0.001):
                links.append((f"u{one:03}", f"u{other:03}"))
    scenes = {f"own{home:02}-{place}": place % 3 for home in range(SETS) for place in range(7)}
    return lambda linked: make_town(visits, links=links if linked else (), scenes=scenes)


@pytest.fixture(scope="session")
def friends(strangers_and_friends: Callable[[bool], Snapshot]) -> Snapshot:
    """The same with their friendships."""
    return strangers_and_friends(True)


@pytest.fixture(scope="session")
def strangers(strangers_and_friends: Callable[[bool], Snapshot]) -> Snapshot:
    """The same before anybody has accepted anybody: nothing is fitted to it, which is quick."""
    return strangers_and_friends(False)
