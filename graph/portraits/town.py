"""Who and what portraits count, read from a store: people, merchants, things, and the labels of all cells.

Labels come from people of all merchants together, so that no merchant's own fans decide what is named; and
from noisy sizes, so that no single person does: what is named from its hundredth buyer on tells of that one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from graph.policy.eligibility import RECOMMENDABLE, is_ready
from graph.policy.lattice import named_categories
from graph.policy.topics import risky_topic
from graph.policy.values import Policy
from graph.portraits.census import Int64, Town
from graph.portraits.peers import Kind
from graph.portraits.questions import MAX_CATEGORIES, MAX_CIRCLES, MAX_SHOPS, Labels
from graph.schema import Purpose
from graph.stores.base import Circle, GraphStore
from graph.themes.index import barred
from graph.traces import things_with_traces

PEOPLE_A_LABEL = 60  # of everybody, on average; more categories scatter a merchant's fans until none is shown
LEAST_DAYS = 12.0  # people whose days a category would fill alone; of hundreds, as nobody buys one thing only
Key = TypeVar("Key", int, str)


def town_of(store: GraphStore, policy: Policy) -> Town:
    """Adults who grant `portraits` now; merchants that are not sensitive, nor of finance or credit.

    Where the unknown is sensitive, neither are those of which nobody has said anything.
    """
    users, shops, products = (store.nodes(label) for label in ("User", "Merchant", "Product"))
    adults = np.asarray(users["index"], dtype=np.int64)[np.asarray(users["adult"], dtype=bool)]
    texts = [*shops["category"], *products["category"]]
    categories = tuple(sorted({text for text in texts if text}))
    place_of = {category: place for place, category in enumerate(categories)}
    index_of = dict(zip(shops["id"], shops["index"], strict=True))
    people = np.intersect1d(adults, store.consents(Purpose.PORTRAITS.value))
    is_open = _is_open(shops, policy)
    if store.meta("terms") != "public" and policy.unknown_category == "sensitive":
        is_open &= things_with_traces(shops, np.zeros(0, dtype=np.int64), products["merchant_id"])
    owners = np.flatnonzero(is_open)  # nodes come by index
    return Town(
        people=people,
        lots=np.array([_lot(users["id"][at]) for at in np.searchsorted(users["index"], people)], np.uint64),
        owners=np.asarray(shops["index"], dtype=np.int64)[owners],
        order=np.argsort(np.argsort([shops["id"][at] for at in owners])).astype(np.int64),
        categories=categories,
        shops=np.asarray(shops["index"], dtype=np.int64),
        shop_category=_places(shops["category"], place_of),
        products=np.asarray(products["index"], dtype=np.int64),
        maker=_places(products["merchant_id"], index_of),
        product_category=_places(products["category"], place_of),
    )


@dataclass(frozen=True)
class Sizes:
    """How many people have what, with noise: what decides which things are named.

    categories: name -> people whose days it would fill alone. shops: store index -> people. circles: id ->
    members; both only of those with enough.
    """

    categories: Mapping[str, float]
    shops: Mapping[int, int]
    circles: Mapping[str, int]


def labels_of(
    store: GraphStore,
    policy: Policy,
    sizes: Sizes,
    *,
    unknown_category: str | None = None,
) -> Labels:
    """What cells stand for: what many people of all merchants have; see `policy.lattice.named_categories`."""
    days = sizes.categories
    named = named_categories(policy, days, least=LEAST_DAYS, unknown_category=unknown_category)
    shops = dict(zip(store.ids("Merchant", list(sizes.shops)), sizes.shops.values(), strict=True))
    number = min(MAX_CATEGORIES, int(max(0.0, sum(days.values()))) // PEOPLE_A_LABEL)
    return Labels(
        categories=tuple(sorted(_largest({name: days[name] for name in named}, number))),
        shops=tuple(sorted(_largest(shops, MAX_SHOPS))),
        circles=tuple(sorted(_largest(sizes.circles, MAX_CIRCLES))),
        bands=policy.amount_bands,
    )


def kinds_of(store: GraphStore, merchants: Sequence[str]) -> dict[str, Kind]:
    """What merchants are, by id."""
    found = store.describe("Merchant", list(merchants))
    rows = zip(*(found[name] for name in ("id", "kind", "category", "scene")), strict=True)
    return {id_: Kind(kind or "merchant", _line(category, scene)) for id_, kind, category, scene in rows}


def _line(category: str | None, scene: str | None) -> tuple[str, str] | None:
    if category:
        return "category", category
    return ("scene", scene) if scene else None


def last_joined(store: GraphStore, circles: Sequence[str]) -> tuple[Int64, Int64]:
    """Users who are in one of these circles now, and the place in `circles` of the one joined last."""
    indices = store.indices("Circle", list(circles))
    known = indices[indices >= 0].tolist()
    columns = store.memberships_in(known)
    stays = columns["left_at"] < 0
    users, joined, at = (columns[name][stays] for name in ("user", "circle", "joined_at"))
    order = np.lexsort((joined, at, users))
    is_last = np.append(users[order][1:] != users[order][:-1], True)[: len(order)]
    places = np.zeros(int(indices.max(initial=0)) + 1, dtype=np.int64)
    places[indices[indices >= 0]] = np.flatnonzero(indices >= 0)
    return users[order][is_last], places[joined[order][is_last]]


def circle_sizes(
    store: GraphStore, policy: Policy, town: Town, circles: Sequence[Circle], now: int
) -> dict[str, int]:
    """Circles that are recommended: people who joined it last, and agreed; exact.

    Args:
        circles: none behind the sensitive wall.
    """
    open_ = sorted(circle.circle_id for circle in circles if _is_shown(circle, policy, now))
    users, places = last_joined(store, open_)
    sizes = np.bincount(places[np.isin(users, town.people)], minlength=len(open_))
    return dict(zip(open_, sizes.tolist(), strict=True))


def _is_shown(circle: Circle, policy: Policy, now: int) -> bool:
    words = [target.target_id for target in circle.theme if target.kind == "category"]
    return (
        circle.state in RECOMMENDABLE
        and is_ready(circle.created_at, now, policy.lifecycle.waiting_days)
        and not risky_topic(policy.risky, [circle.name, circle.description, *circle.words, *words])
    )


def _is_open(shops: Mapping[str, Sequence[Any]], policy: Policy) -> npt.NDArray[np.bool_]:
    rows = zip(*(shops[name] for name in ("name", "category", "scene", "sensitive")), strict=True)
    return np.array([barred(policy, n, c, s, bool(flag)) is None for n, c, s, flag in rows], dtype=bool)


def _lot(user_id: str) -> int:
    return int.from_bytes(sha256(user_id.encode("utf-8")).digest()[:8], "big")


def _places(values: Sequence[str | None], place_of: Mapping[str, int]) -> Int64:
    """Where each value is, -1 for none."""
    return np.array([place_of.get(value, -1) if value else -1 for value in values], dtype=np.int64)


def _largest(sizes: Mapping[Key, float], most: int) -> list[Key]:
    return sorted(sizes, key=lambda key: (-sizes[key], key))[:most]
