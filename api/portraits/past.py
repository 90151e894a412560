"""The past of everybody: each period of four weeks is counted once, when it has closed, with its own noise.

It costs each person who bought then `PERIOD_EPSILON`, in one release a period: thirteen times that for a
year, which the first build pays at once. No merchant pays for it, since none is told more by it. Payments
that are loaded after their period was counted are never counted in it.
"""

import numpy as np

from api.portraits.market import noisy
from graph.portraits.census import Asked
from graph.portraits.counting import Counter
from graph.portraits.history import History, Period

OF_BUYERS = 0.2  # epsilon of each; little of it is left for what follows, which are single numbers
OF_PEOPLE, OF_PAIRS = 0.04, 0.01  # 2,000 people are blurred by 2 %; of pairs only the sum over a year is used
PERIOD_EPSILON = OF_BUYERS + OF_PEOPLE + OF_PAIRS
# Categories of a person that count in a period: about as many as people buy; more add noise, fewer the luck
# of the lot. In a town of 2,469 households 8 order best, in a hundredfold one 32 (bench_rising.py --served).
MOST = 16


def past_of(counter: Counter, asked: Asked, known: History) -> History:
    """What is known, and the periods that have closed since; those are counted in the labels of `asked`."""
    numbers = known.missing(asked.at.end)
    if not numbers or not asked.labels.categories:
        return known
    most = min(MOST, len(asked.labels.categories))
    found = counter.bought_by_all(asked, numbers, most=most)
    rows = zip(numbers, found.buyers.tolist(), found.people.tolist(), found.pairs.tolist(), strict=True)
    return known.with_closed([_period(asked, most, *row) for row in rows])


def _period(asked: Asked, most: int, number: int, buyers: list[int], people: int, pairs: int) -> Period:
    categories = asked.labels.categories
    told = np.concatenate(
        [
            noisy(buyers, OF_BUYERS, most),
            noisy([people], OF_PEOPLE, 1),
            noisy([pairs], OF_PAIRS, len(categories)),  # one person can be in each
        ]
    ).tolist()
    return Period(number, categories, tuple(told[:-2]), most / OF_BUYERS, told[-2], told[-1])
