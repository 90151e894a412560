"""Payments of a block of users: baskets and visits that repeat as people repeat.

A person's next basket goes to the store of an earlier one, each earlier basket as likely as the next, or
to a new store with a probability that falls with experience (a Chinese restaurant process); products and
visits alike. Copies are resolved for a whole block at once: each item points at an earlier one, and
pointers are doubled until they reach a first time. First times follow taste, circles, friends and
popularity.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from loaders.synthetic.calendar import Calendar
from loaders.synthetic.categories import CURRENCIES
from loaders.synthetic.cells import Float, Int, positions
from loaders.synthetic.plan import REFUND_SHARE
from loaders.synthetic.ties import FAVOURITES, Ties, taste_of
from loaders.synthetic.world import World


class Habit(NamedTuple):
    """The n-th choice is new with probability (1 + n / scale) ** -power.

    staple: share of the new choices that are ever made again; a copy of another one is a new choice.
    """

    scale: float
    power: float
    staple: float


# How people repeat: see `Habit`. Fitted on distinct choices against choices made, and on how many are made
# once: stores and products of Complete Journey's households, venues of Foursquare's users in New York and
# Sao Paulo. (A new choice that happens to be an old one is left as it is, so the fit is of the whole.)
NEW_STORE, NEW_PRODUCT, NEW_PLACE = Habit(1.0, 1.05, 0.985), Habit(150.0, 0.40, 0.72), Habit(24.0, 1.2, 0.8)
# Lines of a basket: a rounded log-normal; Complete Journey has 5 in the middle, 9.4 on average, 59 at 99 %.
BASKET_LOG_MEAN, BASKET_SPREAD = 1.62, 1.12
TRAVEL_SHARE = 0.04  # of first visits are in another city
# First visits: own favourite places, a friend's, the theme of an own circle, own taste; else by popularity.
PLACE_CHANNELS = np.cumsum([0.08, 0.08, 0.15, 0.34])
# First purchases of a product: the theme of an own circle, own taste; else by popularity.
PRODUCT_CHANNELS = np.cumsum([0.06, 0.50])
QUANTITIES = np.cumsum([0.79, 0.145, 0.026, 0.016, 0.01])  # of 1, 2, 3, 4, 5; the rest 6 (Complete Journey)
OFFER_SHARE = 0.2  # of lines at a lower price
REFUND_DELAY_DAYS = 5.0

LINE = np.dtype(
    [
        ("paid_at", "<u4"),
        ("user", "<u4"),
        ("merchant", "<u4"),  # stores, then services
        ("product", "<i4"),  # -1 for a visit
        ("cents", "<i4"),  # smallest units of a hundredth of the currency; negative = refund
        ("quantity", "u1"),  # 0 for a visit
    ]
)


@dataclass(frozen=True)
class Block:
    """What one block of users needs: the users [low, high) and its own random numbers."""

    world: World
    ties: Ties
    calendar: Calendar
    low: int
    high: int
    rng: np.random.Generator


def payments_of(block: Block) -> npt.NDArray[np.void]:
    """All lines of the block's users as LINE records; retail first, then visits."""
    return np.concatenate([_retail(block), _visits(block)])


def first_times(rng: np.random.Generator, start: Int, before: Int, position: Int, habit: Habit) -> Int:
    """For each choice the earlier choice that it repeats, or itself where it is new.

    Args:
        start: index of the first choice of the same person.
        before: how many earlier choices of the person may be repeated; 0 makes a choice new.
        position: how many choices the person has made before.
    """
    own = np.arange(len(start))
    new = (rng.random(len(start)) < (1 + position / habit.scale) ** -habit.power) | (before == 0)
    parent = np.where(new, own, start + (rng.random(len(start)) * before).astype(np.int64))
    while not np.array_equal(further := parent[parent], parent):
        parent = further
    staple = rng.random(len(start)) < habit.staple
    return np.where(staple[parent], parent, own)


def _retail(block: Block) -> npt.NDArray[np.void]:
    lines = block.world.people.retail_lines[block.low : block.high]
    user, position = positions(lines)
    basket = _baskets(block.rng, position)
    first_line = np.flatnonzero(np.diff(basket, prepend=-1))
    shopper = user[first_line]
    store, day = _stores(block, shopper)
    start = np.cumsum(lines) - lines
    root = first_times(block.rng, start[user], first_line[basket] - start[user], position, NEW_PRODUCT)
    product = _products(block, user, root)
    out = np.zeros(len(user), dtype=LINE)
    out["user"], out["product"] = block.low + user, product
    out["merchant"] = store[basket]
    out["paid_at"] = block.calendar.moments(block.rng, day, store)[basket]
    out["quantity"] = 1 + np.searchsorted(QUANTITIES, block.rng.random(len(user)), side="right")
    price = block.world.products.log_price[product] - _offers(block.rng, len(user))
    out["cents"] = _cents(block.world, out["merchant"], np.exp(price) * out["quantity"])
    _refund(block, out, basket[1:] == basket[:-1])
    return out


def _visits(block: Block) -> npt.NDArray[np.void]:
    visits = block.world.people.service_lines[block.low : block.high]
    user, position = positions(visits)
    start = np.cumsum(visits) - visits
    root = first_times(block.rng, start[user], position, position, NEW_PLACE)
    new = np.flatnonzero(root == np.arange(len(root)))
    place = np.empty(len(root), dtype=np.int64)
    place[new] = _places(block, block.low + user[new])
    place = place[root]
    out = np.zeros(len(user), dtype=LINE)
    out["user"], out["product"] = block.low + user, -1
    out["merchant"] = len(block.world.stores) + place
    day = block.calendar.sorted_days(block.rng, user)
    out["paid_at"] = block.calendar.moments(block.rng, day, out["merchant"].astype(np.int64))
    price = block.world.services.log_price[place] + block.rng.normal(0.0, 0.4, len(user))
    out["cents"] = _cents(block.world, out["merchant"], np.exp(price))
    _refund(block, out, user[1:] == user[:-1])
    return out


def _baskets(rng: np.random.Generator, position: Int) -> Int:
    """Number of the basket of each line: sizes laid over all lines, cut where a person begins."""
    begins = position == 0
    total, at = len(position), 0
    while at < total:
        drawn = np.rint(rng.lognormal(BASKET_LOG_MEAN, BASKET_SPREAD, total // 8 + 64))
        ends = at + np.cumsum(np.maximum(drawn, 1).astype(np.int64))
        begins[ends[ends < total]] = True
        at = int(ends[-1])
    return np.cumsum(begins) - 1


def _stores(block: Block, shopper: Int) -> tuple[Int, Int]:
    """Store and day of each basket; baskets of a person are in the order of time."""
    world, rng = block.world, block.rng
    counts = np.bincount(shopper, minlength=block.high - block.low)
    _, position = positions(counts)
    start = (np.cumsum(counts) - counts)[shopper]
    root = first_times(rng, start, position, position, NEW_STORE)
    new = np.flatnonzero(root == np.arange(len(root)))
    city = _city_of_visit(rng, world, block.low + shopper[new])
    store = np.empty(len(root), dtype=np.int64)
    store[new] = world.stores.cells.draw(city, city + 1, rng.random(len(new)))
    return store[root], block.calendar.sorted_days(rng, shopper)


def _city_of_visit(rng: np.random.Generator, world: World, user: Int) -> Int:
    home = world.people.city[user].astype(np.int64)
    away = rng.random(len(user)) < TRAVEL_SHARE
    return np.where(away, rng.integers(0, world.plan.cities, len(user)), home)


def _products(block: Block, user: Int, root: Int) -> Int:
    new = np.flatnonzero(root == np.arange(len(root)))
    product = np.empty(len(root), dtype=np.int64)
    product[new] = _new_products(block, block.low + user[new])
    return product[root]


def _new_products(block: Block, user: Int) -> Int:
    world, rng, tastes = block.world, block.rng, block.world.plan.tastes
    channel = np.searchsorted(PRODUCT_CHANNELS, rng.random(len(user)), side="right")
    taste = taste_of(world.people, user, rng.random(len(user)))
    low, high = np.where(channel == 1, taste, 0), np.where(channel == 1, taste + 1, tastes + 1)
    found = world.products.cells.draw(low, high, rng.random(len(user)))
    themed = _themed(block, user, channel == 0, "products")
    found = np.where(themed >= 0, themed, found)
    missing = np.flatnonzero(found < 0)  # a taste without any product: take one of all
    zeros = np.zeros(len(missing), dtype=np.int64)
    found[missing] = world.products.cells.draw(zeros, zeros + tastes + 1, rng.random(len(missing)))
    return found


def _places(block: Block, user: Int) -> Int:
    """Services visited for the first time."""
    world, rng, tastes = block.world, block.rng, block.world.plan.tastes
    channel = np.searchsorted(PLACE_CHANNELS, rng.random(len(user)), side="right")
    city = _city_of_visit(rng, world, user) * (tastes + 1)
    taste = taste_of(world.people, user, rng.random(len(user)))
    low = np.where(channel == 3, city + taste, city)
    high = np.where(channel == 3, low + 1, city + tastes + 1)
    found = world.services.cells.draw(low, high, rng.random(len(user)))
    popular = world.services.cells.draw(city, city + tastes + 1, rng.random(len(user)))
    found = np.where(found >= 0, found, popular)
    themed = _themed(block, user, channel == 2, "services")
    found = np.where(themed >= 0, themed, found)
    guide = np.where(channel == 1, _friend(block, user), user)
    favourite = block.ties.favourites[guide, rng.integers(0, FAVOURITES, len(user))]
    return np.where(channel <= 1, favourite, found)


def _friend(block: Block, user: Int) -> Int:
    """A friend of each user, or the user themself."""
    links, drawn = block.ties.links, block.rng.random(len(user))
    count = links.offsets[user + 1] - links.offsets[user]
    if not len(links.friends):
        return user
    at = links.offsets[user] + (drawn * count).astype(np.int64)
    return np.where(count > 0, links.friends[np.minimum(at, len(links.friends) - 1)], user)


def _themed(block: Block, user: Int, wanted: npt.NDArray[np.bool_], targets: str) -> Int:
    """A theme target of one of the user's circles where wanted and possible, else -1."""
    members, circles, rng = block.ties.members, block.ties.circles, block.rng
    out = np.full(len(user), -1, dtype=np.int64)
    count = members.offsets[user + 1] - members.offsets[user]
    at = np.flatnonzero(wanted & (count > 0))
    chosen = members.offsets[user[at]] + (rng.random(len(at)) * count[at]).astype(np.int64)
    circle = members.circle[chosen]
    table, width = getattr(circles, targets), getattr(circles, f"num_{targets}")
    out[at] = table[circle, (rng.random(len(at)) * width[circle]).astype(np.int64)]
    return out


def _offers(rng: np.random.Generator, size: int) -> Float:
    """What to take off the logarithm of the price: nothing, or a reduction of 5 to 40 %."""
    return np.where(rng.random(size) < OFFER_SHARE, rng.uniform(0.05, 0.5, size), 0.0)


def _cents(world: World, merchant: npt.NDArray[np.uint32], yuan: Float) -> npt.NDArray[np.int32]:
    """Amount in hundredths of the merchant's currency; whole units where the currency has no smaller ones."""
    rate = np.array([c[2] for c in CURRENCIES])
    step = np.array([10.0 ** (2 - c[3]) for c in CURRENCIES])
    currency = world.currency[merchant]
    steps = np.maximum(np.rint(yuan * rate[currency] * 100 / step[currency]), 1)
    cents: npt.NDArray[np.int32] = np.minimum(steps * step[currency], 2_000_000_000).astype(np.int32)
    return cents


def _refund(block: Block, lines: npt.NDArray[np.void], same: npt.NDArray[np.bool_]) -> None:
    """Turn some lines into the refund, days later, of the line before, where `same` allows it."""
    share = REFUND_SHARE * len(lines) / max(1, int(same.sum()))
    at = 1 + np.flatnonzero(same & (block.rng.random(len(same)) < share))
    at = at[np.diff(at, prepend=-1) > 1]  # the line before must stay a purchase
    delay = block.rng.exponential(REFUND_DELAY_DAYS * 86_400, len(at)).astype(np.int64)
    for name in ("merchant", "product", "quantity"):
        lines[name][at] = lines[name][at - 1]
    lines["cents"][at] = -lines["cents"][at - 1]
    lines["paid_at"][at] = block.calendar.no_later(lines["paid_at"][at - 1].astype(np.int64) + 60 + delay)
