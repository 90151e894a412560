"""What one person did, as rows of a version: the only thing about a person that scoring reads.

numpy only: no torch, no scipy. The same weight of a touch is used when fitting and when serving.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embeddings.model import Float32

if TYPE_CHECKING:
    from embeddings.registry import Version

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Touched:
    """Things of one kind that a person touched.

    rows: int64 (n,), increasing, unique. values: float32 (n,), weight of each touch. counts: int64 (n,),
    payments behind each (1 for a circle), for people to read.
    """

    rows: Int64
    values: Float32
    counts: Int64


_NONE = np.zeros(0, np.int64)
NOTHING = Touched(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Profile:
    """Everything a score needs of one person; kinds that are absent were not touched.

    num_memberships counts circles the version knows; it chooses the weights. kept: what a scorer made of it,
    by channel, so that reasons need not make it again.
    """

    touched: Mapping[str, Touched]
    num_memberships: int
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known; adds nothing up to find out."""
        found = self.touched
        return not (found.any() if isinstance(found, _Asked) else any(len(t.rows) for t in found.values()))

    def of_kind(self, touch: str) -> Touched:
        return self.touched.get(touch, NOTHING)

    @classmethod
    def of(
        cls,
        version: "Version",
        *,
        paid: npt.NDArray[np.void],
        bought: npt.NDArray[np.void],
        member_of: Collection[int],
    ) -> "Profile":
        """Map what a store knows about a person to rows of a version; unknown things are skipped.

        Args:
            paid, bought: PAID and BOUGHT records of `graph/edges.py`, with the store's indices.
            member_of: the store's circle indices.
        """
        decay = Decay(version.model.newest_at, version.model.half_life_s)

        def visited() -> Visits:
            rows = version.rows("merchants", paid["merchant"].astype(np.int64))
            return Visits(rows, paid["payments"], lambda: decay(paid), paid["scene"])

        def taken() -> Visits:
            rows = version.rows("products", bought["product"].astype(np.int64))
            return Visits(rows, bought["payments"], lambda: decay(bought))

        first = (
            (version.store_rows["merchants"], paid["merchant"]),
            (version.store_rows["products"], bought["product"]),
        )
        return profile_of(
            merchants=visited,
            products=taken,
            circles=version.rows("circles", np.fromiter(member_of, dtype=np.int64)) if member_of else _NONE,
            merchant_category=version.merchant_category,
            product_category=version.product_category,
            is_known=any(_knows_first(rows, indices) for rows, indices in first),
        )


@dataclass(frozen=True)
class Decay:
    """Payments that fade: half of them count after `half_life_s` seconds before `newest_at`."""

    newest_at: int
    half_life_s: float

    def __call__(self, edges: Mapping[str, Any] | npt.NDArray[np.void]) -> npt.NDArray[np.float64]:
        age = self.newest_at - np.asarray(edges["last_at"], dtype=np.int64)
        return np.asarray(edges["payments"] * np.exp2(-np.maximum(age, 0) / self.half_life_s))


@dataclass(frozen=True)
class Visits:
    """Edges of one person: rows (-1 unknown), payments, how they fade, and scenes where there are any."""

    rows: Int64
    payments: npt.NDArray[Any]
    fade: Callable[[], npt.NDArray[np.float64]]
    scenes: npt.NDArray[Any] | None = None

    @cached_property
    def decayed(self) -> npt.NDArray[np.float64]:
        """Decayed payments."""
        return self.fade()


def touch_weight(decayed: npt.NDArray[np.float64]) -> Float32:
    """Weight of a touch: 1 for one payment today, growing with the logarithm of the payments."""
    return np.log2(1.0 + decayed).astype(np.float32)


def profile_of(
    *,
    merchants: Callable[[], Visits],
    products: Callable[[], Visits],
    circles: Int64,
    merchant_category: npt.NDArray[np.integer],
    product_category: npt.NDArray[np.integer],
    is_known: bool = False,
) -> Profile:
    """Sum a person's edges by thing, category and scene; each kind when it is first asked for.

    Args:
        is_known: whether it is known already that something of it is; else it is looked for.
    """
    merchants, products = _Once(merchants), _Once(products)
    known = np.unique(circles[circles >= 0]) if len(circles) else circles

    def by_scene() -> Touched:
        scenes = merchants().scenes
        return NOTHING if scenes is None else _summed(scenes.astype(np.int64), merchants())

    kinds: dict[str, Callable[[], Touched]] = {
        "circle": lambda: Touched(known, np.ones(len(known), np.float32), np.ones(len(known), np.int64)),
        "merchant": lambda: _summed(merchants().rows, merchants()),
        "product": lambda: _summed(products().rows, products()),
        "merchant_category": lambda: _summed(_through(merchants().rows, merchant_category), merchants()),
        "product_category": lambda: _summed(_through(products().rows, product_category), products()),
        "scene": by_scene,
    }

    def anything() -> bool:
        """A category is known through its merchant or product."""
        if is_known or len(known) or _any(merchants().rows) or _any(products().rows):
            return True
        scenes = merchants().scenes
        return scenes is not None and _any(scenes)

    return Profile(_Asked(kinds, anything), len(known))


def _knows_first(rows: npt.NDArray[np.int32], indices: npt.NDArray[Any]) -> bool:
    """Whether a version has a row for the first of a person's things; for most people that says enough."""
    return len(indices) > 0 and (first := int(indices[0])) < len(rows) and int(rows[first]) >= 0


def _any(rows: npt.NDArray[Any]) -> bool:
    return len(rows) > 0 and bool(rows.max() >= 0)


class _Once:
    """Visits, computed when they are first asked for; `functools.cache` costs more than most visits."""

    def __init__(self, make: Callable[[], Visits]) -> None:
        self._make = make
        self._made: Visits | None = None

    def __call__(self) -> Visits:
        if self._made is None:
            self._made = self._make()
        return self._made


class _Asked(Mapping[str, Touched]):
    """Kinds of touches, each computed when it is first asked for: a version reads few of them."""

    def __init__(self, kinds: Mapping[str, Callable[[], Touched]], any_: Callable[[], bool]) -> None:
        self._kinds = kinds
        self.any = any_
        self._known: dict[str, Touched] = {}

    def __getitem__(self, touch: str) -> Touched:
        if touch not in self._known:
            self._known[touch] = self._kinds[touch]()
        return self._known[touch]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


def _through(rows: Int64, category: npt.NDArray[np.integer]) -> Int64:
    """Category of each row, -1 where row or category is unknown."""
    if not len(category):
        return np.full(len(rows), -1, dtype=np.int64)
    return np.where(rows >= 0, category[rows], -1).astype(np.int64)


def _summed(rows: Int64, visits: Visits) -> Touched:
    """Touches by row: sorted once and added up in runs, which costs less than `np.unique`."""
    order = rows.argsort(kind="stable")
    ordered = rows[order]
    first = int(ordered.searchsorted(0))  # -1 is unknown
    if first == len(rows):
        return NOTHING
    order, ordered = order[first:], ordered[first:]
    begins = np.empty(len(ordered), dtype=bool)
    begins[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
    starts = begins.nonzero()[0]
    decayed = np.add.reduceat(visits.decayed[order], starts)
    counts = np.add.reduceat(visits.payments[order].astype(np.int64), starts)
    return Touched(ordered[starts], touch_weight(decayed), counts)
