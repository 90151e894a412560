"""Sums over people as whole numbers, so that taking somebody out and putting them in again is exact.

A filter is made of B' D A (`channels.py`): for each thing and circle, the touches of the members of the
circle, each person weighed by how much they did. Here each person's share is rounded to a multiple of 2^-32
and added up in 64 bits: the sums do not depend on the order of people, and a day that is added to the books
of yesterday leaves the same books, bit for bit, as adding everybody up again. Beside them stand counts: of
the people behind each entry, of those who touched each thing, of the members of each circle.

Books lie in the folder of the snapshot that they were added up from, and go with it: whoever is erased is in
neither. Nothing is served from an entry that too few people stand behind.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings.channels import FILTERS
from embeddings.touches import Matrix, Touches, degrees
from embeddings.update.rows import Moved, moved_matrix, moved_values
from graph.arrays import mapped
from graph.errors import InputError

FOLDER = "books"
FORMAT = 1
UNIT = 2.0**-32  # a share is at most 10 or so: 2^27 people of the largest share fit into 64 bits
LABEL_OF = {
    "circle": "circles",
    "merchant": "merchants",
    "product": "products",
    "merchant_category": "categories",
    "product_category": "categories",
}
Int64 = npt.NDArray[np.int64]
Powers = Mapping[str, float]


@dataclass(frozen=True)
class Books:
    """What people add up to.

    powers: name of a filter -> its exponent a, see `channels.filter_core`. newest_at, half_life_s: how
    payments fade in it. users_of: kind of touch -> int64 (num_things,). cores, support: name of a filter ->
    int64 csr (num_things, num_circles), sums in units and people behind them.
    """

    powers: Powers
    newest_at: int
    half_life_s: float
    users_of: Mapping[str, Int64]
    cores: Mapping[str, Matrix]
    support: Mapping[str, Matrix]

    def moved(self, moved: Moved, sizes: Mapping[str, int]) -> "Books":
        """The same books with every row and column where it is now. sizes: label -> how many there are."""

        def matrix(name: str, of: Matrix) -> Matrix:
            label = LABEL_OF[FILTERS[name]]
            shape = (sizes[label], sizes["circles"])
            return moved_matrix(of, moved.to[label], moved.to["circles"], shape)

        def values(touch: str, of: Int64) -> Int64:
            if touch not in LABEL_OF:
                return of
            label = LABEL_OF[touch]
            return moved_values(of, moved.to[label], sizes[label]).astype(np.int64, copy=False)

        return replace(
            self,
            users_of={touch: values(touch, of) for touch, of in self.users_of.items()},
            cores={name: matrix(name, of) for name, of in self.cores.items()},
            support={name: matrix(name, of) for name, of in self.support.items()},
        )

    def changed(self, out: "Books", into: "Books") -> "Books":
        """These books with some people taken out and others put in; all three are of the same things."""
        return replace(
            self,
            users_of={t: self.users_of[t] - out.users_of[t] + into.users_of[t] for t in self.users_of},
            cores={n: _summed(self.cores[n], out.cores[n], into.cores[n]) for n in self.cores},
            support={n: _summed(self.support[n], out.support[n], into.support[n]) for n in self.support},
        )

    def save(self, snapshot: Path) -> None:
        """Keep them in a snapshot's folder, whole or not at all; they replace what was there."""
        staging = snapshot / f".{FOLDER}-{os.getpid()}"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        for touch, values in self.users_of.items():
            np.save(staging / f"users_of_{touch}.npy", values)
        for kind, matrices in (("core", self.cores), ("support", self.support)):
            for name, matrix in matrices.items():
                for part in ("data", "indices", "indptr"):
                    np.save(staging / f"{kind}_{name}.{part}.npy", getattr(matrix, part))
        about = {
            "format": FORMAT,
            "powers": dict(self.powers),
            "newest_at": self.newest_at,
            "half_life_s": self.half_life_s,
            "kinds": list(self.users_of),
            "shapes": {name: list(matrix.shape) for name, matrix in self.cores.items()},
        }
        (staging / "about.json").write_text(json.dumps(about), encoding="utf-8")
        shutil.rmtree(snapshot / FOLDER, ignore_errors=True)
        staging.rename(snapshot / FOLDER)

    @classmethod
    def load(cls, snapshot: Path) -> "Books | None":
        """Those of a snapshot's folder; None where there are none, or none that can be read."""
        folder = snapshot / FOLDER
        try:
            about = json.loads((folder / "about.json").read_bytes())
            if about["format"] != FORMAT:
                return None
            return cls(
                powers=about["powers"],
                newest_at=about["newest_at"],
                half_life_s=about["half_life_s"],
                users_of={touch: mapped(folder / f"users_of_{touch}.npy") for touch in about["kinds"]},
                cores={n: _read(folder, f"core_{n}", shape) for n, shape in about["shapes"].items()},
                support={n: _read(folder, f"support_{n}", shape) for n, shape in about["shapes"].items()},
            )
        except (OSError, ValueError, KeyError):
            return None


def added_up(touches: Touches, powers: Powers) -> Books:
    """Add people up.

    Args:
        powers: name of a filter -> exponent a; filters that are not named are left out.

    Raises:
        InputError: memberships do not all count alike; such weights are not added up exactly.
    """
    if touches.taught is not None:
        raise InputError(
            "memberships of this snapshot do not all count alike (`--feedback`): run `circles train` instead"
        )
    members = _whole(touches.members)
    cores, support = {}, {}
    for name, power in powers.items():
        things = touches.of[FILTERS[name]]
        cores[name] = _clean(_shares(things, touches.members, power).T.tocsr() @ members)
        support[name] = _clean(_whole(things).T.tocsr() @ members)
    return Books(
        powers=dict(powers),
        newest_at=touches.newest_at,
        half_life_s=touches.half_life_s,
        users_of={touch: degrees(matrix, 0) for touch, matrix in touches.of.items()},
        cores=cores,
        support=support,
    )


def core_of(books: Books, name: str, min_supporters: int) -> Matrix:
    """B' D A of a filter, without what too few people stand behind: float32 csr (num_things, num_circles)."""
    core = books.cores[name]
    core = Matrix((core.data * UNIT, core.indices, core.indptr), shape=core.shape)
    if min_supporters > 1:
        support = books.support[name]
        enough = Matrix((support.data >= min_supporters, support.indices, support.indptr), shape=core.shape)
        core = Matrix(core.multiply(enough))
    core.eliminate_zeros()
    core.sort_indices()
    return Matrix((core.data.astype(np.float32), core.indices, core.indptr), shape=core.shape)


def _shares(things: Matrix, members: Matrix, power: float) -> Matrix:
    """What each person adds for each thing they touched, in units."""
    product = np.maximum(degrees(things, 1) * np.maximum(degrees(members, 1), 1), 1).astype(np.float64)
    weight = np.repeat(np.power(product, -power / 2), np.diff(things.indptr))
    shares = np.rint(things.data.astype(np.float64) * weight / UNIT).astype(np.int64)
    return Matrix((shares, things.indices, things.indptr), shape=things.shape)


def _whole(matrix: Matrix) -> Matrix:
    ones = np.ones(matrix.nnz, dtype=np.int64)
    return Matrix((ones, matrix.indices, matrix.indptr), shape=matrix.shape)


def _summed(kept: Matrix, out: Matrix, into: Matrix) -> Matrix:
    if not out.nnz and not into.nnz:
        return kept
    return _clean(kept + (into - out))


def _clean(matrix: sparse.csr_array) -> Matrix:
    """In the one form that equal matrices have: sorted, nothing twice, no zeros, indices of four bytes."""
    found = Matrix(matrix)
    found.sum_duplicates()
    found.eliminate_zeros()
    shape = found.shape
    return Matrix(
        (found.data, found.indices.astype(np.int32), found.indptr.astype(np.int64)), shape=shape, copy=False
    )


def _read(folder: Path, name: str, shape: list[int]) -> Matrix:
    data, indices, indptr = (mapped(folder / f"{name}.{part}.npy") for part in ("data", "indices", "indptr"))
    return Matrix((data, indices, indptr), shape=(shape[0], shape[1]))
