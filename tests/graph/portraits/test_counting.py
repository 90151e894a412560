"""Exact counts on towns small enough to count by hand, and against a reference that goes row by row."""

from collections import Counter as Tally
from collections import defaultdict
from dataclasses import replace
from hashlib import md5

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.log import NONE
from graph.muting import Mask
from graph.policy.payment_mutes import PaymentMutes
from graph.policy.portraits import CLOSENESS, STANDING, standing_of
from graph.portraits.census import DAY_S, SHARE_UNITS, UNNAMED, WEEK_S, Asked, Town, stretch
from graph.portraits.counting import Counter
from graph.portraits.expressions import LEAST_EXPECTED
from graph.portraits.periods import bounds_of, newest_closed, period_of
from graph.portraits.questions import HOURS, QUESTIONS, Labels
from graph.schema import SCENES
from tests.logs import log_of, rows

END = 2_900 * WEEK_S + 4 * DAY_S  # a Monday of 2025
AT = stretch(END, 13)
NOW = bounds_of(newest_closed(END))  # the last closed period
NOON = 12 * 3600
CAFE, GYM, BAKER, BANK = range(4)  # merchants; the baker makes BREAD and sells nothing itself
BREAD, TEA, ROPE = range(3)  # products
LABELS = Labels(("bread", "coffee", "tea"), ("cafe", "gym"), ("drinkers", "climbers"), (2.0, 10.0))
TOWN = Town(
    people=np.arange(6),
    lots=np.arange(6, dtype=np.uint64),
    owners=np.array([CAFE, GYM, BAKER]),
    order=np.arange(3),
    categories=("bread", "coffee", "pills", "tea"),
    shops=np.arange(4),
    shop_category=np.array([1, -1, -1, -1]),
    products=np.arange(3),
    maker=np.array([BAKER, -1, GYM]),
    product_category=np.array([0, 3, 2]),
)
PLACES = np.array([0, 1, UNNAMED, 2])  # pills may not be named


def day(number, second=NOON):
    """Seconds of the day so many days before the window ends."""
    return END - number * DAY_S + second


@pytest.fixture
def rules(policy):
    return policy.portraits


@pytest.fixture
def count(tmp_path, rules):
    """Counts of a merchant, by question, of payments given as dictionaries."""

    def counted(*values, merchant=CAFE, circle_of=((), ()), town=TOWN, utc_offset_s=0, mask=None, **changes):
        log = log_of(tmp_path, rows_of(*values))
        users, circles = (np.array(part, dtype=np.int64) for part in circle_of)
        asked = asked_of(replace(rules, **changes), circle_of=(users, circles), utc_offset_s=utc_offset_s)
        with Counter(log, town, mask=mask, threads=1) as counter:
            (block,) = counter.blocks(asked)
        row = block.merchants.tolist().index(merchant)
        return {name: of[row] for name, of in block.counts.items()}

    return counted


def rows_of(*values):
    return rows(*values, user=0, merchant=CAFE) if values else rows({"paid_at": 1, "walled": True})


def asked_of(rules, **changes):
    asked = Asked(
        at=AT,
        labels=LABELS,
        place_of_category=PLACES,
        shares=np.full(3, 1 / 3),
        shown_shops={CAFE: 0, GYM: 1},
        circle_of=(np.zeros(0, dtype=np.int64),) * 2,
        salt="salt",
        utc_offset_s=0,
        rules=rules,
    )
    return replace(asked, **changes)


def cells(counts):
    """Places that somebody is in -> how many."""
    return {tuple(place): int(counts[tuple(place)]) for place in np.argwhere(counts).tolist()}


def test_fans_stand_by_their_days_and_by_when_they_first_came(count):
    regular = [{"user": 0, "paid_at": day(back)} for back in (1, 8, 15, 22, 29, 36, 100)]
    occasional = [{"user": 1, "paid_at": day(back)} for back in (2, 400)]
    new = [{"user": 2, "paid_at": day(back)} for back in (1, 2, 3, 4, 5, 6, 7)]
    lost = [{"user": 3, "paid_at": day(92)}]
    long_gone = [{"user": 4, "paid_at": day(183)}]
    standing = count(*regular, *occasional, *new, *lost, *long_gone)["standing"]
    assert dict(zip(STANDING, standing.tolist(), strict=True)) == {"near": 1, "mid": 1, "far": 1, "lost": 1}


def test_what_somebody_muted_counts_as_if_it_had_not_been_paid(count):
    paid = [{"user": user, "paid_at": day(1)} for user in (0, 1)]
    muted = Mask({1: PaymentMutes(merchants=frozenset({CAFE}))}, lambda label, indices: {})
    without = count(*paid[:1])["standing"].tolist()
    assert count(*paid, mask=muted)["standing"].tolist() == without != count(*paid)["standing"].tolist()


def test_several_payments_of_one_day_are_one_visit(count):
    many = [{"paid_at": day(back, second)} for back in (100, 1, 2, 3, 4, 5) for second in (1, NOON, 80_000)]
    assert count(*many)["standing"].tolist() == [0, 1, 0, 0]


def test_a_fan_of_a_maker_bought_its_product_anywhere(count):
    bought = [{"merchant": GYM, "product": BREAD, "paid_at": day(back)} for back in (1, 100)]
    assert count(*bought, merchant=BAKER)["standing"].tolist() == [0, 1, 0, 0]
    assert count(*bought, merchant=GYM)["standing"].tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    "hidden",
    [
        {"refund": True},
        {"walled": True},
        {"scene": SCENES.index("finance")},
        {"scene": SCENES.index("credit")},
        {"user": 9},  # has not agreed
        {"paid_at": END},
        {"merchant": BANK},
    ],
)
def test_what_may_not_count_makes_no_fan(count, hidden):
    found = count({"paid_at": day(1)} | hidden)
    assert {name: int(of.sum()) for name, of in found.items()} == {q.name: 0 for q in QUESTIONS}


def test_a_person_counts_for_the_merchants_of_most_days_only(count):
    many = [{"merchant": GYM, "paid_at": day(back)} for back in (1, 2, 100)] + [{"paid_at": day(3)}]
    assert count(*many, max_merchants=1)["standing"].sum() == 0
    assert count(*many, merchant=GYM, max_merchants=1)["standing"].tolist() == [0, 1, 0, 0]
    tie = [{"merchant": GYM, "paid_at": day(1)}, {"merchant": CAFE, "paid_at": day(2)}]
    assert count(*tie, max_merchants=1)["standing"].sum() == 1


def test_interest_is_what_somebody_buys_more_than_others_do(count):
    tea = [{"product": TEA, "paid_at": day(back)} for back in range(1, 7)]
    coffee = [{"paid_at": day(back)} for back in range(1, 6)]
    assert cells(count(*tea, *coffee)["interests"]) == {(2, 2): 1}
    assert cells(count({"product": TEA, "paid_at": day(1)}, {"paid_at": day(2)})["interests"]) == {(2, 1): 1}


def test_a_product_that_may_not_be_named_is_no_interest_in_its_shop(count):
    found = count({"product": ROPE, "paid_at": day(1)})
    assert cells(found["interests"]) == cells(found["goods"]) == {(2, 3): 1}  # none


def test_hours_are_local_and_of_most_days(count):
    monday = [{"paid_at": END - back * WEEK_S + 23 * 3600} for back in (1, 2)]
    friday = [{"paid_at": END - WEEK_S + 4 * DAY_S + 8 * 3600}]
    assert cells(count(*monday, *friday)["hours"]) == {(2, 0, HOURS.index("21-24")): 1}
    ahead = count(*monday, *friday, utc_offset_s=8 * 3600)["hours"]
    assert cells(ahead) == {(2, 1, HOURS.index("06-09")): 1}
    behind = count({"paid_at": END - WEEK_S}, utc_offset_s=-3600)["hours"]
    assert cells(behind) == {(2, 6, HOURS.index("21-24")): 1}


def test_of_hours_of_as_many_days_the_last_one_counts(count):
    found = count({"paid_at": day(2, 3600)}, {"paid_at": day(1, 3600)})["hours"]
    assert cells(found) == {(2, 6, 0): 1}  # Sunday


@pytest.mark.parametrize(("bands", "median"), [([1, 3], 1), ([3, 2, 1], 2), ([0], 0), ([99], 3)])
def test_spending_is_the_lower_median_of_bands(count, bands, median):
    paid = [{"paid_at": day(back + 1), "band": band} for back, band in enumerate(bands)]
    assert cells(count(*paid)["spend"]) == {(2, median): 1}


def test_goods_are_what_somebody_buys_here_most_often(count):
    here = [{"product": TEA, "paid_at": day(back)} for back in (1, 2)] + [{"paid_at": day(3)}]
    elsewhere = [{"merchant": GYM, "product": BREAD, "paid_at": day(back)} for back in range(1, 9)]
    assert cells(count(*here, *elsewhere)["goods"]) == {(2, 2): 1}


def test_another_shop_is_never_the_merchant_itself(count):
    both = [{"paid_at": day(back)} for back in range(1, 5)] + [{"merchant": GYM, "paid_at": day(1)}]
    assert cells(count(*both)["shops"]) == {(2, 1): 1}
    assert cells(count(*both, merchant=GYM)["shops"]) == {(2, 0): 1}
    assert cells(count({"paid_at": day(1)})["shops"]) == {(2, 2): 1}  # none


def test_circles_are_counted_by_the_last_one_joined(count):
    paid = [{"user": user, "paid_at": day(1)} for user in range(3)]
    found = count(*paid, circle_of=([0, 2, 5], [1, 1, 0]))["circles"]
    assert cells(found) == {(2, 1): 2, (2, 2): 1}


def test_one_category_of_the_last_period_is_drawn_and_the_same_whenever_it_is_drawn(count):
    paid = [{"product": product, "paid_at": NOW[1] - 1} for product in (BREAD, TEA)]
    found = count(*paid)["rising"]
    assert found.sum() == 1
    assert np.array_equal(found, count(*reversed(paid))["rising"])


@pytest.mark.parametrize(("at", "place"), [(NOW[0] - 1, 3), (NOW[0], 1), (NOW[1] - 1, 1)])
def test_only_the_last_closed_period_counts_for_what_rises(count, at, place):
    assert cells(count({"paid_at": at})["rising"]) == {(place,): 1}


def test_the_newest_week_with_enough_people_ends_the_window(tmp_path):
    many = [{"user": user, "paid_at": END - 5} for user in range(3)]
    log = log_of(tmp_path, rows(*many, {"user": 0, "paid_at": END + 5}, {"user": 9, "paid_at": END + 6}))
    with Counter(log, TOWN, threads=1) as counter:
        seen: list[tuple[int, int]] = []
        assert (
            counter.newest_week(END + 2 * WEEK_S, lambda *people: people[0] >= 3 or seen.append(people))
            == END
        )
        assert seen == [(1, 3)]
        assert counter.newest_week(END + 2 * WEEK_S, lambda people, _: people >= 1) == END + WEEK_S
        assert counter.newest_week(END - 1, lambda *_: True) is None
        assert counter.newest_week(END + WEEK_S, lambda people, _: people >= 4) is None
        assert counter.newest_week(END + WEEK_S, lambda people, _: people >= 4, known=END) == END


def test_payments_that_do_not_count_are_no_week(tmp_path):
    walled = {"user": 0, "paid_at": END + 5, "walled": True}
    log = log_of(tmp_path, rows({"user": 0, "paid_at": END - 5}, walled, {"user": 77, "paid_at": END + 5}))
    seen: list[tuple[int, int]] = []
    with Counter(log, TOWN, threads=1) as counter:
        counter.newest_week(END + 2 * WEEK_S, lambda *people: seen.append(people) or True)
    assert seen == [(1, 0)]


def test_the_lot_is_the_persons_and_not_their_numbers(tmp_path, rules):
    def found(user):
        town = replace(TOWN, people=np.array([user]), lots=np.array([77], dtype=np.uint64))
        bought = ({"product": product, "paid_at": NOW[0]} for product in (BREAD, TEA, NONE))
        log = log_of(tmp_path / str(user), rows(*bought, user=user, merchant=CAFE))
        with Counter(log, town, threads=1) as counter:
            return counter.bought_by_all(
                asked_of(rules), range(newest_closed(END), newest_closed(END) + 1), most=1
            )

    assert len({tuple(found(user).buyers[0]) for user in range(8)}) == 1


def test_everybody_has_their_days_and_two_shops(tmp_path):
    paid = [
        {"user": 0, "paid_at": day(1)},
        {"user": 0, "paid_at": day(2), "product": TEA},
        {"user": 1500, "paid_at": day(3)},
        {"user": 1500, "paid_at": day(100), "merchant": GYM, "product": BREAD},
        {"user": 9, "paid_at": day(1)},
    ]
    town = replace(TOWN, people=np.array([0, 1500]), lots=np.arange(2))
    with Counter(log_of(tmp_path, rows(*paid, merchant=CAFE)), town, threads=1) as counter:
        found = counter.everybody(AT)
    assert dict(zip(town.owners.tolist(), found.at_shop.tolist(), strict=True)) == {
        shop: {CAFE: 2, GYM: 1}.get(shop, 0) for shop in town.owners.tolist()
    }
    assert found.units.tolist() == [0, 1.5 * SHARE_UNITS, 0, 0.5 * SHARE_UNITS]


@pytest.mark.parametrize(("most", "counted"), [(1, 1), (2, 2), (9, 2)])
def test_of_everybody_a_few_categories_a_person_and_period_count(tmp_path, rules, most, counted):
    last = newest_closed(END)
    bought = [{"user": 0, "product": product, "paid_at": NOW[1] - 1} for product in (BREAD, TEA, TEA)]
    others = [{"user": user, "product": TEA, "paid_at": NOW[0] - 1} for user in (1, 2, 9)]
    nothing = [{"user": 3, "merchant": GYM, "paid_at": NOW[1] - 1}, {"user": 4, "paid_at": NOW[1]}]
    log = log_of(tmp_path, rows(*bought, *others, *nothing, merchant=CAFE))
    with Counter(log, TOWN, threads=1) as counter:
        found = counter.bought_by_all(asked_of(rules), range(last - 2, last + 1), most=most)
    assert found.buyers.sum(axis=1).tolist() == [0, 2, counted]
    assert (found.buyers[1].tolist(), found.people.tolist()) == ([0, 0, 2], [0, 2, 1])
    assert found.pairs.tolist() == [0, 2, 2]


PAYMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "user": st.sampled_from([0, 1, 2, 1500]),
            "merchant": st.sampled_from([CAFE, GYM, BANK]),
            "product": st.sampled_from([NONE, BREAD, TEA, ROPE]),
            "paid_at": st.sampled_from(
                [day(back, s) for back in (1, 2, 9, 30, 60, 92, 190) for s in (5, NOON)]
            ),
            "band": st.integers(0, 4),
            "refund": st.booleans(),
            "walled": st.sampled_from([False, False, True]),
        }
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PAYMENTS)
def test_counts_equal_those_made_row_by_row(tmp_path_factory, rules, payments):
    town, rules = (
        replace(TOWN, people=np.array([0, 1, 1500]), lots=np.arange(3)),
        replace(rules, max_merchants=2, regular_days=3),
    )
    asked = asked_of(rules, circle_of=(np.array([0, 1500]), np.array([1, 0])), utc_offset_s=5 * 3600)
    with Counter(log_of(tmp_path_factory.mktemp("log"), rows(*payments)), town, threads=1) as counter:
        (block,) = counter.blocks(asked)
    expected = by_hand(payments, town, asked)
    for question in QUESTIONS:
        found = {m: cells(of) for m, of in zip((CAFE, GYM, BAKER), block.counts[question.name], strict=True)}
        assert found == {m: dict(expected[question.name, m]) for m in found}, question.name


# -- the reference: slow, and plain -------------------------------------------------------------------


def by_hand(payments, town, asked):
    """Question and merchant -> cells that somebody is in."""
    out = defaultdict(Tally)
    for user in town.people.tolist():
        visits = [visit(p) for p in payments if p["user"] == user and not p["refund"] and not p["walled"]]
        inside = [v for v in visits if v["at"] >= AT.start]
        for merchant, standing in ties(visits, asked.rules).items():
            out["standing", merchant][(standing,)] += 1
            if standing < len(CLOSENESS):
                here = [v for v in inside if merchant in v["merchants"]]
                for question, cell in cells_of(user, merchant, inside, here, asked).items():
                    for place in cell:
                        out[question, merchant][place if question == "rising" else (standing, *place)] += 1
    return out


def visit(payment):
    product, shop = payment["product"], payment["merchant"]
    code = -1 if product == NONE else int(TOWN.product_category[product])
    code = code if code >= 0 else int(TOWN.shop_category[shop])
    place = -1 if code < 0 else int(PLACES[code])
    maker = -1 if product == NONE else int(TOWN.maker[product])
    merchants = {shop, maker} & {CAFE, GYM, BAKER}
    return {"at": payment["paid_at"], "shop": shop, "category": place, "merchants": merchants} | payment


def ties(visits, rules):
    days = defaultdict(set)
    for v in visits:
        if v["at"] >= AT.before:
            for merchant in v["merchants"]:
                days[merchant].add(v["at"] // DAY_S)
    kept = sorted(days, key=lambda m: (-len(days[m]), m))[: rules.max_merchants]
    found = {}
    for m in kept:
        is_new = not any(v["at"] < AT.start and m in v["merchants"] for v in visits)
        inside = sum(d >= AT.start // DAY_S for d in days[m])
        found[m] = STANDING.index(standing_of(inside, is_new=is_new, rules=rules))
    return found


def often(pairs):
    """The value on most days, then the last one, then the lowest; None of nothing."""
    days, last = defaultdict(set), {}
    for value, at in pairs:
        days[value].add(at // DAY_S)
        last[value] = max(last.get(value, 0), at)
    return min(days, key=lambda v: (-len(days[v]), -last[v], v), default=None)


def cells_of(user, merchant, inside, here, asked):
    named = [(v["category"], v["at"]) for v in inside if v["category"] >= 0]
    none = len(LABELS.categories)
    days = Tally(category for category, _ in {(c, at // DAY_S) for c, at in named})
    expected = sum(days.values()) / 3
    interest = min(
        days, key=lambda c: (-(days[c] - expected) / max(expected, LEAST_EXPECTED) ** 0.5, c), default=none
    )
    local = [v["at"] + asked.utc_offset_s for v in here]
    hours = often((cell(at), v["at"]) for at, v in zip(local, here, strict=True))
    bands = sorted(v["band"] for v in here)
    goods = often((v["category"], v["at"]) for v in here if v["category"] >= 0)
    shop = often((v["shop"], v["at"]) for v in inside if v["shop"] in (CAFE, GYM) and v["shop"] != merchant)
    circle = dict(zip(*(part.tolist() for part in asked.circle_of), strict=True)).get(user, 2)
    return {
        "interests": [(interest,)],
        "hours": [hours],
        "spend": [(min(bands[(len(bands) - 1) // 2], 3),)],
        "goods": [(none if goods is None else goods,)],
        "shops": [(2 if shop is None else shop,)],
        "circles": [(circle,)],
        "rising": [(drawn(user, named, none),)],
    }


def cell(local):
    hour = local % DAY_S // 3600
    return (local // DAY_S + 3) % 7, sum(hour >= int(part[:2]) for part in HOURS[1:])


def drawn(user, named, none):
    number = newest_closed(END)
    bought = {category for category, at in named if period_of(at) == number}
    return min(bought, key=lambda c: md5(f"salt:{user}:{number}:{c}".encode()).hexdigest(), default=none)
