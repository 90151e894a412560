"""Arrays of files, mapped into memory: nothing is read until it is looked at, and processes share it."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

TRIES = 20


def mapped(path: Path) -> npt.NDArray[Any]:
    """A saved array, to be read; its dtype and shape are those of the file.

    Raises:
        FileNotFoundError: there is none. ValueError: the file is damaged.
    """
    # A plain view of the map: indexing a memmap object itself costs several times as much.
    return np.asarray(_opened(path, "r"))


def mapped_to_change(path: Path) -> np.memmap[Any, Any]:
    """The same, and what is written into it is written into the file. Raises as `mapped` does."""
    return _opened(path, "r+")


def _opened(path: Path, mode: Literal["r", "r+"]) -> np.memmap[Any, Any]:
    """numpy has Python parse the head of the file, and before 3.12 two threads disturb each other in that
    when garbage is collected meanwhile (CPython gh-106905): nothing is wrong then, and it is done again."""
    for tried in range(1, TRIES + 1):
        try:
            opened: np.memmap[Any, Any] = np.load(path, mmap_mode=mode)
            break
        except SystemError:
            if tried == TRIES:
                raise
    return opened
