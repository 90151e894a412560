"""Bring lines made person by person into the order of time, in bounded memory.

Lines are dealt into temporary files by period, each small enough to be sorted in memory.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loaders.synthetic.visits import LINE

LINES_A_PART = 1 << 20
MOST_PARTS = 200  # files open at once


class Spill:
    """Temporary files for the lines of consecutive periods.

    Args:
        folder: new folder, removed by `drain`.
        num_lines: how many lines are coming, to choose the number of periods.
        begin, end: seconds; all moments lie in [begin, end).
    """

    def __init__(self, folder: Path, num_lines: int, begin: int, end: int) -> None:
        folder.mkdir()
        self._folder = folder
        count = min(MOST_PARTS, -(-num_lines // LINES_A_PART))
        self._begin, self._width = begin, -(-(end - begin) // count)
        self._files = [(folder / f"{part}.lines").open("wb") for part in range(count)]

    def add(self, lines: npt.NDArray[np.void]) -> None:
        """Deal out one block of LINE records."""
        part = ((lines["paid_at"] - np.uint32(self._begin)) // np.uint32(self._width)).astype(np.uint8)
        order = np.argsort(part, kind="stable")
        bounds = np.searchsorted(part[order], np.arange(len(self._files) + 1))
        dealt = lines[order]
        for file, low, high in zip(self._files, bounds, bounds[1:], strict=False):
            dealt[low:high].tofile(file)

    def drain(self) -> Iterator[npt.NDArray[np.void]]:
        """All lines in the order of time, period by period; equal moments stay in the order given."""
        for part, file in enumerate(self._files):
            file.close()
            path = self._folder / f"{part}.lines"
            lines = np.fromfile(path, dtype=LINE)
            path.unlink()
            yield lines[np.argsort(lines["paid_at"], kind="stable")]
        self._folder.rmdir()

    def close(self) -> None:
        """Let go of the files; for when something went wrong."""
        for file in self._files:
            file.close()
