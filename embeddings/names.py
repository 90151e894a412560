"""Small numbers for what things are explained by: the label of a thing, such as its category."""

import threading
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from embeddings import told
from embeddings.scorer import Scorer, Term

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Key = tuple[str, str]
POPULAR: Key = ("popular", "popular")
SILENT = -1  # the kind of what counts and is not spoken of


class Names:
    """A small number for what each thing is explained by, given at first sight; 0 is popularity.

    keys: kind and label by number. kinds, rows: the same as numbers of `told.KINDS`, SILENT for scenes, and
    rows of the version, int64 (num_codes,).
    """

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self.keys: list[Key] = [POPULAR]
        self.kinds, self.rows = np.zeros(1, np.int64), np.zeros(1, np.int64)
        self._code_of: dict[Key, int] = {POPULAR: 0}
        self._codes: dict[str, Int32] = {}
        self._lock = threading.Lock()

    def of(self, touch: str, rows: Int64) -> Int32:
        """Numbers of things of one kind."""
        known = self._codes.get(touch)
        codes = None if known is None else known[rows]
        if known is None or codes is None or np.minimum.reduce(codes, initial=0) < 0:
            with self._lock:
                codes = self._learnt(touch, rows)[rows]
        return codes

    def ranks(self, codes: Int64) -> Int64:
        """Places of the labels of these codes in their order."""
        met = sorted(set(codes.tolist()), key=self.keys.__getitem__)
        rank = {code: place for place, code in enumerate(met)}
        return np.array([rank[code] for code in codes.tolist()], dtype=np.int64)

    def _learnt(self, touch: str, rows: Int64) -> Int32:
        if touch not in self._codes:
            self._codes[touch] = np.full(self._scorer.model.num_things[touch], -1, dtype=np.int32)
        known, start = self._codes[touch], len(self.keys)
        met: list[tuple[int, int]] = []
        found: list[tuple[Int64, int]] = []
        for alike in self._alike(touch, np.unique(rows[known[rows] < 0])):
            row = int(alike[0])
            key = self._scorer.label(Term(touch, row, 0.0))
            if key not in self._code_of:
                self.keys.append(key)
                self._code_of[key] = len(self.keys) - 1
                met.append(self._spoken(key[0], touch, row))
            found.append((alike, self._code_of[key]))
        # What a number stands for is known before the number is: other threads read without the lock.
        new = np.array(met, dtype=np.int64).reshape(len(self.keys) - start, 2)
        self.kinds = np.concatenate((self.kinds, new[:, 0]))
        self.rows = np.concatenate((self.rows, new[:, 1]))
        for alike, code in found:
            known[alike] = code
        return known

    def _alike(self, touch: str, rows: Int64) -> Iterator[Int64]:
        """Rows that are surely of one name together: products of a category."""
        if touch != "product":
            yield from rows[:, None]
            return
        category = self._scorer.version.product_category[rows]
        yield from rows[category < 0][:, None]
        order = np.argsort(category, kind="stable")[np.count_nonzero(category < 0) :]
        yield from np.split(rows[order], np.flatnonzero(np.diff(category[order])) + 1) if len(order) else ()

    def _spoken(self, kind: str, touch: str, row: int) -> tuple[int, int]:
        """Kind and row under which a thing is spoken of."""
        version = self._scorer.version
        if kind == "scene":
            return SILENT, row
        if kind != "category":
            return told.KIND_OF[kind], row
        category = int(version.product_category[row]) if touch == "product" else row
        return told.KIND_OF[
            "category" if version.label("product_category", category) in version.goods else "place"
        ], category
