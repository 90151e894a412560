"""Where the payments of a running load wait, on disk, until all of them are known to be good.

Rows lie here as they will lie in the log, but their user, merchant and product are positions in the distinct
ids of their chunk: nothing is given an index in the store before the whole source has been checked.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.log import Hashes, Rows

THINGS = ("user", "merchant", "product")
MOST_HASHES = 50_000_000  # looked at together while searching repetitions: 400 MB

Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Chunk:
    """Some good rows that the log does not know.

    rows: ROW records; user, merchant, product are positions in `ids[thing]`.
    ids: distinct ids as they came. file: which tally they belong to.
    micros, currency: amounts in millionths, and the position of their currency in `currencies`; -1 none.
    """

    rows: Rows
    ids: dict[str, pa.StringArray]
    file: int
    micros: npt.NDArray[np.int64]
    currency: npt.NDArray[np.int16]
    currencies: tuple[str, ...]


class Staging:
    """Chunks in a folder, in the order they came."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._about: list[tuple[int, tuple[str, ...]]] = []
        self.num_rows = 0
        shutil.rmtree(folder, ignore_errors=True)

    def __len__(self) -> int:
        return len(self._about)

    def add(self, chunk: Chunk) -> None:
        folder = self._folder / f"{len(self._about):06d}"
        folder.mkdir(mode=0o700, parents=True)
        np.save(folder / "rows.npy", chunk.rows)
        np.save(folder / "payments.npy", chunk.rows["payment"])
        np.save(folder / "micros.npy", chunk.micros)
        np.save(folder / "currency.npy", chunk.currency)
        for thing in THINGS:
            _save_ids(chunk.ids[thing], folder / f"{thing}.arrow")
        self._about.append((chunk.file, chunk.currencies))
        self.num_rows += len(chunk.rows)

    def chunk(self, number: int) -> Chunk:
        """One chunk, memory-mapped."""
        folder = self._folder / f"{number:06d}"
        file, currencies = self._about[number]
        return Chunk(
            rows=_mapped(folder, "rows"),
            ids={thing: _load_ids(folder / f"{thing}.arrow") for thing in THINGS},
            file=file,
            micros=_mapped(folder, "micros"),
            currency=_mapped(folder, "currency"),
            currencies=currencies,
        )

    def ids(self, thing: str) -> list[str]:
        """Distinct ids of all chunks, in the order they came."""
        found = (_load_ids(self._folder / f"{n:06d}" / f"{thing}.arrow") for n in range(len(self)))
        return list(dict.fromkeys(value for part in found for value in part.to_pylist()))

    def repeated(self) -> Iterator[tuple[int, Bool]]:
        """Chunks that repeat a payment of an earlier row, and which of their rows do."""
        hashes = [_mapped(self._folder / f"{number:06d}", "payments") for number in range(len(self))]
        twice = _twice(hashes)
        if not len(twice):
            return
        seen = np.zeros(len(twice), dtype=bool)
        for number, payments in enumerate(hashes):
            at = np.minimum(np.searchsorted(twice, payments), len(twice) - 1)
            rows = np.flatnonzero(twice[at] == payments)
            _, firsts = np.unique(at[rows], return_index=True)
            is_first = np.zeros(len(rows), dtype=bool)
            is_first[firsts] = True
            mask = np.zeros(len(payments), dtype=bool)
            mask[rows] = seen[at[rows]] | ~is_first
            seen[at[rows]] = True
            if mask.any():
                yield number, mask

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _twice(hashes: Sequence[Hashes]) -> Hashes:
    """Sorted hashes that are there more than once."""
    total = sum(len(part) for part in hashes)
    num_parts = 1 << max(0, (total // MOST_HASHES).bit_length())
    found = [np.zeros(0, dtype=np.uint64)]
    for part in range(num_parts):
        together = (
            np.concatenate([_slice(values, part, num_parts) for values in hashes]) if hashes else found[0]
        )
        together.sort()
        found.append(np.unique(together[1:][together[1:] == together[:-1]]))
    return np.concatenate(found)


def _slice(values: Hashes, part: int, num_parts: int) -> Hashes:
    """Hashes of one part of the number line, so that many are sorted a part at a time."""
    if num_parts == 1:
        return values
    shift = np.uint64(64 - (num_parts.bit_length() - 1))
    return np.asarray(values[values >> shift == np.uint64(part)])


def _mapped(folder: Path, name: str) -> npt.NDArray[Any]:
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))


def _save_ids(ids: pa.StringArray, path: Path) -> None:
    with (
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_file(file, pa.schema([("id", pa.string())])) as writer,
    ):
        writer.write_batch(pa.record_batch([ids], names=["id"]))


def _load_ids(path: Path) -> pa.StringArray:
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).get_batch(0).column(0)
