"""What everybody bought, by period: each counted once, with noise, when it has closed, and never again.

A period that was counted anew would be told twice, with other noise, and the mean of both tells more than
either. So what is known of it goes from one week of portraits to the next, as it is, also when the
categories that portraits speak of have changed: one that was not counted then stays unknown for then.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from graph.portraits.periods import newest_closed
from graph.portraits.rising import UNKNOWN, Counts

PAST = 13  # periods that are kept: a year


@dataclass(frozen=True)
class Period:
    """Everybody in one period; all numbers carry noise.

    number: see `periods`. categories: those counted. buyers: of each, counted for a few categories a person,
    with noise of `scale`. people: who bought in any of them. pairs: of a person and a category.
    """

    number: int
    categories: tuple[str, ...]
    buyers: tuple[int, ...]
    scale: float
    people: int
    pairs: int


@dataclass(frozen=True)
class History:
    """periods: oldest first, one following on the other; at most PAST."""

    periods: tuple[Period, ...] = ()

    def missing(self, end: int) -> range:
        """Numbers of the periods that have closed and were never counted.

        Args:
            end: of the last whole week with data, epoch seconds, a Monday.
        """
        newest = newest_closed(end)
        first = max(newest - PAST + 1, 0)
        return range(max(first, self.periods[-1].number + 1) if self.periods else first, newest + 1)

    def with_closed(self, periods: Sequence[Period]) -> "History":
        """Those that were missing behind those that are known."""
        return History((*self.periods, *periods)[-PAST:])

    def known(self, least_people: int) -> tuple[Period, ...]:
        """The newest periods in which enough people bought: before there were payments there is no past."""
        few = [at for at, period in enumerate(self.periods) if period.people < least_people]
        return self.periods[few[-1] + 1 if few else 0 :]

    def dumped(self) -> str:
        """As JSON text; `read` gives an equal history back."""
        told = [asdict(period) for period in self.periods]
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> "History":
        values: list[dict[str, Any]] = json.loads(text)
        lists = ("categories", "buyers")
        return cls(tuple(Period(**value | {name: tuple(value[name]) for name in lists}) for value in values))


def kept_of(periods: Sequence[Period]) -> float:
    """Share of all pairs that counted, in (0, 1]; one for all periods, as it changes less than its noise."""
    drawn, pairs = sum(sum(period.buyers) for period in periods), sum(period.pairs for period in periods)
    return max(1, drawn) / max(1, drawn, pairs)


def one_of(periods: Sequence[Period]) -> float:
    """Share of all pairs that would count if one category of each person did, in (0, 1]."""
    people, pairs = sum(period.people for period in periods), sum(period.pairs for period in periods)
    return max(1, people) / max(1, people, pairs)


def counts_of(periods: Sequence[Period], categories: Sequence[str]) -> Counts:
    """Periods in these categories, in their order; what was not counted then is `UNKNOWN`."""
    values = np.zeros((len(periods), len(categories)), dtype=np.int64)
    scale = np.full(values.shape, UNKNOWN)
    for row, period in enumerate(periods):
        place = {name: at for at, name in enumerate(period.categories)}
        for column, name in enumerate(categories):
            if name in place:
                values[row, column] = period.buyers[place[name]]
                scale[row, column] = period.scale
    people = np.array([max(1, period.people) for period in periods], dtype=np.int64)
    return Counts(values, people, scale, kept_of(periods))
