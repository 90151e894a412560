"""Columns and rows of bulk writes, the same for every store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.errors import InputError

BATCH = 10_000  # rows of one write transaction, so that nobody waits long for a bulk write
Int64 = npt.NDArray[np.int64]


def plain(values: Sequence[Any] | npt.NDArray[Any]) -> list[Any]:
    """A column as Python values: SQLite would store a NumPy number as its bytes."""
    if isinstance(values, np.ndarray):
        return list(values.tolist())
    if not any(issubclass(kind, np.generic) for kind in set(map(type, values))):
        return list(values)
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def column(columns: Mapping[str, Sequence[Any]], name: str, length: int) -> list[Any]:
    """A column as Python values, or as many None when it is absent.

    Raises:
        InputError: its length differs.
    """
    if name not in columns:
        return [None] * length
    values = plain(columns[name])
    if len(values) != length:
        raise InputError(f"column {name!r} has {len(values)} values; expected {length}")
    return values


def rows_of(columns: Mapping[str, Sequence[Any]], *names: str) -> list[tuple[Any, ...]]:
    """Rows of the named columns; the first one is required and gives the length."""
    length = len(columns[names[0]])
    return list(zip(*(column(columns, name, length) for name in names), strict=True))


def batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Parts of at most `BATCH` rows."""
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def only(values: Iterable[int]) -> int | None:
    """The value when all are the same one: a bulk change names nobody."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None
