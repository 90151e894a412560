"""Count the fans of merchants whose portrait is due, add noise, and stage the result; nothing is told yet."""

import hmac
import secrets
from collections.abc import Iterable

import numpy as np

from api.portraits.house import House
from api.portraits.market import Market, is_enough, market_of
from api.portraits.noise import Made, costs
from api.portraits.past import past_of
from api.services.disclosed import portraits_period
from graph.errors import InputError
from graph.log import PaymentLog
from graph.muting import Mask
from graph.policy.disclosure import is_affordable
from graph.policy.lattice import read_window, week_of
from graph.policy.portraits import is_due
from graph.portraits.body import Body
from graph.portraits.census import UNNAMED, WEEK_S, Asked, Stretch, Town, stretch
from graph.portraits.counting import Counter
from graph.portraits.history import History
from graph.portraits.town import last_joined
from graph.portraits.weeks import PortraitWeek, write_week


def make(house: House, town: Town, earlier: PortraitWeek | None, now: int) -> tuple[str, int]:
    """Stage the portraits that are due; nothing where none is and the week is the one published.

    Returns:
        The week that the data reach to, and how many merchants are due without a budget for it.

    Raises:
        InputError: no week is over in which enough people paid.
    """
    least = house.policy.disclosure.min_audience_size
    known = 0 if earlier is None else read_window(earlier.week, now=now).end
    log, mask = PaymentLog(house.home.log), Mask.of(house.store)
    with Counter(log, town, mask=mask, memory=house.memory, threads=house.threads) as counter:
        end = counter.newest_week(
            now, lambda people, before: is_enough(people, before, house.policy), known=known
        )
        if end is None:
            raise InputError(
                f"no week is over in which {least} adults who grant `portraits` paid; load payments and "
                "consents, or wait until Monday"
            )
        week = week_of(end - 1).name
        if earlier is not None and earlier.week > week:  # data were taken away since
            return earlier.week, 0
        due, unpaid = _due(house, town, earlier, end // WEEK_S, now)
        if due or earlier is None or earlier.week != week:
            _stage(house, town, counter, earlier, due, end, now)
    return week, unpaid


def _due(
    house: House, town: Town, earlier: PortraitWeek | None, week: int, now: int
) -> tuple[dict[int, str], int]:
    """Merchants that get a portrait, store index -> id, and how many are due but cannot pay."""
    rules = house.policy.portraits
    since = last_counted(earlier)
    spent = house.store.release_costs(portraits_period(now))
    owners = town.owners.tolist()
    due = {
        index: merchant
        for index, merchant in zip(owners, house.store.ids("Merchant", owners), strict=True)
        if is_due(since.get(merchant), week, rules)
    }
    able = {
        index: merchant
        for index, merchant in due.items()
        if is_affordable(spent.get(merchant, 0.0), rules.epsilon, rules.quarterly_budget)
    }
    return able, len(due) - len(able)


def last_counted(earlier: PortraitWeek | None) -> dict[str, int]:
    """Merchant id -> the week of its portrait, or of the count that found its fans too few."""
    if earlier is None:
        return {}
    return earlier.tried() | {merchant: end // WEEK_S for merchant, end in earlier.ends().items()}


def _stage(
    house: House,
    town: Town,
    counter: Counter,
    earlier: PortraitWeek | None,
    due: dict[int, str],
    end: int,
    now: int,
) -> None:
    rules = house.policy.portraits
    at, week = stretch(end, rules.window_weeks), end // WEEK_S
    market = _market(house, town, counter, earlier, at, now)
    made = Made(due, at, week_of(end - 1).name, week, market.labels.labels_id, now, rules)
    asked = _asked(house, town, market, at)
    blocks = counter.blocks(asked, lambda done, total: house.progress("counting fans", done, total))
    bodies: Iterable[Body] = made.bodies(blocks) if due else ()
    history = past_of(counter, asked, earlier.history() if earlier else History())
    cost, cost_tried = costs(rules)
    about = {
        "cost": str(cost),
        "cost_tried": str(cost_tried),
        "made_at": str(now),
        "made_id": secrets.token_hex(8),
        "policy": house.policy.policy_id,
        "market": market.dumped(),
        "history": history.dumped(),
    }
    write_week(house.staged, made.week, [market.labels], ((body, None) for body in bodies), about, made.tried)


def _market(
    house: House, town: Town, counter: Counter, earlier: PortraitWeek | None, at: Stretch, now: int
) -> Market:
    """The one in use, while it is as young as a portrait may be; else a new one."""
    week = at.end // WEEK_S
    known = earlier.about().get("market") if earlier is not None else None
    if known is not None:
        market = Market.read(known)
        if not is_due(market.week, week, house.policy.portraits):
            return market
    return market_of(counter, house.store, house.policy, town, at, week=week, now=now)


def _asked(house: House, town: Town, market: Market, at: Stretch) -> Asked:
    store, labels = house.store, market.labels
    place_of = {name: place for place, name in enumerate(labels.categories)}
    shops = store.indices("Merchant", list(labels.shops)).tolist()
    return Asked(
        at=at,
        labels=labels,
        place_of_category=np.array([place_of.get(name, UNNAMED) for name in town.categories], dtype=np.int64),
        shares=market.shares,
        shown_shops={shop: place for place, shop in enumerate(shops) if shop >= 0},
        circle_of=last_joined(store, labels.circles),
        salt=hmac.new(house.key, b"lots of portraits", "sha256").hexdigest(),
        utc_offset_s=house.utc_offset_hours * 3600,
        rules=house.policy.portraits,
    )
