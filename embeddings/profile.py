"""What one person did, as rows of a version: the only thing about a person that scoring reads.

numpy only: no torch, no scipy. The same weight of a touch is used when fitting and when serving.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


NOTHING = Touched(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Profile:
    """Everything a score needs of one person; kinds that are absent were not touched.

    num_memberships counts circles the version knows; it chooses the weights.
    """

    touched: Mapping[str, Touched]
    num_memberships: int

    def of_kind(self, touch: str) -> Touched:
        return self.touched.get(touch, NOTHING)

    @classmethod
    def of(
        cls,
        version: "Version",
        *,
        paid: npt.NDArray[np.void],
        bought: npt.NDArray[np.void],
        member_of: Iterable[int],
    ) -> "Profile":
        """Map what a store knows about a person to rows of a version; unknown things are skipped.

        Args:
            paid, bought: PAID and BOUGHT records of `graph/edges.py`, with the store's indices.
            member_of: the store's circle indices.
        """
        merchants = version.rows("merchants", paid["merchant"].astype(np.int64))
        products = version.rows("products", bought["product"].astype(np.int64))
        circles = version.rows("circles", np.fromiter(member_of, dtype=np.int64))
        decayed = Decay(version.model.newest_at, version.model.half_life_s)
        return profile_of(
            merchants=Visits(merchants, paid["payments"], decayed(paid), paid["scene"]),
            products=Visits(products, bought["payments"], decayed(bought)),
            circles=circles,
            merchant_category=version.merchant_category,
            product_category=version.product_category,
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
    """Edges of one person: rows (-1 unknown), payments, decayed payments, and scenes where there are any."""

    rows: Int64
    payments: npt.NDArray[Any]
    decayed: npt.NDArray[np.float64]
    scenes: npt.NDArray[Any] | None = None


def touch_weight(decayed: npt.NDArray[np.float64]) -> Float32:
    """Weight of a touch: 1 for one payment today, growing with the logarithm of the payments."""
    return np.log2(1.0 + decayed).astype(np.float32)


def profile_of(
    *,
    merchants: Visits,
    products: Visits,
    circles: Int64,
    merchant_category: npt.NDArray[np.integer],
    product_category: npt.NDArray[np.integer],
) -> Profile:
    """Sum a person's edges by thing, category and scene."""
    known = np.unique(circles[circles >= 0])
    touched = {
        "circle": Touched(known, np.ones(len(known), np.float32), np.ones(len(known), np.int64)),
        "merchant": _summed(merchants.rows, merchants),
        "product": _summed(products.rows, products),
        "merchant_category": _summed(_through(merchants.rows, merchant_category), merchants),
        "product_category": _summed(_through(products.rows, product_category), products),
    }
    if merchants.scenes is not None:
        touched["scene"] = _summed(merchants.scenes.astype(np.int64), merchants)
    return Profile(touched, len(known))


def _through(rows: Int64, category: npt.NDArray[np.integer]) -> Int64:
    """Category of each row, -1 where row or category is unknown."""
    if not len(category):
        return np.full(len(rows), -1, dtype=np.int64)
    return np.where(rows >= 0, category[rows], -1).astype(np.int64)


def _summed(rows: Int64, visits: Visits) -> Touched:
    known = rows >= 0
    if not known.any():
        return NOTHING
    unique, inverse = np.unique(rows[known], return_inverse=True)
    decayed = np.asarray(np.bincount(inverse, visits.decayed[known]), dtype=np.float64)
    counts = np.bincount(inverse, visits.payments[known]).astype(np.int64)
    return Touched(unique, touch_weight(decayed), counts)
