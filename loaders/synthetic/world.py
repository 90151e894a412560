"""The things and the people: merchants, products and users, each with a city and a latent taste."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loaders.synthetic.categories import CURRENCIES, GOODS, SERVICES
from loaders.synthetic.cells import Cells, Float, Int, pick, shares_out
from loaders.synthetic.plan import Plan

Int16 = npt.NDArray[np.int16]
NEUTRAL_SHARE = 0.15  # of merchants and products belong to no taste; sensitive ones never do
DOLLAR_IN_YUAN = 7.0
# Spread (sigma) of log-normal popularity inside a cell; together with the unequal cities, tastes and
# categories it gives the shares of the top 1 and 10 % of the real sets.
MERCHANT_SPREAD, PRODUCT_SPREAD = 1.35, 1.85
# Complete Journey: a good quarter of the stores has nearly all baskets; the others are corner shops.
LARGE_STORE_SHARE, LARGE_STORE_SPREAD, SMALL_STORE, SMALL_STORE_SPREAD = 0.25, 0.8, -4.2, 1.4
# Lines of Complete Journey's households are exponential; visits of Foursquare's users are log-normal.
VISITOR_SPREAD = 1.4
ACTIVITY_IN_COMMON = 0.5  # how far a person who shops much also goes out much


@dataclass(frozen=True)
class Things:
    """Merchants of one sort, or products, by index. `taste` is `tastes` where there is none.

    category: index into SERVICES, RETAIL or GOODS. log_price: of one visit or one unit, yuan.
    city: of a store or service; 0 for products.
    """

    category: Int16
    city: Int16
    taste: Int16
    log_price: Float
    weight: Float
    cells: Cells

    def __len__(self) -> int:
        return len(self.category)


@dataclass(frozen=True)
class People:
    """Users by index: city, two tastes and the share of the first; exact numbers of lines."""

    city: Int16
    taste: Int16
    second_taste: Int16
    first_share: Float
    retail_lines: Int
    service_lines: Int

    def __len__(self) -> int:
        return len(self.city)


@dataclass(frozen=True)
class World:
    """All that is fixed before anybody pays.

    Merchants are numbered stores first, then services, then brands.
    maker: merchant index of each product's maker. currency: index into CURRENCIES of every store and
    service, that of its city. affinity: float64 (tastes, num_goods + num_services), how much each taste
    cares for each category.
    """

    plan: Plan
    stores: Things
    services: Things
    products: Things
    maker: Int
    people: People
    currency: Int
    affinity: Float


def make_world(plan: Plan) -> World:
    """Draw the world of a plan."""
    affinity = plan.random(1).gamma(0.25, size=(plan.tastes, len(GOODS) + len(SERVICES))) + 0.01
    city_share: Float = 1.0 / np.arange(1, plan.cities + 1, dtype=np.float64) ** 0.8
    currency = pick([c[1] for c in CURRENCIES], plan.random(2).random(plan.cities))
    currency[0] = 0  # the largest city pays in yuan
    stores = _stores(plan, city_share)
    services = _services(plan, city_share, affinity[:, len(GOODS) :])
    return World(
        plan=plan,
        stores=stores,
        services=services,
        products=_products(plan, affinity[:, : len(GOODS)]),
        maker=_makers(plan),
        people=_people(plan, city_share),
        currency=currency[np.concatenate([stores.city, services.city])],
        affinity=affinity,
    )


def _cities(rng: np.random.Generator, share: Float, size: int) -> Int16:
    """Cities by share; the first few are dealt out in turn, so that no city is without."""
    city = pick(share, rng.random(size))
    city[: len(share)] = np.arange(min(len(share), size))
    return city.astype(np.int16)


def _stores(plan: Plan, city_share: Float) -> Things:
    rng = plan.random(3)
    city = _cities(rng, city_share, plan.stores)
    large = rng.random(plan.stores) < LARGE_STORE_SHARE
    large[: plan.cities] = True  # the first store of each city
    weight = np.where(
        large,
        rng.lognormal(0.0, LARGE_STORE_SPREAD, plan.stores),
        rng.lognormal(SMALL_STORE, SMALL_STORE_SPREAD, plan.stores),
    )
    return Things(
        category=pick([5, 3, 1], rng.random(plan.stores)).astype(np.int16),
        city=city,
        taste=np.full(plan.stores, plan.tastes, dtype=np.int16),  # everybody needs groceries
        log_price=np.zeros(plan.stores),
        weight=weight,
        cells=Cells(city, weight, plan.cities),
    )


def _services(plan: Plan, city_share: Float, affinity: Float) -> Things:
    rng = plan.random(4)
    category = pick([s.share for s in SERVICES], rng.random(plan.services))
    taste = _tastes(rng, category, affinity, np.array([s.sensitive for s in SERVICES]))
    city = _cities(rng, city_share, plan.services)
    weight = rng.lognormal(0.0, MERCHANT_SPREAD, plan.services)
    return Things(
        category=category.astype(np.int16),
        city=city,
        taste=taste,
        log_price=rng.normal(
            np.array([s.log_price for s in SERVICES])[category],
            np.array([s.spread for s in SERVICES])[category],
        ),
        weight=weight,
        cells=Cells(
            city.astype(np.int64) * (plan.tastes + 1) + taste, weight, plan.cities * (plan.tastes + 1)
        ),
    )


def _products(plan: Plan, affinity: Float) -> Things:
    rng = plan.random(5)
    share = np.array([g.share for g in GOODS])
    category = pick(np.sqrt(share), rng.random(plan.products))  # as many lines a category as its share
    taste = _tastes(rng, category, affinity, np.array([g.sensitive for g in GOODS]))
    weight = rng.lognormal(0.0, PRODUCT_SPREAD, plan.products) * np.sqrt(share)[category]
    price = np.array([g.log_price for g in GOODS])[category] + np.log(DOLLAR_IN_YUAN)
    return Things(
        category=category.astype(np.int16),
        city=np.zeros(plan.products, dtype=np.int16),
        taste=taste,
        log_price=rng.normal(price, np.array([g.spread for g in GOODS])[category]),
        weight=weight,
        cells=Cells(taste, weight, plan.tastes + 1),
    )


def _tastes(
    rng: np.random.Generator, category: Int, affinity: Float, sensitive: npt.NDArray[np.bool_]
) -> Int16:
    """A taste for each thing, likelier one that cares for its category; none for neutral and sensitive."""
    tastes = len(affinity)
    chosen = np.empty(len(category), dtype=np.int64)
    for number in range(affinity.shape[1]):
        at = np.flatnonzero(category == number)
        chosen[at] = pick(affinity[:, number], rng.random(len(at)))
    neutral = sensitive[category] | (rng.random(len(category)) < NEUTRAL_SHARE)
    return np.where(neutral, tastes, chosen).astype(np.int16)


def _makers(plan: Plan) -> Int:
    """Merchant index of each product's maker; a few makers make most products, as in Complete Journey."""
    rng = plan.random(6)
    share = 1.0 / np.arange(1, plan.brands + 1)
    return plan.stores + plan.services + pick(share, rng.random(plan.products))


def _people(plan: Plan, city_share: Float) -> People:
    rng = plan.random(7)
    taste_share = 1.0 / np.arange(1, plan.tastes + 1) ** 0.5
    shopper = rng.standard_exponential(plan.users)
    outgoing = rng.lognormal(0.0, VISITOR_SPREAD, plan.users) * shopper**ACTIVITY_IN_COMMON
    return People(
        city=pick(city_share, rng.random(plan.users)).astype(np.int16),
        taste=pick(taste_share, rng.random(plan.users)).astype(np.int16),
        second_taste=pick(taste_share, rng.random(plan.users)).astype(np.int16),
        first_share=rng.beta(6, 3, plan.users),
        retail_lines=shares_out(plan.retail_lines, shopper, least=1),
        service_lines=shares_out(plan.service_lines, outgoing),
    )
