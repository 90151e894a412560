"""The task `payments` in the words of `circles`: a product category is a circle, buying in it is joining.

What is to be found are the categories that somebody buys in after the cut and never did before. So every
method that ranks circles ranks categories, and every metric means the same.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings.peers.sight import FOREVER_DAYS
from embeddings.touches import Matrix, touches_of
from graph.csr import Csr
from graph.errors import InputError
from graph.snapshot import STATES, Snapshot

Int64 = npt.NDArray[np.int64]


def as_circles(snapshot: Snapshot) -> Snapshot:
    """The same graph with its categories in the place of circles.

    Raises:
        InputError: nothing that was bought has a category.
    """
    rows, columns = _bought_in(snapshot)
    if not len(rows):
        raise InputError("no product and no merchant that somebody paid for has a category to be ranked")
    num = len(snapshot.categories)
    shape = (len(snapshot.users), num)
    themes = {
        kind: Csr.of(_nothing(), _nothing(), (num, theme.num_columns), {"weight": np.zeros(0, np.float32)})
        for kind, theme in snapshot.themes.items()
    }
    return replace(
        snapshot,
        circles=snapshot.categories,
        members=Csr.of(rows, columns, shape, {"joined_at": np.zeros(len(rows), dtype=np.uint32)}),
        dismissed=Csr.of(_nothing(), _nothing(), shape),
        themes=themes,
        circle_scene=np.full(num, -1, dtype=np.int8),
        circle_owner=np.full(num, -1, dtype=np.int32),
        circle_state=np.full(num, STATES.index("open"), dtype=np.int8),
        circle_created_at=np.zeros(num, dtype=np.uint32),
        names=dict(snapshot.names) | {"circles": list(snapshot.categories)},
        store_index={},
    )


def new_categories(before: Snapshot, whole: Snapshot) -> dict[str, set[str]]:
    """What is to be found: user id -> categories bought in by the end and not before the cut."""
    later, earlier = _names(whole), _names(before)
    found = {user: bought - earlier.get(user, set()) for user, bought in later.items()}
    return {user: categories for user, categories in found.items() if categories}


def _names(snapshot: Snapshot) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    users, categories = list(snapshot.users), list(snapshot.categories)
    for row, column in zip(*(part.tolist() for part in _bought_in(snapshot)), strict=True):
        out.setdefault(users[row], set()).add(categories[column])
    return out


def _bought_in(snapshot: Snapshot) -> tuple[Int64, Int64]:
    """Distinct pairs of a user and a category, of products where they have one, else of merchants."""
    touches = touches_of(snapshot, half_life_days=FOREVER_DAYS)
    bought = touches.of["product_category"]
    pairs = sparse.coo_array(Matrix(bought if bought.nnz else touches.of["merchant_category"]))
    return pairs.row.astype(np.int64), pairs.col.astype(np.int64)


def _nothing() -> Int64:
    return np.zeros(0, dtype=np.int64)
