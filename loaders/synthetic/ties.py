"""What is planted: circles with themes and members, friendships, and the places that friends share.

A person joins circles of their own tastes (mostly), befriends people of the same taste and city, of the
same circle or of the same city, and has a few favourite places, rare ones as often as popular ones, where
their friends come too.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loaders.synthetic.categories import GOODS, SERVICES
from loaders.synthetic.cells import Cells, Float, Int, positions
from loaders.synthetic.plan import MEMBERS_SHARE, TEST_SHARE, THEME_ONLY_SHARE
from loaders.synthetic.world import People, Things, World

Bool = npt.NDArray[np.bool_]
MOST_THEME_SERVICES, MOST_THEME_PRODUCTS, FAVOURITES = 3, 4, 3
CIRCLE_SPREAD = 1.2  # Meetup: 22 members in the middle, 581 at 99 %
BY_TASTE = 0.85  # of the memberships; the others by popularity alone
MOST_MEMBERSHIPS = 60
LINKS_PER_USER = 2.3  # Foursquare: 2.2 in New York, 2.4 in Sao Paulo
SOCIAL_SPREAD = 1.4  # their friends: 2 in the middle, 32 to 38 at 99 %
LINK_KINDS = ("taste", "circle", "city")
LINK_SHARES = (0.55, 0.25, 0.20)


@dataclass(frozen=True)
class Circles:
    """Circles by index.

    services, products: int64 (num_circles, most), theme targets; only the first `num_services` and
    `num_products` of a row count. category: index into GOODS or -1. owner: index of a merchant.
    """

    taste: Int
    weight: Float
    theme_only: Bool
    services: Int
    num_services: Int
    products: Int
    num_products: Int
    category: Int
    owner: Int

    def __len__(self) -> int:
        return len(self.taste)


@dataclass(frozen=True)
class Members:
    """One entry a membership, sorted by user, then circle. `test` ones are answers to be found.

    offsets: int64 (num_users + 1,).
    """

    user: Int
    circle: Int
    test: Bool
    offsets: Int


@dataclass(frozen=True)
class Links:
    """One entry a pair, user < other, sorted; `kind` is an index into LINK_KINDS.

    friends, offsets: for each user all friends, those under test/ included.
    """

    user: Int
    other: Int
    kind: Int
    test: Bool
    friends: Int
    offsets: Int


@dataclass(frozen=True)
class Ties:
    """All that is planted. favourites: int64 (num_users, FAVOURITES), indices of services."""

    circles: Circles
    members: Members
    links: Links
    favourites: Int


def make_ties(world: World) -> Ties:
    """Plant circles, memberships, links and favourite places."""
    circles = _circles(world)
    members = _members(world, circles)
    return Ties(circles, members, _links(world, circles, members), _favourites(world))


def taste_of(people: People, users: npt.NDArray[np.integer], uniform: Float) -> Int:
    """One of each user's two tastes, the first with its share."""
    first = uniform < people.first_share[users]
    taste: Int = np.where(first, people.taste[users], people.second_taste[users]).astype(np.int64)
    return taste


def _circles(world: World) -> Circles:
    plan, rng = world.plan, world.plan.random(10)
    taste = rng.permutation(np.arange(plan.circles) % plan.tastes)
    services = _targets(rng, world.services, taste, plan.tastes, MOST_THEME_SERVICES)
    products = _targets(rng, world.products, taste, plan.tastes, MOST_THEME_PRODUCTS)
    weight = rng.lognormal(0.0, CIRCLE_SPREAD, plan.circles)
    small = weight < np.quantile(weight, 0.8)  # a circle that nobody has joined yet is no large one
    by_maker = rng.random(plan.circles) < 0.3
    return Circles(
        taste=taste,
        weight=weight,
        theme_only=small & (rng.random(plan.circles) < THEME_ONLY_SHARE),
        services=services,
        num_services=rng.integers(1, MOST_THEME_SERVICES + 1, plan.circles),
        products=products,
        num_products=rng.integers(1, MOST_THEME_PRODUCTS + 1, plan.circles),
        category=_favourite_category(rng, world.affinity[:, : len(GOODS)], taste),
        owner=np.where(by_maker, world.maker[products[:, 0]], plan.stores + services[:, 0]),
    )


def _targets(rng: np.random.Generator, things: Things, taste: Int, tastes: int, most: int) -> Int:
    """Popular things of each circle's taste, from all cities; of any taste where it has none."""
    cells = Cells(things.taste, things.weight, tastes + 1)
    wanted = np.repeat(taste, most)
    found = cells.draw(wanted, wanted + 1, rng.random(len(wanted)))
    anything = cells.draw(np.zeros_like(wanted), np.full_like(wanted, tastes), rng.random(len(wanted)))
    return np.where(found >= 0, found, np.maximum(anything, 0)).reshape(len(taste), most)


def _favourite_category(rng: np.random.Generator, affinity: Float, taste: Int) -> Int:
    """One of the three ordinary categories that the taste cares for most, for six circles in ten."""
    ordinary = np.flatnonzero([not goods.sensitive for goods in GOODS])
    best = ordinary[np.argsort(-affinity[:, ordinary], axis=1)[:, :3]]
    chosen = best[taste, rng.integers(0, 3, len(taste))]
    return np.where(rng.random(len(taste)) < 0.6, chosen, -1)


def _members(world: World, circles: Circles) -> Members:
    rng, people = world.plan.random(11), world.people
    wanted = 1 + np.floor(rng.lognormal(0.3, 1.0, len(people))).astype(np.int64)
    wanted = np.minimum(wanted, min(MOST_MEMBERSHIPS, max(1, len(circles) // 2)))
    wanted[rng.random(len(people)) >= MEMBERS_SHARE] = 0
    user, _ = positions(wanted)
    own = taste_of(people, user, rng.random(len(user)))
    anywhere = rng.random(len(user)) >= BY_TASTE
    tastes = world.plan.tastes
    low, high = np.where(anywhere, 0, own), np.where(anywhere, tastes, own + 1)
    circle = Cells(circles.taste, circles.weight, tastes).draw(low, high, rng.random(len(user)))
    pairs = np.unique(user[circle >= 0] * len(circles) + circle[circle >= 0])
    user, circle = np.divmod(pairs, len(circles))
    test = circles.theme_only[circle] | (rng.random(len(pairs)) < TEST_SHARE)
    return Members(user, circle, test, np.searchsorted(user, np.arange(len(people) + 1)))


def _links(world: World, circles: Circles, members: Members) -> Links:
    plan, rng, people = world.plan, world.plan.random(12), world.people
    social = rng.lognormal(0.0, SOCIAL_SPREAD, plan.users)
    everybody = Cells(np.zeros(plan.users, dtype=np.int64), social, 1)
    size = round(LINKS_PER_USER * plan.users)
    zeros = np.zeros(size, dtype=np.int64)
    one = everybody.draw(zeros, zeros + 1, rng.random(size))
    kind = rng.choice(len(LINK_KINDS), size, p=LINK_SHARES)
    home = people.city.astype(np.int64) * plan.tastes
    alike = Cells(home + people.taste, social, plan.cities * plan.tastes)
    low = np.where(kind == 2, home[one], home[one] + people.taste[one])
    high = np.where(kind == 2, home[one] + plan.tastes, low + 1)
    other = alike.draw(low, high, rng.random(size))
    fellow = _fellow_member(rng, members, len(circles), one)
    other = np.where(kind == 1, fellow, other)
    return _distinct_links(rng, one, other, kind, plan.users)


def _fellow_member(rng: np.random.Generator, members: Members, num_circles: int, user: Int) -> Int:
    """Somebody of one of the user's circles; the user themself where they are in none."""
    if not len(members.user):
        return user
    count = members.offsets[user + 1] - members.offsets[user]
    mine = members.offsets[user] + np.floor(rng.random(len(user)) * count).astype(np.int64)
    circle = members.circle[np.minimum(mine, len(members.circle) - 1)]
    cells = Cells(members.circle, np.ones(len(members.circle)), num_circles)
    at = cells.draw(circle, circle + 1, rng.random(len(user)))
    return np.where(count > 0, members.user[at], user)


def _distinct_links(rng: np.random.Generator, one: Int, other: Int, kind: Int, num_users: int) -> Links:
    real = one != other
    low, high = np.minimum(one, other)[real], np.maximum(one, other)[real]
    pairs, first = np.unique(low * num_users + high, return_index=True)
    user, other = np.divmod(pairs, num_users)
    both = np.concatenate([user, other])
    order = np.argsort(both, kind="stable")
    return Links(
        user=user,
        other=other,
        kind=kind[real][first],
        test=rng.random(len(pairs)) < TEST_SHARE,
        friends=np.concatenate([other, user])[order],
        offsets=np.searchsorted(both[order], np.arange(num_users + 1)),
    )


def _favourites(world: World) -> Int:
    """Places of the user's city and first taste, each as likely as the next; of the city if it has none."""
    plan, rng, people, services = world.plan, world.plan.random(13), world.people, world.services
    cell = services.city.astype(np.int64) * (plan.tastes + 1) + services.taste
    cells = Cells(cell, np.ones(len(services)), plan.cities * (plan.tastes + 1))
    home = np.repeat(people.city.astype(np.int64) * (plan.tastes + 1), FAVOURITES)
    liked = home + np.repeat(people.taste, FAVOURITES)
    found = cells.draw(liked, liked + 1, rng.random(len(home)))
    anything = cells.draw(home, home + plan.tastes + 1, rng.random(len(home)))
    return np.where(found >= 0, found, anything).reshape(plan.users, FAVOURITES)


def theme_scene(circles: Circles, services: Things) -> list[str]:
    """Scene of each circle: that of its first place."""
    return [SERVICES[category].scene for category in services.category[circles.services[:, 0]]]
