"""What is expected of each category among a merchant's fans; pure.

Worked out from the portrait and from the past of everybody, which both carry noise already, so that it tells
nothing more of anybody (Dwork and Roth 2014, proposition 2.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph.portraits.body import Body
from graph.portraits.history import History, counts_of, one_of
from graph.portraits.periods import newest_closed
from graph.portraits.rising import SURE, UNKNOWN, Bool, Counts, Followed, Trend, follow, trends

# A year knows no seasons, and one period of a group not how it swings: in the periods that the method was
# chosen on, intervals of 90 % held 83 % without this, and 90 % with it (bench_rising.py, a hundredfold town).
CAUTION = 1.25


@dataclass(frozen=True)
class Around:
    """Everybody, in the categories of a portrait.

    newest: number of the last period. found: of all periods up to it. one_of: see `history.one_of`.
    is_known: (num_categories,), whether it was counted in the last period.
    """

    newest: int
    found: Followed
    one_of: float
    is_known: Bool


def around(history: History, categories: Sequence[str], least_people: int) -> Around | None:
    """Follow everybody; None where no period is known."""
    periods = history.known(least_people)
    if not periods:
        return None
    counts = counts_of(periods, categories)
    is_known = np.isin(np.array(categories, dtype=str), np.array(periods[-1].categories, dtype=str))
    return Around(periods[-1].number, follow(counts), one_of(periods), is_known)


def expected(body: Body, around: Around) -> list[Trend | None]:
    """What is expected after the last period of `around`, by category; None where nothing is known of one.

    A portrait may be older than what is known of everybody; then nothing is known of its fans since.
    """
    told = trends(_counts(body, around), around.found, caution=CAUTION)
    return [trend if known else None for trend, known in zip(told, around.is_known.tolist(), strict=True)]


def is_foreseen(trend: Trend) -> bool:
    """Whether a rise or a fall stands out from what is not known."""
    return max(trend.probability, 1.0 - trend.probability) >= SURE


def _counts(body: Body, around: Around) -> Counts:
    """The fans in the period of the portrait, which is one of `around`, and unknown in those since."""
    since = around.newest - newest_closed(body.end)
    is_past = 0 <= since < len(around.found.people)
    rows = since + 1 if is_past else 1
    *named, none = body.counts["rising"].tolist()
    values = np.zeros((rows, len(named)), dtype=np.int64)
    scale = np.full(values.shape, UNKNOWN)
    if is_past:
        values[0], scale[0] = named, body.scale("rising")
    people = np.full(rows, max(1, body.people - none), dtype=np.int64)
    return Counts(values, people, scale, around.one_of)
