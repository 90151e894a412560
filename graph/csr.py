"""Compressed sparse rows with typed columns: the one edge layout of snapshots and versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph.arrays import mapped


@dataclass(frozen=True)
class Csr:
    """Edges grouped by row; row `r` holds positions `indptr[r]` to `indptr[r + 1]`.

    indptr: int64 (num_rows + 1,).
    indices: int32 (num_edges,), the column of each edge, increasing within a row.
    columns: name -> array (num_edges,), values that belong to each edge.
    num_columns: how many distinct columns the matrix has.
    """

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    num_columns: int
    columns: Mapping[str, npt.NDArray] = field(default_factory=dict)  # type: ignore[type-arg]

    @property
    def num_rows(self) -> int:
        return len(self.indptr) - 1

    @property
    def num_edges(self) -> int:
        return len(self.indices)

    def row(self, index: int) -> npt.NDArray[np.int32]:
        """Columns of one row."""
        return self.indices[self.indptr[index] : self.indptr[index + 1]]

    def row_slice(self, index: int) -> slice:
        """Where one row lies in `indices` and in every column."""
        return slice(int(self.indptr[index]), int(self.indptr[index + 1]))

    def rows(self) -> npt.NDArray[np.int32]:
        """Row of each edge: int32 (num_edges,)."""
        return np.repeat(np.arange(self.num_rows, dtype=np.int32), np.diff(self.indptr))

    def some(self, rows: npt.NDArray[np.int64]) -> "Csr":
        """The same with some rows only, in the order given."""
        lengths = np.diff(self.indptr)[rows]
        at = ranges(self.indptr[rows], lengths)
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        columns = {name: values[at] for name, values in self.columns.items()}
        return Csr(indptr, self.indices[at], self.num_columns, columns)

    @classmethod
    def of(
        cls,
        rows: npt.NDArray[np.integer],
        indices: npt.NDArray[np.integer],
        shape: tuple[int, int],
        columns: Mapping[str, npt.NDArray] | None = None,  # type: ignore[type-arg]
    ) -> "Csr":
        """Build from coordinates in any order; parallel edges stay, in the order of their columns' bytes."""
        columns = columns or {}
        keys = [columns[name] for name in sorted(columns, reverse=True)]
        order = np.lexsort([*keys, indices, rows])
        indptr = np.zeros(shape[0] + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=shape[0]), out=indptr[1:])
        picked = {name: np.ascontiguousarray(values[order]) for name, values in columns.items()}
        return cls(indptr, indices[order].astype(np.int32), shape[1], picked)

    def transpose(self) -> "Csr":
        """The same edges grouped by column."""
        return Csr.of(self.indices, self.rows(), (self.num_columns, self.num_rows), self.columns)

    def save(self, folder: Path, name: str) -> None:
        np.save(folder / f"{name}.indptr.npy", self.indptr)
        np.save(folder / f"{name}.indices.npy", self.indices)
        for column, values in self.columns.items():
            np.save(folder / f"{name}.{column}.npy", values)

    @classmethod
    def load(cls, folder: Path, name: str, num_columns: int, columns: tuple[str, ...] = ()) -> "Csr":
        """Memory-map a saved matrix."""

        def read(part: str) -> npt.NDArray:  # type: ignore[type-arg]
            return mapped(folder / f"{name}.{part}.npy")

        return cls(read("indptr"), read("indices"), num_columns, {c: read(c) for c in columns})


def ranges(starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Positions start, start + 1, ... of each run, one run after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - lengths), lengths), dtype=np.int64)
