"""Rising demand as the service has it, for `bench_rising.py`: its labels, lots and noise, at two sizes.

A larger town is drawn from the 2,469 households with replacement. Copies of a household buy the same, so that
such a town swings as much as a small one does; what is larger is what noise is measured against.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rising_year import Int64, Year, noise

from api.portraits.past import MOST, OF_BUYERS, OF_PAIRS, OF_PEOPLE
from graph.portraits.growth import CAUTION as CAUTION
from graph.portraits.growth import Around, around
from graph.portraits.history import History, Period
from graph.portraits.questions import BY_NAME, MAX_CATEGORIES
from graph.portraits.rising import Counts
from graph.portraits.town import PEOPLE_A_LABEL

EPSILON = 0.5  # of a portrait
PAST = 5  # periods by which labels are chosen, all before those that are forecast
FANS, OF_FANS = BY_NAME["standing"].scale(EPSILON), BY_NAME["rising"].scale(EPSILON)


@dataclass(frozen=True)
class Served:
    """copies: of each household, on average. most: categories of a person, among everybody, in a period."""

    name: str
    copies: int = 1
    most: int = MOST


def town_of(year: Year, copies: int, rng: np.random.Generator) -> Year:
    """A town so many times as large, in as many labels as the service would name there."""
    num_people = year.bought.shape[1]
    number = min(MAX_CATEGORIES, copies * num_people // PEOPLE_A_LABEL)
    labels = np.sort(np.argsort(-year.bought[:PAST].sum(axis=(0, 1)), kind="stable")[:number])
    drawn = rng.multinomial(copies * num_people, np.full(num_people, 1 / num_people))
    return Year(year.bought[:, :, labels], year.fan_since, np.ones_like(drawn) if copies == 1 else drawn)


def lots(year: Year, most: int, rng: np.random.Generator) -> Int64:
    """People and labels that count, (num_periods, num_people, num_labels), all copies of a person together.

    Of each copy and label apart: that a lot has exactly `most` winners is no matter where many people add up.
    """
    assert year.copies is not None
    chance = np.minimum(1.0, most / np.maximum(1, year.bought.sum(axis=2)))
    drawn = [
        rng.binomial(year.copies[:, None], of[:, None], (len(of), year.bought.shape[2])) for of in chance
    ]
    return np.asarray(np.stack(drawn) * year.bought)


def pasts(year: Year, most: int, periods: Sequence[int], rng: np.random.Generator) -> dict[int, Around]:
    """What is known of everybody before each period; each is counted once for all of them."""
    names = tuple(map(str, range(year.bought.shape[2])))
    everybody = np.zeros(year.bought.shape[1], dtype=np.int64)
    buyers, people = year.known(lots(year, most, rng), everybody)
    pairs = year.known(year.bought, everybody)[0].sum(axis=1)
    scale = min(most, len(names)) / OF_BUYERS
    buyers = buyers + noise(rng, buyers.shape, scale)
    people = people + noise(rng, people.shape, 1 / OF_PEOPLE)
    pairs = pairs + noise(rng, pairs.shape, len(names) / OF_PAIRS)
    rows = zip(buyers.tolist(), people.tolist(), pairs.tolist(), strict=True)
    told = [Period(at, names, tuple(row), scale, of, all_) for at, (row, of, all_) in enumerate(rows)]
    found = {period: around(History(tuple(told[:period])), names, 1) for period in periods}
    return {period: of for period, of in found.items() if of is not None}


def fans_of(year: Year, since: Int64, counted: Int64, rng: np.random.Generator) -> tuple[Int64, Int64]:
    """One label of each fan, and how many were active, as portraits tell them; by period."""
    values, people = year.known(counted, since)
    fans = sum(noise(rng, people.shape, FANS) for _ in range(3))  # near, mid and far
    people = people + fans - noise(rng, people.shape, OF_FANS)  # less those who bought none of them
    return values + noise(rng, values.shape, OF_FANS), np.maximum(1, people)


def own_counts(values: Int64, people: Int64, period: int, known: Around) -> Counts:
    """What a portrait asks: the last period only."""
    last = slice(period - 1, period)
    return Counts(values[last], people[last], OF_FANS, known.one_of)


def described(year: Year, setting: Served) -> dict[str, Any]:
    assert year.copies is not None
    return {"counts": setting.name, "people": int(year.copies.sum()), "labels": year.bought.shape[2]}
