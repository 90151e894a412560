"""Exact counts for portraits, from the payment log: merchant by merchant, in bounded memory.

All rows of a user lie in one bucket of the log, so one bucket after the other is brought into one row a fan;
the rows are sorted by merchant and counted in blocks. Nothing that leaves here may be shown: it is exact.
"""

from collections.abc import Callable, Iterator

import ibis.expr.types as ir
import numpy as np

from graph.log import PaymentLog
from graph.muting import Mask
from graph.policy.portraits import CLOSENESS
from graph.portraits import expressions as told
from graph.portraits.census import (
    SHARE_UNITS,
    UNNAMED,
    WEEK_S,
    Asked,
    Block,
    Bought,
    Everybody,
    Int64,
    Stretch,
    Town,
    histograms,
    monday,
)
from graph.portraits.engine import NULL, Engine, Progress
from graph.portraits.periods import bounds_of, newest_closed

BLOCK = 512  # merchants that are counted at once: about 10 MB
_FANS = "fans_told"  # one row a fan, of all buckets
_PAIR = ("user", "merchant")


class Counter(Engine):
    """Counts the people of a town.

    Args:
        mask: what people muted, which counts for nothing.
        memory: limit of the engine, such as "1GB". threads: None for all cores.
    """

    def __init__(
        self,
        log: PaymentLog,
        town: Town,
        *,
        mask: Mask | None = None,
        memory: str = "1GB",
        threads: int | None = None,
    ) -> None:
        super().__init__(log, mask=mask, memory=memory, threads=threads)
        self._town = town
        self.show("people", told.PEOPLE, user=town.people, lot=town.lots)
        self.show("owners", told.OWNERS, merchant=town.owners, order=town.order)

    def newest_week(self, now: int, is_enough: Callable[[int, int], bool], *, known: int = 0) -> int | None:
        """End of the last whole week (Monday, UTC) that is over and in which enough people paid.

        None where there is none.

        Args:
            is_enough: of so many people, and so many in the week before.
            known: end of a week in which they were; earlier ones are not tried.
        """
        self._show_things(np.full(len(self._town.categories), UNNAMED, dtype=np.int64))
        end, tables = monday(now), (self.tables["rows"], self.tables["people"])
        while True:
            counted = told.counted(*tables, since=0, until=end)
            newest = max(self._of_buckets(counted.paid_at.max()), default=-1)
            if newest < 0:
                return None
            end = monday(newest)
            if end + WEEK_S <= known or is_enough(self._people_of(end), self._people_of(end - WEEK_S)):
                return end + WEEK_S

    def _people_of(self, week: int) -> int:
        return sum(self._of_buckets(self._visits(week, week + WEEK_S).user.nunique()))

    def _of_buckets(self, value: ir.Scalar) -> list[int]:
        return [self.number(value) for _ in self.buckets()]

    # -- everybody ----------------------------------------------------------------------------------

    def everybody(self, at: Stretch, progress: Progress | None = None) -> Everybody:
        """What people of all merchants buy, and where they go."""
        places = np.arange(len(self._town.categories))
        self._show_things(places)
        units, at_shop = (np.zeros(len(of), dtype=np.int64) for of in (places, self._town.owners))
        for _ in self.buckets(progress):
            visits = self.keep("recent", self._visits(at.before, at.end))
            named = visits.filter(visits.category.notnull())
            days = self.columns(told.day_units(named.filter(named.paid_at >= at.start), SHARE_UNITS))
            units[days["category"]] += days["units"]
            shops = self.columns(told.shop_sizes(visits, self.tables["owners"]))
            at_shop[np.searchsorted(self._town.owners, shops["shop"])] += shops["number"]
        return Everybody(units, at_shop)

    def bought_by_all(self, asked: Asked, periods: range, *, most: int) -> Bought:
        """What everybody bought in periods, by number; of each person at most so many categories a period."""
        self._show_asked(asked)
        buyers = np.zeros((len(periods), len(asked.labels.categories)), dtype=np.int64)
        people, pairs = (np.zeros(len(periods), dtype=np.int64) for _ in range(2))
        (since, _), (_, until) = bounds_of(periods[0]), bounds_of(periods[-1])
        for _ in self.buckets():
            bought = self.keep("bought", told.bought_in(self._visits(since, until)))
            sizes = self.columns(told.sizes_of(bought))
            people[sizes["period"] - periods[0]] += sizes["people"]
            pairs[sizes["period"] - periods[0]] += sizes["pairs"]
            drawn = self.columns(told.drawn(bought, self.tables["people"], each=most, salt=asked.salt))
            np.add.at(buyers, (drawn["period"] - periods[0], drawn["category"]), 1)
        return Bought(buyers, people, pairs)

    # -- by merchant --------------------------------------------------------------------------------

    def blocks(self, asked: Asked, progress: Progress | None = None) -> Iterator[Block]:
        """Counts of every owner of the town, also of those that nobody came to, in the order of `owners`."""
        self._show_asked(asked)
        all_fans: ir.Table | None = None
        for _ in self.buckets(progress):
            fans = self._told(asked)
            if all_fans is None:
                all_fans = self.keep(_FANS, fans)
            else:
                self.add_to(_FANS, fans)
        if all_fans is not None:
            self.keep(_FANS, all_fans.order_by("merchant"))
        for begin in range(0, len(self._town.owners), BLOCK):
            owners = self._town.owners[begin : begin + BLOCK]
            low, high = int(owners[0]), int(owners[-1])
            columns = {} if all_fans is None else self.between(_FANS, "merchant", low, high)
            yield Block(owners, histograms(owners, columns, asked.labels))

    def _told(self, asked: Asked) -> ir.Table:
        """One row a fan of the bucket; see `expressions.portrayed`."""
        recent, ties = self._ties(asked)
        came = ties.filter(ties.standing < len(CLOSENESS))
        inside = recent.filter(recent.paid_at >= asked.at.start).semi_join(came, "user")
        inside = self.keep("inside", inside)
        here = told.fans(inside, self.tables["owners"]).semi_join(came, _PAIR)
        here = self.keep("here", here)
        parts = {
            "interests": told.interests(inside, self.tables["shares"]),
            "rising": self._drawn(recent, asked),
            "shops": told.shops_of(inside, self.tables["shown"]),
            "hours": told.often(here, _PAIR, "hour", told.cell_of(here.paid_at, asked.utc_offset_s)),
            "spend": told.median_bands(here, _PAIR),
            "goods": told.often(here, _PAIR, "goods", here.category),
        }
        kept = {name: self.keep(f"part_{name}", part) for name, part in parts.items()}
        return told.portrayed({"ties": ties, "circles": self.tables["joined"], **kept})

    def _ties(self, asked: Asked) -> tuple[ir.Table, ir.Table]:
        """Visits of both stretches, and who is whose fan by them."""
        at, rules, owners = asked.at, asked.rules, self.tables["owners"]
        known = told.fans(self._visits(0, at.start), owners).select(*_PAIR).distinct()
        known = self.keep("known", known)
        recent = self.keep("recent", self._visits(at.before, at.end))
        fans = told.fans(recent, owners)
        ties = told.ties(fans, known, owners, at, most=rules.max_merchants, regular_days=rules.regular_days)
        return recent, self.keep("ties", ties)

    # -- tables -------------------------------------------------------------------------------------

    def _visits(self, since: int, until: int) -> ir.Table:
        names = ("rows", "people", "goods", "shops")
        return told.visits(*(self.tables[name] for name in names), since=since, until=until)

    def _drawn(self, recent: ir.Table, asked: Asked) -> ir.Table:
        """One category of each person in the last closed period: user, rising."""
        since, until = bounds_of(newest_closed(asked.at.end))
        inside = recent.filter(recent.paid_at >= since, recent.paid_at < until)
        bought = self.keep("bought", told.bought_in(inside))
        drawn = told.drawn(bought, self.tables["people"], each=1, salt=asked.salt)
        return drawn.select("user", rising="category")

    def _show_asked(self, asked: Asked) -> None:
        self._show_things(asked.place_of_category)
        places = np.arange(len(asked.shares))
        self.show("shares", told.SHARES, category=places, share=asked.shares)
        shops = np.array(list(asked.shown_shops), dtype=np.int64)
        shown = np.array(list(asked.shown_shops.values()), dtype=np.int64)
        self.show("shown", told.SHOWN, shop=shops, place=shown)
        users, circles = asked.circle_of
        self.show("joined", told.JOINED, user=users, circle=circles)

    def _show_things(self, place_of_category: Int64) -> None:
        """Products and shops, their categories as places in labels."""
        town = self._town
        places = np.append(place_of_category, NULL)  # the last one is taken by -1, no category
        maker = np.where(town.maker < 0, NULL, town.maker)
        shops, goods = places[town.shop_category], places[town.product_category]
        self.show("shops", told.SHOPS, merchant=town.shops, shop_category=shops)
        self.show("goods", told.GOODS, product=town.products, maker=maker, product_category=goods)
