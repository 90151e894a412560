"""A column of text as numbers into its distinct values: each text is looked at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Coded:
    """codes: int32 (n,), position in `values`, -1 where absent. values: distinct text, never empty."""

    codes: Int32
    values: pa.StringArray

    def where(self, mask: Bool) -> Bool:
        """Of a mask over the values, the mask over the rows; False where absent."""
        return np.append(mask, False)[self.codes]

    def absent(self) -> Bool:
        return self.codes < 0

    def numbers(self, of_value: npt.NDArray[np.integer], absent: int) -> npt.NDArray[np.integer]:
        """A number for each row from a number for each value."""
        return np.append(of_value, absent)[self.codes]

    def texts(self) -> list[str | None]:
        """The column as Python values."""
        values = [*self.values.to_pylist(), None]
        return [values[code] for code in self.codes.tolist()]


def coded(column: pa.Array) -> Coded:
    """Encode a column; empty text counts as absent, whole numbers become their digits."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    codes = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    values = column.dictionary.cast(pa.string())
    gone = pc.fill_null(pc.equal(values, ""), True).to_numpy(zero_copy_only=False)
    if gone.any():
        place = np.where(gone, -1, np.cumsum(~gone) - 1).astype(np.int32)
        codes = np.append(place, np.int32(-1))[codes]
        values = values.filter(pa.array(~gone))
    return Coded(codes, values)


def nothing(num_rows: int) -> Coded:
    """A column that is not there."""
    return Coded(np.full(num_rows, -1, dtype=np.int32), pa.array([], type=pa.string()))
