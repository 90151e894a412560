"""Who and what is counted for portraits, and how rows of fans become counts: values and pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.policy.portraits import CLOSENESS, PortraitRules
from graph.portraits.periods import DAY_S as DAY_S
from graph.portraits.periods import FIRST_MONDAY_S
from graph.portraits.periods import WEEK_S as WEEK_S
from graph.portraits.questions import QUESTIONS, Labels

UNNAMED = -1  # place of a category that nobody may hear of
SHOPS_OF_ONE = 2  # as in the question about shops: of the fans of one it is the other that tells something
SHARE_UNITS = 1000  # that the days of one person are parted into, among categories
Int64 = npt.NDArray[np.int64]
# question -> column of the rows of fans, where each fan of a closeness is in one cell
_COLUMNS = {
    "interests": "interest",
    "spend": "spend",
    "goods": "goods",
    "shops": "other",
    "circles": "circle",
}


@dataclass(frozen=True)
class Stretch:
    """before <= `start` < `end`, epoch seconds, all Mondays: the window, and as many weeks before it."""

    before: int
    start: int
    end: int


@dataclass(frozen=True)
class Town:
    """Who and what may be counted, by store index.

    people: users, distinct. lots: (num_people,) what draws for each of them; of the pseudonym, since an index
        says when somebody came.
    owners: merchants that may have a portrait, increasing. order: (num_owners,) place of each by id.
    categories: names, of all shops and products. shops, shop_category; products, maker, product_category:
        places in `categories` and store indices, -1 for none.
    """

    people: Int64
    lots: npt.NDArray[np.uint64]
    owners: Int64
    order: Int64
    categories: tuple[str, ...]
    shops: Int64
    shop_category: Int64
    products: Int64
    maker: Int64
    product_category: Int64


@dataclass(frozen=True)
class Everybody:
    """People of all merchants together; nobody is in it more than so often, so that noise can hide them.

    units: (num_categories,) days in the window, of which each person has `SHARE_UNITS` or a little less.
    at_shop: (num_owners,) people who went there on most days, of both stretches; each has `SHOPS_OF_ONE`.
    """

    units: Int64
    at_shop: Int64


@dataclass(frozen=True)
class Bought:
    """What everybody bought, by period; exact.

    buyers: (num_periods, num_labels), of each person a few labels a period, by lot.
    people, pairs: (num_periods,), who bought anything that is named; pairs of a person and a label.
    """

    buyers: Int64
    people: Int64
    pairs: Int64


@dataclass(frozen=True)
class Asked:
    """What is counted.

    place_of_category: (num_categories,) place in the labels, UNNAMED for one that nobody may hear of.
    shares: (num_labels,) of everybody's days, together 1. shown_shops: store index -> place.
    circle_of: users and the place of the circle that each joined last.
    salt: key of the lot that draws categories. utc_offset_s: where people live.
    """

    at: Stretch
    labels: Labels
    place_of_category: Int64
    shares: npt.NDArray[np.float64]
    shown_shops: Mapping[int, int]
    circle_of: tuple[Int64, Int64]
    salt: str
    utc_offset_s: int
    rules: PortraitRules


@dataclass(frozen=True)
class Block:
    """merchants: store indices, (n,). counts: question -> int64, (n, *shape of the question)."""

    merchants: Int64
    counts: Mapping[str, Int64]


def monday(at: int) -> int:
    """Start of the week of a moment, UTC."""
    return (at - FIRST_MONDAY_S) // WEEK_S * WEEK_S + FIRST_MONDAY_S


def stretch(end: int, window_weeks: int) -> Stretch:
    """The window that ends then, and as many weeks before it."""
    length = window_weeks * WEEK_S
    return Stretch(end - 2 * length, end - length, end)


def histograms(merchants: Int64, columns: Mapping[str, Int64], labels: Labels) -> dict[str, Int64]:
    """Count the fans of each merchant by each question."""
    out = {q.name: np.zeros((len(merchants), *labels.shape(q.name)), dtype=np.int64) for q in QUESTIONS}
    if not columns:
        return out
    standing = columns["standing"]
    row = np.searchsorted(merchants, columns["merchant"]).astype(np.int64)
    np.add.at(out["standing"], (row, standing), 1)
    came = standing < len(CLOSENESS)
    here = {name: values[came] for name, values in columns.items()}
    here["spend"] = np.minimum(here["spend"], out["spend"].shape[-1] - 1)  # read by a policy with more bands
    row, near = row[came], standing[came]
    for name, column in _COLUMNS.items():
        np.add.at(out[name], (row, near, here[column]), 1)  # -1, none of them, is the last place
    weekday, part = np.divmod(here["hour"], out["hours"].shape[-1])
    np.add.at(out["hours"], (row, near, weekday, part), 1)
    np.add.at(out["rising"], (row, here["rising"]), 1)
    return out
