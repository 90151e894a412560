"""Which payments a person wants unused: of a merchant, a category or a scene, or a single one.

Pure functions. A muted payment counts as one behind the wall: it is in no edge, and so in no list, link,
audience or portrait. It stays in the payment log, so that taking the mute back brings it back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Bool = npt.NDArray[np.bool_]


class Mutable(StrEnum):
    """What can be muted."""

    MERCHANTS = "merchants"
    CATEGORIES = "categories"
    SCENES = "scenes"
    PAYMENTS = "payments"


@dataclass(frozen=True)
class PaymentMutes:
    """What one person muted.

    merchants: store indices. categories: names as in the catalogue. scenes: indices into `schema.SCENES`.
    payments: `payment_hash` of each.
    """

    merchants: frozenset[int] = frozenset()
    categories: frozenset[str] = frozenset()
    scenes: frozenset[int] = frozenset()
    payments: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.merchants or self.categories or self.scenes or self.payments)


def muted(rows: npt.NDArray[np.void], categories: Sequence[str | None], mutes: PaymentMutes) -> Bool:
    """Which payments of a person are muted: bool, shape of `rows`.

    Args:
        rows: records of the payment log (`graph.log.ROW`), all of one person.
        categories: of each payment, see `category_of`; looked at only where `mutes` has any.
    """
    out = np.isin(rows["merchant"], _numbers(mutes.merchants))
    out |= np.isin(rows["scene"], _numbers(mutes.scenes))
    out |= np.isin(rows["payment"], np.array(sorted(mutes.payments), dtype=np.uint64))
    if mutes.categories:
        out |= np.fromiter((name in mutes.categories for name in categories), dtype=bool, count=len(rows))
    return np.asarray(out)


def category_of(product: str | None, merchant: str | None) -> str | None:
    """What a payment is of: the product's category decides, else the merchant's."""
    return product or merchant


def _numbers(values: Iterable[int]) -> npt.NDArray[np.int64]:
    return np.array(sorted(values), dtype=np.int64)
