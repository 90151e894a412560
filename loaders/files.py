"""A file of a table, and its rows as batches of Arrow columns under our names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.errors import InputError
from graph.schema import TABLES
from loaders.kinds import REFUND_COLUMN
from loaders.mapping import Reading

TEXT_ROWS = 100_000  # rows of a batch of a text file
TYPED_ROWS = 1_000_000  # of a Parquet file: about 200 MB with long ids


@dataclass(frozen=True)
class TableFile:
    """One file of one table, not opened yet.

    name: how reports call it. compression: "", ".gz" or ".zst". make: for data that is not a file.
    """

    table: str
    name: str
    path: Path
    format: str
    compression: str = ""
    reading: Reading = field(default_factory=Reading)
    make: Callable[[], pa.Table] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Batch:
    """Some rows of a file.

    columns: our name -> values; columns that the file does not have are absent.
    lines: int64 (n,), the line where each row begins, or its number from 1 in a file without lines.
    broken: position in the batch -> why the row cannot be read at all.
    """

    columns: Mapping[str, pa.Array]
    lines: npt.NDArray[np.int64]
    broken: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)


def wanted_columns(file: TableFile) -> dict[str, tuple[str, ...]]:
    """Our column -> columns of the file that make it, whether they are there or not."""
    reading = file.reading
    wanted = {c: reading.theirs(c) for c in TABLES[file.table] if c not in reading.constants}
    if file.table == "payments" and reading.refund.column:
        wanted[REFUND_COLUMN] = (reading.refund.column,)
    return wanted


def present_columns(file: TableFile, header: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """What of `wanted_columns` a file has.

    Raises:
        InputError: a required column, or one that the mapping names, is not there.
    """
    wanted, have = wanted_columns(file), set(header)
    for ours, theirs in wanted.items():
        required = TABLES[file.table].get(ours, True) or ours in file.reading.columns
        missing = [name for name in theirs if name not in have]
        if required and missing:
            raise InputError(
                f"{file.name}: column {missing[0]!r} is missing; found {_listed(header)}. "
                "A mapping file can name the column that is meant"
            )
    return {ours: theirs for ours, theirs in wanted.items() if have.issuperset(theirs)}


def _listed(header: tuple[str, ...]) -> str:
    shown = ", ".join(repr(name[:40]) for name in header[:20])
    return (shown or "no columns") + (", ..." if len(header) > 20 else "")


def with_constants(file: TableFile, columns: dict[str, pa.Array], num_rows: int) -> dict[str, pa.Array]:
    """Columns with those that a mapping gives one value for every row."""
    zeros = pa.array(np.zeros(num_rows, dtype=np.int32))
    constants = {
        name: pa.DictionaryArray.from_arrays(zeros, pa.array([value], type=pa.string()))
        for name, value in file.reading.constants.items()
    }
    return columns | constants
