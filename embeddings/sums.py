"""Terms of codes in circles, added up at the end: sparse ones, dense ones, and each less its mean."""

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


class Sums:
    """Terms of codes in circles, added up at the end."""

    def __init__(self, num_codes: int, num_circles: int, out_of: int) -> None:
        self._shape, self._out_of = (num_codes, num_circles), out_of
        self._first = np.zeros(num_circles)
        self._cells: list[Int64] = []
        self._values: list[Float64] = []
        self._sources: list[Int64] = []
        self._given: list[Float64] = []

    def add_first(self, values: Float64) -> None:
        """To the code at place 0: float64 (num_circles,)."""
        self._first += values

    def add_rows(self, places: Int64, values: Float64) -> None:
        """To codes that may repeat: float64 (len(places), num_circles)."""
        across = np.arange(self._shape[1])
        self._cells.append((places[:, None] * self._shape[1] + across).ravel())
        self._values.append(values.ravel())

    def add_spread(self, places: Int64, columns: Int64, values: Float64) -> None:
        """To one circle each, less the mean over all circles; the column of one not asked about is -1."""
        self._sources.append(places)
        self._given.append(values)
        asked = (columns >= 0).nonzero()[0]
        self._cells.append(places[asked] * self._shape[1] + columns[asked])
        self._values.append(values[asked])

    def total(self) -> Float64:
        """float64 (num_codes, num_circles)."""
        sums = np.zeros(self._shape)
        if self._cells:
            values = np.concatenate(self._values)
            sums += np.bincount(np.concatenate(self._cells), values, sums.size).reshape(self._shape)
        if self._sources:
            given = np.bincount(np.concatenate(self._sources), np.concatenate(self._given), len(sums))
            sums -= given[:, None] / self._out_of
        sums[0] += self._first
        return sums
