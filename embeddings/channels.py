"""Closed-form channels: sparse thing-to-circle matrices, so that a score is a sum over what a user touched.

Notation: B users x things (weights of touches), A users x circles (memberships that count), Theta circles x
targets of themes, D diagonal matrices of degrees (u users, i things, c circles, q targets, t targets of a
circle), ^.p a power of each entry, x = source, y = target and r = row among the exponents.

    filter          B_u D_i^-x (B' D A)^.p D_c^-y         D = (d_B max(d_A, 1))^(-a/2); d_A^-a when B = A
    theme_alike     A_u D_c^-.5 N N' (d_c + 1)^-y         N = D_t^-r Theta D_q^-x
    theme_near      A_u cos(Theta D_q^-1)^.p              zero diagonal
    theme_<things>  B_u D_i^-x Theta' D_t^-r (d_c + 1)^-y

An entry of a filter needs `min_supporters` consenting members of the circle who touched the thing; degrees of
circles and things that fewer people stand behind are read as none, or as that floor. Themes are declared, not
inferred from anybody, so they need no supporters and also carry circles that nobody has joined.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings.model import Channel
from embeddings.touches import Matrix, Touches, binary, degrees
from graph.csr import Csr
from graph.snapshot import Snapshot

Float64 = npt.NDArray[np.float64]
Exponents = Mapping[str, float]

FILTERS = {
    "members": "circle",
    "merchants": "merchant",
    "products": "product",
    "merchant_categories": "merchant_category",
    "product_categories": "product_category",
}
THEMES = {
    "theme_alike": "circle",
    "theme_near": "circle",
    "theme_merchants": "merchant",
    "theme_products": "product",
    "theme_merchant_categories": "merchant_category",
    "theme_product_categories": "product_category",
    "theme_scenes": "scene",
}
TOUCH_OF = FILTERS | THEMES
# A target that more circles share than this says nothing about likeness and would make N N' dense.
MAX_CIRCLES_OF_TARGET = 1_000


@dataclass(frozen=True)
class Ground:
    """What all channels of one snapshot are computed from.

    num_members: int64 (num_circles,), consenting members, 0 below `min_supporters`.
    themes: kind -> csr (num_circles, num_targets), weights; `category` without, `reach` with the
        categories of product themes.
    """

    touches: Touches
    themes: Mapping[str, Matrix]
    num_members: npt.NDArray[np.int64]
    min_supporters: int

    @property
    def num_circles(self) -> int:
        return len(self.num_members)

    def users_of(self, touch: str) -> npt.NDArray[np.int64]:
        """How many people touched each thing of a kind: int64 (num_things,)."""
        return degrees(self.touches.of[touch], 0)


class Counted(Protocol):
    """What of a ground is left once people are added up: enough for all but the sums over people."""

    @property
    def themes(self) -> Mapping[str, Matrix]: ...

    @property
    def num_members(self) -> npt.NDArray[np.int64]: ...

    @property
    def min_supporters(self) -> int: ...

    def users_of(self, touch: str) -> npt.NDArray[np.int64]: ...


def ground_of(snapshot: Snapshot, touches: Touches, *, min_supporters: int) -> Ground:
    """Collect degrees and themes of a snapshot."""
    members = degrees(touches.teaching, 0)
    num_members = np.where(members >= min_supporters, members, 0)
    return Ground(touches, themes_of(snapshot), num_members, min_supporters)


def themes_of(snapshot: Snapshot) -> dict[str, Matrix]:
    """Themes of a snapshot as `Ground` has them."""
    themes = {kind: _theme(matrix) for kind, matrix in snapshot.themes.items()}
    themes["reach"] = themes["category"] + _through(
        themes["product"], snapshot.product_category, themes["category"]
    )
    return themes


def default_exponents(name: str) -> dict[str, float]:
    """Where a search starts, and what holds when there is nothing to search on."""
    if name in FILTERS:
        return {"a": 1.0, "power": 0.7, "source": 0.5, "target": 0.2}
    if name == "theme_alike":
        return {"source": 1.0, "row": 1.0, "target": 0.25}
    if name == "theme_near":
        return {"power": 1.0}
    return {"source": 0.5, "row": 0.5, "target": 0.5}


def names_of(ground: Ground) -> list[str]:
    """Channels that have anything to say about these data."""
    of, themes = ground.touches.of, ground.themes
    told = {
        "theme_alike": liking(ground).nnz,
        "theme_near": liking(ground).nnz,
        "theme_merchants": themes["merchant"].nnz,
        "theme_products": themes["product"].nnz,
        "theme_merchant_categories": themes["category"].nnz,
        "theme_product_categories": themes["reach"].nnz,
        "theme_scenes": themes["scene"].nnz,
    }
    return [
        n for n, t in TOUCH_OF.items() if of[t].nnz and (told.get(n) if n in THEMES else of["circle"].nnz)
    ]


def matrix_of(name: str, ground: Ground, exponents: Exponents) -> Matrix:
    """The thing-to-circle matrix of one channel; float32 csr (num_things, num_circles)."""
    if name in FILTERS:
        core = filter_core(ground, FILTERS[name], exponents["a"])
        return filter_from(core, ground, FILTERS[name], exponents)
    return theme_matrix(name, ground, exponents)


def theme_matrix(name: str, ground: Counted, exponents: Exponents) -> Matrix:
    """The matrix of a channel of themes."""
    if name == "theme_alike":
        return _alike(ground, exponents)
    if name == "theme_near":
        return _near(ground, exponents)
    return _declared(name, ground, exponents)


def channel_of(name: str, matrix: Matrix) -> Channel:
    """Keep a matrix in the form of a version."""
    matrix = Matrix(matrix)
    matrix.eliminate_zeros()
    matrix.sort_indices()
    weight = np.ascontiguousarray(matrix.data, dtype=np.float32)
    csr = Csr(
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32, copy=False),
        matrix.shape[1],
        {"weight": weight},
    )
    return Channel(name, TOUCH_OF[name], csr)


# -- filters ------------------------------------------------------------------------------------------


def filter_core(
    ground: Ground, touch: str, by_user: float, rows: npt.NDArray[np.int64] | None = None
) -> Matrix:
    """B' D A with the entries that too few people stand behind left out; `by_user` is the exponent a.

    Args:
        rows: only these things; all when None.
    """
    things, members = ground.touches.of[touch], ground.touches.teaching
    product = np.maximum(degrees(things, 1) * np.maximum(degrees(members, 1), 1), 1).astype(np.float64)
    by_circle = scaled(members, np.power(product, -by_user / 2), None)
    if rows is None:
        # The other way round and turned over: the same sums, with sorted indices for less than sorting takes.
        core = Matrix((by_circle.T.tocsr() @ things).T.tocsr())
    else:
        things = Matrix(things[:, rows])
        core = Matrix(things.T.tocsr() @ by_circle)
    if ground.min_supporters > 1:
        core = _supported(core, things, members, ground.min_supporters)
    return core


def filter_from(core: Matrix, ground: Counted, touch: str, exponents: Exponents) -> Matrix:
    """D_i^-x core^.p D_c^-y."""
    return scaled(powered(core, exponents["power"]), *filter_scales(ground, touch, exponents))


def powered(core: Matrix, power: float) -> Matrix:
    """core^.p; float32."""
    return Matrix((np.power(core.data, np.float32(power)), core.indices, core.indptr), shape=core.shape)


def filter_scales(ground: Counted, touch: str, exponents: Exponents) -> tuple[Float64, Float64]:
    """D_i^-x and D_c^-y: float64 (num_things,) and (num_circles,)."""
    things = np.maximum(ground.users_of(touch), ground.min_supporters)
    return _power(things, -exponents["source"]), _power(ground.num_members, -exponents["target"])


def _supported(core: Matrix, things: Matrix, members: Matrix, min_supporters: int) -> Matrix:
    support = Matrix(binary(things).T.tocsr() @ binary(members))
    support.data = (support.data >= min_supporters).astype(np.float32)
    support.eliminate_zeros()
    return Matrix(core.multiply(support))


# -- themes -------------------------------------------------------------------------------------------


def _theme(matrix: Csr) -> Matrix:
    weights = matrix.columns["weight"].astype(np.float32)
    shape = (matrix.num_rows, matrix.num_columns)
    theme = Matrix((weights, matrix.indices.astype(np.int32), matrix.indptr), shape=shape)
    theme.sum_duplicates()
    return theme


def _through(products: Matrix, category: npt.NDArray[np.int32], like: Matrix) -> Matrix:
    """Categories of theme products: each product gives its share of the theme to its category."""
    known = np.flatnonzero(category >= 0)
    ones = np.ones(len(known), dtype=np.float32)
    to_category = sparse.coo_array(
        (ones, (known, category[known])), shape=(products.shape[1], like.shape[1])
    ).tocsr()
    total = np.maximum(np.asarray(products.sum(axis=1)), 1e-12)
    return scaled(Matrix(products @ to_category), 1.0 / total, None)


def liking(ground: Counted) -> Matrix:
    """Theta of likeness: merchants, products, categories; targets of very many circles tell nothing."""
    theta = sparse.hstack([ground.themes[kind] for kind in ("merchant", "product", "category")], format="csr")
    shared = degrees(Matrix(theta), 0)
    return Matrix(theta[:, (shared > 0) & (shared <= MAX_CIRCLES_OF_TARGET)])


def _alike(ground: Counted, exponents: Exponents) -> Matrix:
    theta = liking(ground)
    by_circle = _power(degrees(theta, 1), -exponents["row"])
    normed = scaled(theta, by_circle, _power(degrees(theta, 0), -exponents["source"]))
    return scaled(
        Matrix(normed @ normed.T.tocsr()), _membership_scale(ground), _size_scale(ground, exponents["target"])
    )


def _near(ground: Counted, exponents: Exponents) -> Matrix:
    theta = liking(ground)
    theta = scaled(theta, None, _power(degrees(theta, 0), -1.0))
    lengths = np.sqrt(np.asarray(theta.multiply(theta).sum(axis=1)))
    unit = scaled(theta, 1.0 / np.maximum(lengths, 1e-12), None)
    cosine = Matrix(unit @ unit.T.tocsr())
    cosine.setdiag(0)
    cosine.eliminate_zeros()
    cosine.data **= np.float32(exponents["power"])
    return cosine


def _declared(name: str, ground: Counted, exponents: Exponents) -> Matrix:
    kind = {
        "theme_merchants": "merchant",
        "theme_products": "product",
        "theme_merchant_categories": "category",
        "theme_product_categories": "reach",
        "theme_scenes": "scene",
    }[name]
    theta, users = ground.themes[kind], ground.users_of(THEMES[name])
    source = np.power(np.maximum(users, ground.min_supporters), -exponents["source"])
    target = _power(degrees(theta, 1), -exponents["row"]) * _size_scale(ground, exponents["target"])
    return scaled(theta.T.tocsr(), source, target)


def _membership_scale(ground: Counted) -> Float64:
    return _power(np.maximum(ground.users_of("circle"), ground.min_supporters), -0.5)


def _size_scale(ground: Counted, exponent: float) -> Float64:
    return np.asarray(np.power(ground.num_members + 1.0, -exponent))


def _power(values: npt.NDArray[np.int64], exponent: float) -> Float64:
    """values ** exponent, with 0 ** exponent read as 1: nothing is there to be scaled."""
    return np.asarray(np.power(np.maximum(values, 1).astype(np.float64), exponent))


def scaled(matrix: Matrix, rows: Float64 | None, columns: Float64 | None) -> Matrix:
    """diag(rows) matrix diag(columns), float32, without a second copy of the pattern."""
    data = matrix.data.astype(np.float32, copy=False)
    if rows is not None:
        data = data * np.repeat(rows.astype(np.float32), np.diff(matrix.indptr))
    if columns is not None:
        taken = columns.astype(np.float32)[matrix.indices]
        data = np.multiply(taken, data, out=taken)
    return Matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)
