"""Portraits made by hand: what a merchant's noisy counts say, without payments, noise and a build.

LABELS has four categories of two scenes; `body_of` fills the questions that are named and leaves the others
at zero, so that a test says all that it counts on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from api.context import Context
from graph.home import Home
from graph.policy.portraits import CLOSENESS, STANDING
from graph.portraits.body import Body
from graph.portraits.growth import Around
from graph.portraits.history import History, Period
from graph.portraits.periods import newest_closed
from graph.portraits.questions import QUESTIONS, Labels
from graph.portraits.weeks import Peers, write_week

WEEK = "2026-W47"
START, END = 1_787_529_600, 1_795_392_000  # the 13 weeks that end with WEEK
MADE_AT = END + 3_600
TOWN = Labels(  # the labels of LABELS, and shops and circles of the house that `service` serves
    ("CLIMBING GYM", "COFFEE SHOP", "SOFT DRINKS", "TEA HOUSE"),
    ("c0", "c1", "k0", "k1"),
    ("bakers", "climbers", "drinkers", "newcomers", "shut"),
    (2.0, 10.0, 50.0),
)
LABELS = Labels(("CLIMBING GYM", "COFFEE SHOP", "SOFT DRINKS", "TEA HOUSE"), (), (), (2.0, 10.0, 50.0))


def body_of(merchant: str, labels: Labels = LABELS, *, epsilon: float = 0.5, **counts: Any) -> Body:
    """A portrait with these counts.

    Args:
        epsilon: decides how much noise the cells are taken to carry; a large one means almost none.
        counts: question -> its whole array; or {cell: people}, where a cell is a place such as ("near",
            "COFFEE SHOP"), named as the question names it, None for "none of them".
    """
    zeros = {question.name: np.zeros(labels.shape(question.name), np.int64) for question in QUESTIONS}
    for question, given in counts.items():
        if isinstance(given, dict):
            for cell, people in given.items():
                zeros[question][place_of(question, cell, labels)] = people
        else:
            zeros[question] = np.asarray(given, np.int64).reshape(labels.shape(question))
    return Body(merchant, WEEK, START, END, MADE_AT, epsilon, labels.labels_id, zeros)


def place_of(question: str, cell: Any, labels: Labels) -> tuple[int, ...]:
    """Where a cell lies in the array of its question."""
    if question == "standing":
        return (STANDING.index(cell),)
    if question == "rising":
        return (len(labels.categories) if cell is None else labels.categories.index(cell),)
    first, *rest = cell
    row = CLOSENESS.index(first)
    if question in ("hours", "spend"):
        return (row, *rest)
    names: Sequence[str] = {"shops": labels.shops, "circles": labels.circles}.get(question, labels.categories)
    return (row, len(names) if rest[0] is None else names.index(rest[0]))


def peers_of(body: Body, labels: Labels = LABELS, *, number: int = 12, **changes: Any) -> Peers:
    """Peers who, added up, have ten times the counts of a body; `changes` replace fields."""
    counts = {name: (10 * cells).ravel().tolist() for name, cells in body.counts.items()}
    made = {
        "number": number,
        "chosen_by": {"kind": "store", "category": "coffee shop"},
        "people": 10 * body.people,
        "counts": counts,
        "measures": {
            "people": (300.0, 500.0, 900.0),
            "regulars": (0.1, 0.2, 0.3),
            "new": (0.2, 0.3, 0.4),
            "kept": (0.5, 0.6, 0.7),
            "change": (-0.1, 0.0, 0.1),
        },
    }
    return Peers(**made | changes)


def everybody_of(*buyers: Sequence[int], labels: Labels = LABELS, people: int = 20_000) -> History:
    """The past of a town: buyers of each category, period by period, the last closed one last; no noise."""
    newest = newest_closed(END)
    return History(
        tuple(
            Period(newest - back, labels.categories, tuple(row), 0.0, people, sum(row))
            for back, row in zip(range(len(buyers) - 1, -1, -1), buyers, strict=True)
        )
    )


def home_with(home: Home, portraits: Iterable[tuple[Body, Peers | None]], *labels: Labels) -> None:
    """Put a week of portraits into a home; labels are LABELS where none are named."""
    write_week(home.portraits, WEEK, labels or [LABELS], portraits, {"made_at": str(MADE_AT)})


def bodies(merchant: str = "c0", labels: Labels = LABELS) -> SearchStrategy[Body]:
    """Portraits with any numbers, many of them small, and any noise."""

    def drawn(draw: Any) -> Body:
        people = st.one_of(st.integers(-40, 60), st.integers(0, 3_000))
        size = sum(int(np.prod(labels.shape(question.name))) for question in QUESTIONS)
        flat = np.array(draw(st.lists(people, min_size=size, max_size=size)), np.int64)
        counts, at = {}, 0
        for question in QUESTIONS:
            shape = labels.shape(question.name)
            counts[question.name] = flat[at : at + int(np.prod(shape))].reshape(shape)
            at += int(np.prod(shape))
        return body_of(merchant, labels, epsilon=draw(st.sampled_from([0.5, 5.0])), **counts)

    return st.composite(drawn)()


@dataclass(frozen=True)
class HandWeek:
    """A week that was never a file: what services read of `PortraitWeek`, and of `PortraitWeeks`."""

    portraits: Mapping[str, tuple[Body, Peers | None]]
    of_labels: Labels = LABELS
    week: str = WEEK
    everybody: Around | None = None

    def current(self) -> "HandWeek":
        return self

    def about(self) -> dict[str, str]:
        return {"made_at": str(MADE_AT)}

    def body(self, merchant_id: str) -> Body | None:
        return self.portraits.get(merchant_id, (None, None))[0]

    def peers(self, merchant_id: str) -> Peers | None:
        return self.portraits.get(merchant_id, (None, None))[1]

    def labels(self, labels_id: str) -> Labels:
        assert labels_id == self.of_labels.labels_id
        return self.of_labels

    def around(self, labels: Labels, least_people: int) -> Around | None:
        return self.everybody


def with_portrait(
    context: Context,
    body: Body,
    peers: Peers | None = None,
    labels: Labels = LABELS,
    everybody: Around | None = None,
) -> Context:
    """The context with one portrait, of the merchant of `body`."""
    week: Any = HandWeek({body.merchant_id: (body, peers)}, labels, everybody=everybody)
    return replace(context, portraits=week)
