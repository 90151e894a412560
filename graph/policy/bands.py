"""Amounts become bands before anything is kept: how much somebody paid is nobody's business.

Pure functions of an amount in major units of its currency and the edges of `policy.toml`.
"""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt


def amount_band(amount: Decimal | float | None, edges: Sequence[float]) -> int:
    """Band of one amount: 0 unknown, 1 up to and with the first edge, ..., len(edges) + 1 above the last.

    A refund is in the band of what it gives back.
    """
    return 0 if amount is None else 1 + bisect_left(edges, abs(float(amount)))


def amount_bands(amounts: npt.NDArray[np.float64], edges: Sequence[float]) -> npt.NDArray[np.uint8]:
    """Bands of many amounts, equal to `amount_band` one by one; nan is unknown."""
    bands = 1 + np.searchsorted(np.asarray(edges), np.abs(amounts), side="left")
    return np.where(np.isnan(amounts), 0, bands).astype(np.uint8)
