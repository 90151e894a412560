"""The lists of a version of which most are those of the version before.

Records are sorted by pseudonym, so that two files are merged in one pass. Circles keep their rows; what is
told of them names things by rows, which move when others come between.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.lists import FILE, Lists, key_of
from embeddings.publish import ListsOf
from embeddings.telling import Teller
from embeddings.told import KIND_OF, moved_things
from embeddings.update.rows import Moved
from graph.arrays import mapped_to_change

Records = npt.NDArray[np.void]
Int64 = npt.NDArray[np.int64]
_LABELS = {
    "category": "categories",
    "place": "categories",
    "product": "products",
    "merchant": "merchants",
    "circle": "circles",
}
AT_ONCE = 50_000  # records on their way: 50 MB


@dataclass
class Merged:
    """Lists of before, but for those that are made anew.

    new: makes them. before: of the version before, the same circles in the same rows. out: ids of everybody
    who has no list of before any more, or one that is made anew. moved: where rows of things are now.
    """

    new: ListsOf
    before: Lists
    out: Iterable[str]
    moved: Moved
    _places: Int64 = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    _part: Path | None = field(default=None, repr=False)

    def write(self, folder: Path) -> None:
        self._part = Path(mkdtemp(prefix=f".staging-{os.getpid()}-part-", dir=folder.parent))
        try:
            self.new.write(self._part)
            made = mapped_to_change(self._part / FILE)
            kept = self._kept()
            keys = np.concatenate([_halves(self.before.records["user"][kept]), _halves(made["user"])])
            order = np.lexsort((keys[:, 1], keys[:, 0]))
            place = np.empty(len(order), np.int64)
            place[order] = np.arange(len(order))
            shape = (len(order),)
            records = np.lib.format.open_memmap(folder / FILE, mode="w+", dtype=made.dtype, shape=shape)
            self._copy(records, kept, place)
            self._places = place[len(kept) :]
            records[self._places] = made
            records.flush()
        except BaseException:
            self._clear()
            raise

    def tell(self, folder: Path, teller: Teller) -> None:
        assert self._part is not None
        try:
            self.new.tell(self._part, teller)
            made, records = mapped_to_change(self._part / FILE), mapped_to_change(folder / FILE)
            for name in ("things", "told"):
                records[name][self._places] = made[name]
            records.flush()
        finally:
            self._clear()

    def _clear(self) -> None:
        if self._part is not None:
            shutil.rmtree(self._part, ignore_errors=True)

    def _kept(self) -> Int64:
        """Places of the records of before that stay."""
        stays = np.ones(len(self.before), dtype=bool)
        stays[places_of(self.before.records, [key_of(user) for user in self.out])] = False
        return np.flatnonzero(stays)

    def _copy(self, records: Records, kept: Int64, place: Int64) -> None:
        rows = {KIND_OF[kind]: self.moved.to[label] for kind, label in _LABELS.items()}
        for start in range(0, len(kept), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            block: Any = self.before.records[kept[some]]
            block["things"] = moved_things(block["things"], rows)
            records[place[: len(kept)][some]] = block


def places_of(records: Records, keys: list[bytes]) -> Int64:
    """Places of these keys among sorted records; keys that are not there are passed over."""
    if not keys or not len(records):
        return np.zeros(0, np.int64)
    have, wanted = _halves(records["user"]), _halves(np.frombuffer(b"".join(keys), "V16"))
    first = np.searchsorted(have[:, 0], wanted[:, 0], side="left")
    last = np.searchsorted(have[:, 0], wanted[:, 0], side="right")
    found = []
    for step in range(int((last - first).max(initial=0))):  # two of one first half are as good as never
        at = first + step
        inside = at < last
        same = have[np.minimum(at, len(have) - 1), 1] == wanted[:, 1]
        found.append(at[inside & same])
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _halves(users: npt.NDArray[np.void]) -> npt.NDArray[np.uint64]:
    """Keys as two numbers each: uint64 (n, 2)."""
    raw = np.ascontiguousarray(users).view(">u8").reshape(len(users), 2)
    return raw.astype(np.uint64)
