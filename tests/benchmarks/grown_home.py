"""Homes with any number of people and always the same things: what growth is measured on.

People of 100 tastes pay in shops, buy products and join circles of the one or two that are theirs; things of
a taste are the same however many people there are, and person `u7` does the same in every home. The model is
fitted once, to the people of the smallest home, so that sizes differ in people only; store, snapshot, lists
and version are written by the product's own code.
"""

import resource
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measure import PROJECT

sys.path.insert(0, str(PROJECT))

from embeddings.fit import Fitted, fit
from embeddings.publish import publish
from graph.cut import cut
from graph.edges import BOUGHT, PAID, UserEdges
from graph.home import Home
from graph.policy.values import Policy, read_policy
from graph.schema import SCENES
from graph.settings import Settings
from graph.snapshot import Snapshot
from graph.stores.base import GraphStore, ThemeTarget
from graph.stores.open import open_store
from loaders.pseudonyms import Pseudonyms, read_or_make_key

TASTES, SHOPS_A_TASTE, GOODS_A_TASTE, CIRCLES_A_TASTE = 100, 100, 50, 10
SCENES_USED = ("shopping", "dining", "fitness", "entertainment")
KINDS = ("store", "restaurant", "climbing gym", "toys")  # categories, each of one of these scenes
PAYMENTS, FAVOURITES, NAMED = 10, 5, 0.4  # payments a person, among so many shops; the part that names goods
JOINED = 2.0  # circles a person has joined, on average
YEAR_S, AT_ONCE = 365 * 86_400, 50_000
Array = npt.NDArray[Any]


def grow(folder: Path, num_people: int, fitted: Fitted | None) -> tuple[dict[str, Any], Fitted]:
    """Make a home with a published version, and say what each step took; fits where nothing was fitted."""
    home, policy, now = Home(folder).make(), read_policy(Settings().policy), int(time.time())
    store = open_store(home.store_address("sqlite:///circles.db"))
    took: dict[str, Any] = {"people": num_people}
    with Clock(took, "store filled, s"):
        fill(store, Pseudonyms(read_or_make_key(home, None)), num_people, now)
    with Clock(took, "snapshot cut, s"):
        snapshot = cut(store, {k: store.edges(k) for k in ("paid", "bought")}, as_of=now, policy=policy)
    fitted = fitted or fit(snapshot, quick=True, half_life_days=policy.behaviour_half_life_days)
    with Clock(took, "published, s"):
        name = published(home, store, fitted, snapshot, policy)
    sizes = {path.name: path.stat().st_size / 2**20 for path in (home.versions / name).iterdir()}
    took |= {"version MiB": round(sum(sizes.values()), 1), "lists MiB": round(sizes["lists.npy"], 1)}
    took["peak MiB so far"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    store.close()  # and with it the write-ahead file
    took["store MiB"] = round((folder / "circles.db").stat().st_size / 2**20)
    return took, fitted


def published(home: Home, store: GraphStore, fitted: Fitted, snapshot: Snapshot, policy: Policy) -> str:
    """A version of this snapshot by a model of the same things; returns its name."""
    model = replace(fitted.model, newest_at=snapshot.as_of)
    of_these = replace(fitted, model=model, snapshot_id=snapshot.content_id)
    return publish(
        of_these, snapshot, home.versions, policy=policy, store_id=store.meta("store_id"), promote=True
    )


class Clock:
    """Seconds of a block, into a row: wall and, in brackets, CPU, which other work lengthens less."""

    def __init__(self, row: dict[str, Any], name: str) -> None:
        self._row, self._name = row, name

    def __enter__(self) -> None:
        self._begun, self._cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        wall, cpu = time.perf_counter() - self._begun, time.process_time() - self._cpu
        self._row[self._name] = f"{wall:.1f} ({cpu:.1f})"
        print(f"{self._row['people']:,} people: {self._name} {self._row[self._name]}", file=sys.stderr)


# -- what is in it ------------------------------------------------------------------------------------


def fill(store: GraphStore, pseudonyms: Pseudonyms, num_people: int, now: int) -> None:
    """Things, then people a block at a time, each block by its own seed."""
    add_things(store, now)
    for start in range(0, num_people, AT_ONCE):
        number = min(AT_ONCE, num_people - start)
        rng = np.random.default_rng(start)
        ids = pseudonyms.of_many([f"u{i}" for i in range(start, start + number)])
        users = store.upsert("User", {"id": ids, "adult": [True] * number})
        granted = {"purpose": ["circles"] * number, "granted": [True] * number, "at": [1] * number}
        store.set_consents({"user": users.tolist(), **granted})
        tastes = (TASTES * rng.random((number, 2)) ** 1.5).astype(np.int64)
        paid, bought = payments(users, tastes, now, rng)
        store.set_edges("paid", paid)
        store.set_edges("bought", bought)
        store.add_memberships(memberships(users, tastes, now, rng))


def add_things(store: GraphStore, now: int) -> None:
    """Shops, goods and circles; the index of each is its place, as the store gives them in order."""
    names = [f"{KINDS[taste % len(KINDS)]} {taste:03}" for taste in range(TASTES)]
    shops, goods, circles = (TASTES * each for each in (SHOPS_A_TASTE, GOODS_A_TASTE, CIRCLES_A_TASTE))
    store.upsert(
        "Merchant",
        {
            "id": [f"m{i}" for i in range(shops)],
            "name": [f"Shop {i}" for i in range(shops)],
            "category": [names[i // SHOPS_A_TASTE] for i in range(shops)],
        },
    )
    store.upsert(
        "Product",
        {
            "id": [f"p{i}" for i in range(goods)],
            "category": [names[i // GOODS_A_TASTE] for i in range(goods)],
        },
    )
    found = store.upsert(
        "Circle",
        {
            "id": [f"c{i}" for i in range(circles)],
            "name": [f"Friends of {names[i // CIRCLES_A_TASTE]}, {i}" for i in range(circles)],
            "scene": [SCENES_USED[i // CIRCLES_A_TASTE % len(SCENES_USED)] for i in range(circles)],
            "created_at": [now - 2 * YEAR_S] * circles,
            "state": ["open"] * circles,
        },
    )
    store.set_themes({int(at): theme_of(at, names[at // CIRCLES_A_TASTE]) for at in found.tolist()})


def theme_of(circle: int, category: str) -> tuple[ThemeTarget, ...]:
    """The category of its taste and two of its shops."""
    first = circle // CIRCLES_A_TASTE * SHOPS_A_TASTE
    shops = (first + (circle * step) % SHOPS_A_TASTE for step in (3, 7))
    return (ThemeTarget("category", category), *(ThemeTarget("merchant", f"m{i}") for i in sorted({*shops})))


def payments(users: Array, tastes: Array, now: int, rng: np.random.Generator) -> tuple[UserEdges, UserEdges]:
    """What ten payments of each person add up to, in shops and for goods of their tastes."""
    number = len(users)
    of = tastes[np.arange(number)[:, None], rng.integers(0, 2, (number, FAVOURITES))]
    favourites = of * SHOPS_A_TASTE + (SHOPS_A_TASTE * rng.random((number, FAVOURITES)) ** 2).astype(np.int64)
    chosen = (FAVOURITES * rng.random((number, PAYMENTS)) ** 1.5).astype(np.int64)
    shops = np.take_along_axis(favourites, chosen, axis=1)
    at = now - 1 - (YEAR_S * rng.random((number, PAYMENTS))).astype(np.int64)
    goods = shops // SHOPS_A_TASTE * GOODS_A_TASTE
    goods += (GOODS_A_TASTE * rng.random((number, PAYMENTS)) ** 2).astype(np.int64)
    named = rng.random((number, PAYMENTS)) < NAMED
    owner = np.repeat(np.arange(number), PAYMENTS)
    paid = summed(users, owner, shops.ravel(), at.ravel(), PAID, "merchant")
    paid.edges["days"], paid.edges["band"] = paid.edges["payments"], 3
    paid.edges["scene"] = scene_of_shop(paid.edges["merchant"])
    few = named.ravel()
    bought = summed(users, owner[few], goods.ravel()[few], at.ravel()[few], BOUGHT, "product")
    bought.edges["quantity"] = bought.edges["payments"]
    return paid, bought


def summed(
    users: Array, owner: Array, things: Array, at: Array, layout: np.dtype[np.void], name: str
) -> UserEdges:
    """Payments of one person for one thing as one edge."""
    order = np.lexsort([at, things, owner])
    owner, things, at = owner[order], things[order], at[order]
    is_first = np.ones(len(owner), dtype=bool)
    is_first[1:] = (owner[1:] != owner[:-1]) | (things[1:] != things[:-1])
    starts = np.flatnonzero(is_first)
    ends = np.append(starts[1:], len(owner))
    edges = np.zeros(len(starts), dtype=layout)
    edges[name], edges["payments"], edges["last_at"] = things[starts], ends - starts, at[ends - 1]
    if "first_at" in (layout.names or ()):
        edges["first_at"] = at[starts]
    offsets = np.append(0, np.cumsum(np.bincount(owner[starts], minlength=len(users))))
    return UserEdges(users, offsets.astype(np.int64), edges)


def scene_of_shop(shops: Array) -> Array:
    index = np.array([SCENES.index(scene) for scene in SCENES_USED])
    return index[shops // SHOPS_A_TASTE % len(SCENES_USED)]


def memberships(users: Array, tastes: Array, now: int, rng: np.random.Generator) -> dict[str, list[Any]]:
    """Circles of their tastes that people joined within the last year."""
    number = rng.poisson(JOINED, len(users))
    owner = np.repeat(np.arange(len(users)), number)
    taste = tastes[owner, rng.integers(0, 2, len(owner))]
    circles = taste * CIRCLES_A_TASTE + rng.integers(0, CIRCLES_A_TASTE, len(owner))
    pairs = np.unique(np.stack([users[owner], circles], axis=1), axis=0)
    joined = now - 1 - (YEAR_S * rng.random(len(pairs))).astype(np.int64)
    columns = {"user": pairs[:, 0].tolist(), "circle": pairs[:, 1].tolist(), "joined_at": joined.tolist()}
    return columns | {"left_at": [None] * len(pairs)}
