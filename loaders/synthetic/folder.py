"""Every table of the folder: the catalogue, people and their ties, payments, and what was planted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.schema import Purpose
from loaders.synthetic.calendar import DAY, Calendar
from loaders.synthetic.categories import CURRENCIES, GOODS, RETAIL, SERVICES
from loaders.synthetic.cells import Int
from loaders.synthetic.tables import AMOUNT, MOMENT, amounts, chosen, labels, moments, sink, write_table
from loaders.synthetic.ties import LINK_KINDS, Circles, Ties, theme_scene
from loaders.synthetic.world import World

GRANTED = {Purpose.CIRCLES: 0.92, Purpose.LINKS: 0.65, Purpose.PORTRAITS: 0.75}
WITHDRAWN_SHARE = 0.02  # of what was granted is taken back later
LEFT_SHARE = 0.03  # of the memberships outside test/ have ended
TAKEN_BACK_AFTER_DAYS = 30


class Ids:
    """Ids of everything, made once. Merchants are stores, then services, then brands."""

    def __init__(self, world: World) -> None:
        plan = world.plan
        self.user = labels("u", plan.users)
        self.merchant = labels("m", plan.merchants)
        self.product = labels("p", plan.products)
        self.circle = labels("c", plan.circles)
        self.city = labels("city-", plan.cities)
        self.goods = pa.array([goods.category for goods in GOODS])


def write_catalogue(folder: Path, world: World, ties: Ties, calendar: Calendar) -> dict[str, int]:
    """Merchants, products, circles and themes."""
    ids = Ids(world)
    tables = {
        "merchants": _merchants(world, ids),
        "products": _products(world, ids),
        "circles": _circles(world, ties.circles, ids, calendar),
        "themes": _themes(world, ties.circles, ids),
    }
    return _write_all(folder, tables, world.plan.table_format)


def write_people(folder: Path, world: World, ties: Ties, calendar: Calendar) -> dict[str, int]:
    """Users, memberships, links and consents, and the answers under test/."""
    ids = Ids(world)
    tables = {
        "users": _users(world, ids),
        "consents": _consents(world, ids, calendar),
        **_memberships(world, ties, ids, calendar),
        **_links(world, ties, ids, calendar),
    }
    return _write_all(folder, tables, world.plan.table_format)


def write_payments(
    folder: Path, world: World, calendar: Calendar, parts: Iterator[npt.NDArray[np.void]]
) -> int:
    """Payments in the order of time; LINE records come in parts. The number of rows."""
    ids, codes, count = Ids(world), calendar.date_codes(), 0
    currencies = pa.array([currency[0] for currency in CURRENCIES])
    schema = _payments_schema()
    with sink(folder, "payments", schema, world.plan.table_format) as out:
        for lines in parts:
            day = (lines["paid_at"].astype(np.int64) - calendar.begin) // DAY
            number = codes[day] * 10**11 + np.arange(count, count + len(lines))
            columns = [
                pa.array(number).cast(pa.string()),
                chosen(ids.user, lines["user"]),
                chosen(ids.merchant, lines["merchant"]),
                chosen(ids.product, lines["product"], missing=True),
                pa.array(lines["quantity"].astype(np.int32), mask=lines["quantity"] == 0),
                amounts(lines["cents"]),
                chosen(currencies, world.currency[lines["merchant"]]),
                moments(lines["paid_at"]),
            ]
            out.write(pa.table(columns, schema=schema))
            count += len(lines)
    return count


def write_truth(folder: Path, world: World, ties: Ties) -> dict[str, int]:
    """What was planted, as Parquet; a taste of -1 is none."""
    ids, people, circles, links = Ids(world), world.people, ties.circles, ties.links
    of_merchant = np.concatenate(
        [world.stores.taste, world.services.taste, np.full(world.plan.brands, world.plan.tastes)]
    )
    favourites = np.arange(world.plan.users).repeat(ties.favourites.shape[1])
    tables = {
        "truth/users": {
            "user_id": ids.user,
            "taste": people.taste,
            "second_taste": people.second_taste,
            "first_share": people.first_share,
        },
        "truth/merchants": {"merchant_id": ids.merchant, "taste": _taste(of_merchant, world)},
        "truth/products": {"product_id": ids.product, "taste": _taste(world.products.taste, world)},
        "truth/circles": {
            "circle_id": ids.circle,
            "taste": circles.taste,
            "theme_only": circles.theme_only,
        },
        "truth/memberships": {
            "user_id": ids.user.take(pa.array(ties.members.user)),
            "circle_id": ids.circle.take(pa.array(ties.members.circle)),
            "test": ties.members.test,
        },
        "truth/links": {
            "user_id": ids.user.take(pa.array(links.user)),
            "other_user_id": ids.user.take(pa.array(links.other)),
            "met_by": pa.array(LINK_KINDS).take(pa.array(links.kind)),
            "test": links.test,
        },
        "truth/favourites": {
            "user_id": ids.user.take(pa.array(favourites)),
            "merchant_id": ids.merchant.take(pa.array(len(world.stores) + ties.favourites.ravel())),
        },
    }
    return _write_all(folder, {name: pa.table(table) for name, table in tables.items()}, "parquet")


def _write_all(folder: Path, tables: dict[str, pa.Table], table_format: str) -> dict[str, int]:
    return {name: write_table(folder, name, table, table_format) for name, table in tables.items()}


def _taste(taste: npt.NDArray[np.integer], world: World) -> npt.NDArray[np.integer]:
    return np.where(taste == world.plan.tastes, -1, taste)


def _payments_schema() -> pa.Schema:
    text = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [
            ("payment_id", pa.string()),
            ("user_id", text),
            ("merchant_id", text),
            ("product_id", text),
            ("quantity", pa.int32()),
            ("amount", AMOUNT),
            ("currency", text),
            ("paid_at", MOMENT),
        ]
    )


def _merchants(world: World, ids: Ids) -> pa.Table:
    services = [SERVICES[at] for at in world.services.category]
    stores = [RETAIL[at] for at in world.stores.category]
    brands: list[None] = [None] * world.plan.brands
    names = [f"{chinese} {english} {i + 1}" for i, (english, chinese) in enumerate(stores)]
    names += [
        s.chinese + ("" if s.category == s.chinese else f" {s.category}") + f" {i + 1}"
        for i, s in enumerate(services)
    ]
    names += [f"品牌 Brand {i + 1}" for i in range(len(brands))]
    cities: list[Any] = ids.city.take(pa.array(np.concatenate([world.stores.city, world.services.city])))
    return pa.table(
        {
            "merchant_id": ids.merchant,
            "name": names,
            "kind": ["store"] * (len(stores) + len(services)) + ["brand"] * len(brands),
            "category": [s[0] for s in stores] + [s.category for s in services] + brands,
            "scene": ["shopping"] * len(stores) + [s.scene for s in services] + brands,
            "city": pa.chunked_array([cities, pa.nulls(len(brands), pa.string())]),
            "sensitive": [None] * len(stores) + [s.sensitive or None for s in services] + brands,
        }
    )


def _products(world: World, ids: Ids) -> pa.Table:
    category = ids.goods.take(pa.array(world.products.category))
    return pa.table(
        {
            "product_id": ids.product,
            "name": [f"{name.title()} {i + 1}" for i, name in enumerate(category.to_pylist())],
            "category": category,
            "merchant_id": ids.merchant.take(pa.array(world.maker)),
        }
    )


def _circles(world: World, circles: Circles, ids: Ids, calendar: Calendar) -> pa.Table:
    owners = ids.merchant.take(pa.array(circles.owner))
    places = [SERVICES[at].chinese for at in world.services.category[circles.services[:, 0]]]
    return pa.table(
        {
            "circle_id": ids.circle,
            "name": [f"{place}圈 Circle {i + 1}" for i, place in enumerate(places)],
            "owner_id": owners,
            "scene": theme_scene(circles, world.services),
            "created_at": moments(np.full(len(circles), calendar.begin)),
        }
    )


def _themes(world: World, circles: Circles, ids: Ids) -> pa.Table:
    def targets(table: Int, width: Int, of: pa.Array) -> tuple[Int, list[str]]:
        used = np.arange(table.shape[1]) < width[:, None]
        return np.nonzero(used)[0], of.take(pa.array(table[used])).to_pylist()

    of_service = ids.merchant.slice(len(world.stores))
    with_category = np.flatnonzero(circles.category >= 0)
    parts = {
        "merchant": targets(circles.services, circles.num_services, of_service),
        "product": targets(circles.products, circles.num_products, ids.product),
        "category": (with_category, ids.goods.take(pa.array(circles.category[with_category])).to_pylist()),
    }
    rows = [(int(c), kind, target) for kind, part in parts.items() for c, target in zip(*part, strict=True)]
    rows = sorted(set(rows))
    return pa.table(
        {
            "circle_id": ids.circle.take(pa.array([row[0] for row in rows])),
            "kind": [row[1] for row in rows],
            "target_id": [row[2] for row in rows],
        }
    )


def _users(world: World, ids: Ids) -> pa.Table:
    rng, size = world.plan.random(30), world.plan.users
    return pa.table(
        {
            "user_id": ids.user,
            "verified": rng.random(size) < 0.97,
            "adult": rng.random(size) < 0.98,
            "city": ids.city.take(pa.array(world.people.city)),
        }
    )


def _consents(world: World, ids: Ids, calendar: Calendar) -> pa.Table:
    """One decision a person and purpose at the beginning, and some taken back later."""
    rng, size = world.plan.random(31), world.plan.users
    purposes = pa.array([purpose.value for purpose in GRANTED])
    granted = rng.random((len(GRANTED), size)) < np.array(list(GRANTED.values()))[:, None]
    purpose, user = np.nonzero(granted & (rng.random(granted.shape) < WITHDRAWN_SHARE))
    later = min(calendar.begin + TAKEN_BACK_AFTER_DAYS * DAY, calendar.end - 1)
    return pa.table(
        {
            "user_id": ids.user.take(
                pa.array(np.concatenate([np.tile(np.arange(size), len(GRANTED)), user]))
            ),
            "purpose": purposes.take(
                pa.array(np.concatenate([np.repeat(np.arange(len(GRANTED)), size), purpose]))
            ),
            "granted": np.concatenate([granted.ravel(), np.zeros(len(user), dtype=bool)]),
            "at": moments(np.repeat([calendar.begin, later], [granted.size, len(user)])),
        }
    )


def _memberships(world: World, ties: Ties, ids: Ids, calendar: Calendar) -> dict[str, pa.Table]:
    rng, members = world.plan.random(32), ties.members
    joined = rng.integers(calendar.begin, calendar.end, len(members.user))
    gone = rng.random(len(members.user)) < LEFT_SHARE
    left = rng.integers(joined, calendar.end)
    table = pa.table(
        {
            "user_id": ids.user.take(pa.array(members.user)),
            "circle_id": ids.circle.take(pa.array(members.circle)),
            "joined_at": moments(joined),
            "left_at": pa.array(left * 1000, mask=~gone).cast(MOMENT),
        }
    )
    return {
        "memberships": table.filter(pa.array(~members.test)),
        "test/memberships": table.filter(pa.array(members.test)).drop_columns(["left_at"]),
    }


def _links(world: World, ties: Ties, ids: Ids, calendar: Calendar) -> dict[str, pa.Table]:
    rng, links = world.plan.random(33), ties.links
    table = pa.table(
        {
            "user_id": ids.user.take(pa.array(links.user)),
            "other_user_id": ids.user.take(pa.array(links.other)),
            "since": moments(rng.integers(calendar.begin, calendar.end, len(links.user))),
        }
    )
    return {
        "links": table.filter(pa.array(~links.test)),
        "test/links": table.filter(pa.array(links.test)),
    }
