"""How many people are suggested to somebody, and how exactly they are told how well the two fit."""

from dataclasses import dataclass

# Edges of the bands of a weight; three words at most, since a finer one could be measured by trying.
_GOOD, _STRONG = 0.5, 0.75


@dataclass(frozen=True)
class ListRules:
    """Values of `policy.toml`, section links.

    list_size: most suggestions of a week. daily_cap: most new ones of a day.
    unanswered_discount: what is left of a list after a whole one stayed without an answer, in (0, 1].
    weekly_share: part of all pairs that take part in a week, drawn by lot, in (0, 1]: a pair that begins or
    ceases to fit does not show at once.
    """

    list_size: int
    daily_cap: int
    unanswered_discount: float
    weekly_share: float = 1.0


def band_of(weight: float) -> str:
    """The word for a weight outside the service scope: `some`, `good` or `strong`."""
    return "strong" if weight >= _STRONG else "good" if weight >= _GOOD else "some"
