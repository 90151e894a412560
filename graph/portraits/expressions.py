"""What payments say about fans, as dataframe expressions over the rows of the payment log.

Written in Ibis, as `graph/expressions.py` is. Rules:

- A purchase counts, a refund does not; nothing walled, nothing of finance or credit, only people who agreed.
- Somebody is a fan of a merchant that they paid, and of one that made a product they bought.
- Days are UTC days; hours and weekdays are those of the place where people live.
- Where somebody has several of something, the one of most days counts, then the one seen last, then the
  first by name: never a lot that a second look would draw anew, nor a number of the store, which says in
  which order things came, also behind the wall.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from graph.portraits.census import DAY_S, SHOPS_OF_ONE, UNNAMED, Stretch
from graph.portraits.periods import FIRST_MONDAY_S, PERIOD_S
from graph.portraits.questions import HOURS
from graph.schema import PRIVATE_SCENES, SCENES

PEOPLE = ibis.schema({"user": "!uint32", "lot": "!uint64"})
OWNERS = ibis.schema({"merchant": "!uint32", "order": "!int64"})
GOODS = ibis.schema({"product": "!uint32", "maker": "uint32", "product_category": "int32"})
SHARES = ibis.schema({"category": "!int32", "share": "!float64"})
SHOWN = ibis.schema({"shop": "!uint32", "place": "!int32"})
JOINED = ibis.schema({"user": "!uint32", "circle": "!int32"})
SHOPS = ibis.schema({"merchant": "!uint32", "shop_category": "int32"})
LEAST_EXPECTED = (
    3.0  # days: below, a residual is about how rare a category is; 1.0 scatters people over more cells
)
_PARTS = tuple(int(part[:2]) for part in HOURS[1:])  # hours from which the next part of the day counts


def visits(
    rows: ir.Table, people: ir.Table, goods: ir.Table, shops: ir.Table, *, since: int, until: int
) -> ir.Table:
    """Purchases that count: user, shop, maker, category, paid_at, band.

    category: the product's, else the shop's; null where it has none, or one that may not be named.
    """
    kept = counted(rows, people, since=since, until=until)
    joined = kept.left_join(goods, "product").left_join(shops, "merchant")
    category = ibis.coalesce(joined.product_category, joined.shop_category).nullif(UNNAMED)
    return joined.select("user", "maker", "paid_at", "band", shop=joined.merchant, category=category)


def counted(rows: ir.Table, people: ir.Table, *, since: int, until: int) -> ir.Table:
    """Rows of the log that count: user, merchant, product, paid_at, band."""
    private = [SCENES.index(scene) for scene in PRIVATE_SCENES]
    kept = rows.filter(
        ~rows.walled,
        ~rows.refund,
        rows.paid_at >= since,
        rows.paid_at < until,
        rows.scene.notin(private),
    )
    return kept.select("user", "merchant", "product", "paid_at", "band").semi_join(people, "user")


def fans(visits_: ir.Table, owners: ir.Table) -> ir.Table:
    """A visit for each merchant that somebody is a fan of by it: `merchant` beside its other columns."""
    direct = visits_.mutate(merchant=visits_.shop).drop("maker")
    made = visits_.filter(visits_.maker.notnull() & (visits_.maker != visits_.shop))
    return direct.union(made.mutate(merchant=made.maker).drop("maker")).semi_join(owners, "merchant")


def ties(
    fans_: ir.Table, known: ir.Table, owners: ir.Table, at: Stretch, *, most: int, regular_days: int
) -> ir.Table:
    """Who counts as whose fan, and how they stand: user, merchant, standing, a place in STANDING.

    Args:
        fans_: of both stretches. known: user and merchant, distinct, of all visits before the window.
        most: merchants of one person, those of most days.
    """
    daily = fans_.select("user", "merchant", day=fans_.paid_at // DAY_S).distinct()
    days = daily.group_by("user", "merchant").agg(
        all_days=daily.count(), days=daily.count(where=daily.day >= at.start // DAY_S)
    )
    days = days.inner_join(owners, "merchant")
    kept = first(days, ["user"], [days.all_days.desc(), days.order], most)
    was_here = known.mutate(was_here=True)
    joined = kept.left_join(was_here, ["user", "merchant"])
    standing = ibis.cases(
        (joined.days == 0, 3),
        (joined.was_here.isnull(), 2),
        (joined.days >= regular_days, 0),
        else_=1,
    )
    return joined.select("user", "merchant", standing=standing.cast("int8"))


def interests(visits_: ir.Table, shares: ir.Table) -> ir.Table:
    """The category that each person buys more than others do: user, interest.

    By the largest Pearson residual, (n - E) / sqrt(E), of days n with such a purchase, where E is what the
    person's days would be if they bought as everybody.

    Args:
        shares: category, share (of everybody's days, together 1).
    """
    named = visits_.filter(visits_.category.notnull())
    daily = named.select("user", "category", day=named.paid_at // DAY_S).distinct()
    days = daily.group_by("user", "category").agg(days=daily.count())
    all_days = days.group_by("user").agg(all_days=days.days.sum())
    joined = days.inner_join(shares, "category").inner_join(all_days, "user")
    expected = ibis.greatest(joined.all_days * joined.share, LEAST_EXPECTED)
    scored = joined.mutate(residual=(joined.days - joined.all_days * joined.share) / expected.sqrt())
    best = first(scored, ["user"], [scored.residual.desc(), scored.category], 1)
    return best.select("user", interest=best.category)


def bought_in(visits_: ir.Table) -> ir.Table:
    """Who bought in which category in which period: user, period, category, each once."""
    named = visits_.filter(visits_.category.notnull())
    period = (named.paid_at.cast("int64") - FIRST_MONDAY_S) // PERIOD_S
    return named.select("user", "category", period=period.cast("int32")).distinct()


def sizes_of(bought: ir.Table) -> ir.Table:
    """How much was bought: period, people, pairs."""
    return bought.group_by("period").agg(people=bought.user.nunique(), pairs=bought.count())


def drawn(bought: ir.Table, people: ir.Table, *, each: int, salt: str) -> ir.Table:
    """Categories of each person in each period, drawn by lot among those they bought: user, period, category.

    All are as likely, so that a rare category is seen as well as a common one. The lot is a keyed hash: the
    same for a person, a period and a category whenever it is drawn.

    Args:
        each: categories drawn for a period, at most.
    """
    bought = bought.inner_join(people.rename(own="lot"), "user")
    told = [bought[name].cast("string") for name in ("own", "period", "category")]
    lot = ibis.literal(salt).concat(":", told[0], ":", told[1], ":", told[2]).hexdigest("md5")
    with_lot = bought.mutate(lot=lot)
    return first(with_lot, ["user", "period"], [with_lot.lot, with_lot.category], each).drop("lot", "own")


def often(visits_: ir.Table, group: Sequence[str], name: str, value: ir.Value) -> ir.Table:
    """The value that each group has on most days, then the one seen last: the columns of `group`, `name`."""
    known = visits_.mutate(**{name: value})
    known = known.filter(known[name].notnull())
    daily = known.group_by([*group, name, known.paid_at // DAY_S]).agg(at=known.paid_at.max())
    found = daily.group_by([*group, name]).agg(days=daily.count(), at=daily["at"].max())
    return first(found, group, [found.days.desc(), found["at"].desc(), found[name]], 1).select(*group, name)


def cell_of(paid_at: ir.Value, utc_offset_s: int) -> ir.Value:
    """Weekday (Monday first) x part of the day in HOURS, as one number."""
    local = paid_at.cast("int64") + utc_offset_s
    weekday = (local // DAY_S + 3) % 7  # 1 January 1970 was a Thursday
    hour = local % DAY_S // 3600
    part = sum((hour >= start).cast("int8") for start in _PARTS)
    return (weekday * len(HOURS) + part).cast("int16")


def median_bands(visits_: ir.Table, group: Sequence[str]) -> ir.Table:
    """The lower median of each group's amount bands: the columns of `group`, spend."""
    placed = _placed(visits_, group, ["band"])
    placed = placed.mutate(size=placed.count().over(group_by=group))
    return placed.filter(placed.place == (placed["size"] - 1) // 2).select(*group, spend="band")


def shops_of(visits_: ir.Table, shown: ir.Table) -> ir.Table:
    """The two named shops of each person's most days: user, shop_0, place_0, shop_1, place_1.

    Args:
        shown: shop, place: those that may be named.
    """
    named = visits_.inner_join(shown, "shop")
    daily = named.group_by(["user", "shop", "place", named.paid_at // DAY_S]).agg(at=named.paid_at.max())
    days = daily.group_by("user", "shop", "place").agg(days=daily.count(), at=daily["at"].max())
    days = days.rename(shown_place="place")
    best = _placed(days, ["user"], [days.days.desc(), days["at"].desc(), days.shown_place])
    columns: dict[str, ir.Value] = {}
    for number in range(SHOPS_OF_ONE):
        columns[f"shop_{number}"] = best.shop.max(where=best.place == number)
        columns[f"place_{number}"] = best.shown_place.max(where=best.place == number)
    return best.group_by("user").agg(**columns)


def shop_sizes(visits_: ir.Table, owners: ir.Table) -> ir.Table:
    """People by shop that is an owner, each at the `SHOPS_OF_ONE` of their most days: shop, number."""
    daily = visits_.select("user", "shop", day=visits_.paid_at // DAY_S).distinct()
    days = daily.group_by("user", "shop").agg(days=daily.count())
    days = days.inner_join(owners.rename(shop="merchant"), "shop")
    best = first(days, ["user"], [days.days.desc(), days.order], SHOPS_OF_ONE)
    return best.group_by("shop").agg(number=best.count())


def first(table: ir.Table, group: Sequence[str], order: Sequence[Any], number: int) -> ir.Table:
    """The first `number` rows of each group."""
    placed = _placed(table, group, order)
    return placed.filter(placed.place < number).drop("place")


def _placed(table: ir.Table, group: Sequence[str], order: Sequence[Any]) -> ir.Table:
    return table.mutate(place=ibis.row_number().over(group_by=list(group), order_by=list(order)))


def portrayed(parts: Mapping[str, ir.Table]) -> ir.Table:
    """One row a fan, with a place in each question's labels; null for none.

    Args:
        parts: `ties`, `interests`, `rising`, `shops`, `circles` (user, circle) by person, `hours`, `spend`,
            `goods` by person and merchant.
    """
    joined = parts["ties"]
    for name in ("interests", "rising", "shops", "circles"):
        joined = joined.left_join(parts[name], "user").drop("user_right")
    for name in ("hours", "spend", "goods"):
        joined = joined.left_join(parts[name], ["user", "merchant"]).drop("user_right", "merchant_right")
    other = ibis.ifelse(joined.shop_0 == joined.merchant, joined.place_1, joined.place_0)
    return joined.mutate(other=other).drop("user", "shop_0", "shop_1", "place_0", "place_1")


def day_units(visits_: ir.Table, units: int) -> ir.Table:
    """How everybody's days are spread over categories, each person as much as any other: category, units.

    Each person has `units` in all, or a little less, since parts are cut to whole ones.
    """
    daily = visits_.select("user", "category", day=visits_.paid_at // DAY_S).distinct()
    days = daily.group_by("user", "category").agg(days=daily.count())
    all_days = days.days.sum().over(group_by="user")
    parted = days.mutate(units=(days.days * units // all_days).cast("int64"))
    return parted.group_by("category").agg(units=parted.units.sum())
