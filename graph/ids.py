"""Sorted, immutable tables of string ids that can be memory-mapped.

Two files: the UTF-8 bytes of all ids one after another, and int64 offsets (n + 1). Ids are unique and
sorted by their UTF-8 bytes, so that equal sets of ids give equal files wherever they came from.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph.arrays import mapped


class Ids(Sequence[str]):
    """A sorted table of unique ids; the position of an id is its index.

    Args:
        data: uint8 (num_bytes,), the concatenated UTF-8 ids.
        offsets: int64 (n + 1,).
    """

    def __init__(self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
        self.data = data
        self.offsets = offsets

    @classmethod
    def of(cls, ids: Iterable[str]) -> "Ids":
        """Build from any ids; duplicates are kept once."""
        encoded = sorted({value.encode("utf-8") for value in ids})
        offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(value) for value in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        position = int(index)
        if not 0 <= position < len(self):
            raise IndexError(position)
        return self._bytes(position).decode("utf-8")

    def __iter__(self) -> Iterator[str]:
        raw, ends = self.data.tobytes(), self.offsets.tolist()
        for start, end in pairwise(ends):
            yield raw[start:end].decode("utf-8")

    def find(self, value: str) -> int:
        """Index of an id by binary search, or -1."""
        wanted, low, high = value.encode("utf-8"), 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._bytes(low) == wanted else -1

    def find_all(self, values: Iterable[str]) -> npt.NDArray[np.int64]:
        """Indices of many ids, -1 where unknown; one dictionary for all."""
        index_of = {value: i for i, value in enumerate(self)}
        return np.fromiter((index_of.get(value, -1) for value in values), dtype=np.int64)

    def save(self, folder: Path, name: str) -> None:
        np.save(folder / f"{name}.ids.npy", self.data)
        np.save(folder / f"{name}.offsets.npy", self.offsets)

    @classmethod
    def load(cls, folder: Path, name: str) -> "Ids":
        """Memory-map a saved table; nothing is read until asked for."""
        return cls(mapped(folder / f"{name}.ids.npy"), mapped(folder / f"{name}.offsets.npy"))

    def _bytes(self, index: int) -> bytes:
        return self.data[self.offsets[index] : self.offsets[index + 1]].tobytes()
