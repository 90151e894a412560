"""Payments of the inbox as rows: what is refused and how they come back; for every store."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.errors import InputError
from graph.log import Rows, rows_of

PAYMENT = (
    "payment",
    "user",
    "merchant",
    "product",
    "quantity",
    "band",
    "scene",
    "paid_at",
    "refund",
    "walled",
)
_NULLABLE = ("product", "quantity")
_INBOX_DTYPES = {"payment": np.uint64, "refund": np.bool_, "walled": np.bool_}


def checked_payment(row: tuple[Any, ...]) -> tuple[Any, ...]:
    payment, user, merchant, product, quantity, band, scene, paid_at, refund, walled = row
    if not 0 <= paid_at < 2**32:
        raise InputError("a payment's time does not fit 1970 to 2106; expected epoch seconds, UTC")
    return (
        signed(payment),
        user,
        merchant,
        product,
        quantity,
        band,
        scene,
        paid_at,
        bool(refund),
        bool(walled),
    )


def signed(payment: int) -> int:
    """A 64-bit hash as SQLite keeps it."""
    return payment - 2**64 if payment >= 2**63 else payment


def inbox_rows(found: Sequence[Sequence[Any]]) -> Rows:
    """Rows of the payment log from rows of `PAYMENT`, with signed hashes."""
    columns = zip(*found, strict=True) if found else ([] for _ in PAYMENT)
    return rows_of({name: inbox_column(name, values) for name, values in zip(PAYMENT, columns, strict=True)})


def inbox_column(name: str, values: Iterable[Any]) -> npt.NDArray[Any]:
    listed = list(values)
    if name in _NULLABLE:
        return np.array(listed, dtype=object)
    if name == "payment":
        return np.array(listed, dtype=np.int64).view(np.uint64)
    return np.array(listed, dtype=_INBOX_DTYPES.get(name, np.int64))
