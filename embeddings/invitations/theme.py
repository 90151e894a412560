"""What themes mean in a snapshot: which payments belong to them, and who made such a payment in a window.

A product belongs to a theme that names it or its category, a merchant likewise or by its scene. The
sensitive wall has been applied before: no walled payment is an edge of a snapshot. Finance and credit reach
no merchant and are left out here, and so is whoever did not agree to audiences (`public`). Many themes are
read at once, one a column. Needs scipy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from embeddings.split import without
from embeddings.touches import Matrix
from graph.csr import Csr
from graph.schema import PRIVATE_SCENES, SCENES, Purpose
from graph.snapshot import Snapshot
from graph.stores.base import ThemeTarget

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
Themes = Sequence[Sequence[ThemeTarget]]
_PRIVATE = tuple(SCENES.index(scene) for scene in PRIVATE_SCENES)


@dataclass(frozen=True)
class Meaning:
    """Weights in (0, 1] of what belongs to each theme; csr, one column a theme.

    products: (num_products, num_themes). merchants: (num_merchants, num_themes). scenes: (7, num_themes).
    unknown: for each theme its targets that match nothing here.
    """

    products: Matrix
    merchants: Matrix
    scenes: Matrix
    unknown: tuple[tuple[ThemeTarget, ...], ...]

    @property
    def num_themes(self) -> int:
        return len(self.unknown)

    @property
    def says_something(self) -> Bool:
        """Themes to which anything belongs: bool (num_themes,)."""
        parts = (self.products, self.merchants, self.scenes)
        return np.asarray(
            np.any([np.bincount(p.indices, minlength=self.num_themes) > 0 for p in parts], axis=0)
        )


@dataclass(frozen=True)
class Evidence:
    """Every edge of a payment that belongs to a theme, once for each such theme; all of one length.

    user, theme: int64. weight: float64, of the thing in the theme. payments, last_at: float64.
    """

    user: Int64
    theme: Int64
    weight: Float64
    payments: Float64
    last_at: Float64


def public(snapshot: Snapshot) -> Snapshot:
    """What an audience may be chosen by: of people who agreed to audiences, outside scenes no merchant sees.

    Nobody else's payments reach a score, a promise or a trend.
    """
    agreed = np.asarray(snapshot.consents[Purpose.PORTRAITS.value], dtype=bool)
    private = np.isin(snapshot.merchant_scene, _PRIVATE)
    paid = np.isin(snapshot.paid.columns["scene"], _PRIVATE) | private[snapshot.paid.indices]
    seller = snapshot.product_merchant[snapshot.bought.indices]
    bought = (seller >= 0) & private[seller] if len(private) else np.zeros(len(seller), dtype=bool)
    return replace(
        snapshot,
        paid=without(snapshot.paid, paid | ~agreed[snapshot.paid.rows()]),
        bought=without(snapshot.bought, bought | ~agreed[snapshot.bought.rows()]),
        members=without(snapshot.members, ~agreed[snapshot.members.rows()]),
        # Vectors are made of whoever agreed to `circles`; here the other purpose decides.
        consents=dict(snapshot.consents) | {Purpose.CIRCLES.value: agreed},
        store_index={},
    )


def meaning_of(snapshot: Snapshot, themes: Themes) -> Meaning:
    """Find the things of themes; a thing named in two ways has the larger weight."""
    finders: Mapping[str, Mapping[str, int]] = {
        "product": _wanted(snapshot.products, "product", themes),
        "merchant": _wanted(snapshot.merchants, "merchant", themes),
        "category": _wanted(snapshot.categories, "category", themes),
        "scene": {scene: i for i, scene in enumerate(SCENES) if scene not in PRIVATE_SCENES},
    }
    found: dict[str, list[tuple[int, int, float]]] = {kind: [] for kind in finders}
    unknown: list[tuple[ThemeTarget, ...]] = []
    for column, theme in enumerate(themes):
        for target in theme:
            at = finders[target.kind].get(target.target_id, -1)
            if at >= 0 and target.weight > 0:
                found[target.kind].append((at, column, min(target.weight, 1.0)))
        unknown.append(tuple(t for t in theme if finders[t.kind].get(t.target_id, -1) < 0))
    width = len(themes)
    categories = _weights(found["category"], len(snapshot.categories), width)
    scenes = _weights(found["scene"], len(SCENES), width)
    of_products = _members(snapshot.product_category, categories)
    of_merchants = _members(snapshot.merchant_category, categories)
    return Meaning(
        Matrix(_weights(found["product"], len(snapshot.products), width).maximum(of_products)),
        Matrix(_weights(found["merchant"], len(snapshot.merchants), width).maximum(of_merchants)),
        scenes,
        tuple(unknown),
    )


def evidence_of(snapshot: Snapshot, meaning: Meaning, users: Bool | None = None) -> Evidence:
    """The edges that belong to each theme, of these users only; bool (num_users,), all when None."""
    bought, paid = (_kept(edges, users) for edges in (snapshot.bought, snapshot.paid))
    scene = snapshot.paid.columns["scene"][paid.kept].astype(np.int64)
    by_scene = Matrix(meaning.scenes[scene])
    parts = [
        _expanded(bought, Matrix(meaning.products[bought.things])),
        _expanded(paid, Matrix(Matrix(meaning.merchants[paid.things]).maximum(by_scene))),
    ]
    return Evidence(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def payments_in(snapshot: Snapshot, meaning: Meaning) -> Float64:
    """Payments of each person in each theme so far: float64 (num_users, num_themes)."""
    evidence = evidence_of(snapshot, meaning)
    size = (len(snapshot.users), meaning.num_themes)
    keys = evidence.user * size[1] + evidence.theme
    counts = np.bincount(keys, evidence.payments, size[0] * size[1]).reshape(size)
    return np.asarray(counts, dtype=np.float64)


def fits_between(before: Snapshot, after: Snapshot, themes: Themes) -> Bool:
    """Who paid in each theme after `before` was cut and before `after` was: bool (users of before, themes).

    Whoever is not in `after` any more did not.
    """
    before, after = public(before), public(after)
    earlier = payments_in(before, meaning_of(before, themes))
    later = payments_in(after, meaning_of(after, themes))
    at = after.users.find_all(before.users)
    return np.asarray((at >= 0)[:, None] & (later[at] > earlier)) if len(later) else earlier < 0


def category_themes(snapshot: Snapshot) -> dict[str, tuple[ThemeTarget, ...]]:
    """A theme for each category that something has; by name."""
    used = np.unique(np.concatenate([snapshot.product_category, snapshot.merchant_category]))
    names = (snapshot.categories[int(at)] for at in used if at >= 0)
    return {name: (ThemeTarget("category", name),) for name in names}


# -- matrices -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Edges:
    kept: Bool
    users: Int64
    things: Int64
    payments: Float64
    last_at: Float64


def _kept(edges: Csr, users: Bool | None) -> _Edges:
    rows = edges.rows().astype(np.int64)
    kept = edges.columns["payments"] > 0
    if users is not None:
        kept &= users[rows]
    payments, last_at = (edges.columns[name][kept].astype(np.float64) for name in ("payments", "last_at"))
    return _Edges(kept, rows[kept], edges.indices[kept].astype(np.int64), payments, last_at)


def _expanded(edges: _Edges, themes: Matrix) -> tuple[Int64, Int64, Float64, Float64, Float64]:
    """One row for each edge and theme it belongs to; `themes` is csr (num_edges, num_themes)."""
    at = np.repeat(np.arange(themes.shape[0]), np.diff(themes.indptr))
    weight = themes.data.astype(np.float64)
    return edges.users[at], themes.indices.astype(np.int64), weight, edges.payments[at], edges.last_at[at]


def _wanted(ids: Sequence[str], kind: str, themes: Themes) -> dict[str, int]:
    """Position of each id that a theme names."""
    names = {target.target_id for theme in themes for target in theme if target.kind == kind}
    if len(names) < 8:  # a search for each is less than reading all
        find = getattr(ids, "find", None)
        if find is not None:
            return {name: find(name) for name in names}
    return {id_: at for at, id_ in enumerate(ids) if id_ in names}


def _weights(found: Sequence[tuple[int, int, float]], height: int, width: int) -> Matrix:
    best: dict[tuple[int, int], float] = {}
    for row, column, weight in found:
        best[row, column] = max(weight, best.get((row, column), 0.0))
    rows, columns = np.array(list(best), dtype=np.int64).reshape(-1, 2).T
    values = np.array(list(best.values()), dtype=np.float64)
    return Matrix(sparse.coo_array((values, (rows, columns)), shape=(height, width)).tocsr())


def _members(category: npt.NDArray[np.int32], of_category: Matrix) -> Matrix:
    """Weights of things by those of their category: csr (num_things, num_themes)."""
    known = np.flatnonzero(category >= 0)
    shape = (len(category), of_category.shape[0])
    belongs = sparse.coo_array((np.ones(len(known)), (known, category[known])), shape=shape).tocsr()
    return Matrix(belongs @ of_category)
