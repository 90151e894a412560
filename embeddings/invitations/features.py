"""How much a person has to do with a theme, by what a snapshot knows and nothing else.

Own evidence in the theme (how often, how lately, how widely), what people of alike behaviour do in it, and
how active somebody is at all. Everything is counted in payments and days, never in amounts of money.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from embeddings.invitations.theme import Evidence, Float64, Int64, Meaning, evidence_of, public
from embeddings.spectral import spectral_users
from embeddings.touches import Matrix, newest_edge, touches_of
from graph.snapshot import Snapshot

DAY_S = 86_400.0
HALF_LIVES_DAYS = (30.0, 120.0)
RECENT_DAYS = (30.0, 90.0, 180.0)
DIM = 48
LONG_AGO_DAYS = 1_000.0
# Sign of what each says: 1 never speaks against somebody, 0 may do either. All of them fade or look back a
# fixed time: plain totals grow with the age of the data, and every score would rise from window to window.
SIGNS = {
    "decayed_30": 1,
    "decayed_120": 1,
    "things_30": 1,
    "things_90": 1,
    "things_180": 1,
    "days_since": -1,
    "share": 1,
    "alike": 1,
    "all_decayed_30": 1,
    "all_decayed_120": 0,
    "all_days_since": -1,
    "memberships": 1,
}
NAMES = tuple(SIGNS)
_SLOW = NAMES.index("decayed_120")


@dataclass(frozen=True)
class Ground:
    """What features of all themes are computed from; rows are users of the snapshot.

    snapshot: its public part. vectors: float64 (num_users, dim), orthonormal columns. shrink: float64 (dim,)
    in (0, 1). activity: float64 (num_users, 4), the last four features. decayed, last_at: float64
    (num_users,), payments that fade slowly, and time of the last one, 0 for none.
    """

    snapshot: Snapshot
    newest_at: float
    vectors: Float64
    shrink: Float64
    activity: Float64
    decayed: Float64
    last_at: Float64

    def num_active_since(self, moment: float) -> int:
        """People with a payment after it."""
        return int((self.last_at > moment).sum())


def ground_of(snapshot: Snapshot, *, seed: int = 0) -> Ground:
    """Vectors and activity of everybody who may be recommended circles; others have none."""
    snapshot = public(snapshot)
    newest_at = float(newest_edge(snapshot))
    vectors, shrink = _vectors(snapshot, seed)
    user, payments, last_at = _all_edges(snapshot)
    num = len(snapshot.users)
    fading = (payments * _faded(newest_at - last_at, days) for days in HALF_LIVES_DAYS)
    fast, slow = (np.bincount(user, values, num).astype(np.float64) for values in fading)
    last = np.zeros(num)
    np.maximum.at(last, user, last_at)
    days_since = np.where(last > 0, (newest_at - last) / DAY_S, LONG_AGO_DAYS)
    columns = (fast, slow, days_since, np.diff(snapshot.members.indptr))
    activity = np.stack([np.log1p(column) for column in columns], axis=1)
    return Ground(snapshot, newest_at, vectors, shrink, activity, slow, last)


def features_of(ground: Ground, meaning: Meaning) -> Float64:
    """Features of everybody for each theme: float64 (num_users, num_themes, len(NAMES))."""
    snapshot = ground.snapshot
    evidence = evidence_of(snapshot, meaning)
    own = _own(evidence, ground, (len(snapshot.users), meaning.num_themes))
    activity = np.broadcast_to(ground.activity[:, None, :], (*own.shape[:2], ground.activity.shape[1]))
    alike = _alike(ground, own[:, :, _SLOW])
    return np.concatenate([own, alike[:, :, None], activity], axis=2)


def _own(evidence: Evidence, ground: Ground, size: tuple[int, int]) -> Float64:
    keys = evidence.user * size[1] + evidence.theme
    age_s = ground.newest_at - evidence.last_at
    counted = evidence.weight * evidence.payments

    def summed(values: Float64) -> Float64:
        return np.asarray(np.bincount(keys, values, size[0] * size[1]).reshape(size), dtype=np.float64)

    days_since = np.full(size[0] * size[1], LONG_AGO_DAYS)
    np.minimum.at(days_since, keys, age_s / DAY_S)
    fast, slow = (summed(counted * _faded(age_s, days)) for days in HALF_LIVES_DAYS)
    things = (summed(evidence.weight * (age_s <= days * DAY_S)) for days in RECENT_DAYS)
    logs = (np.log1p(column) for column in (fast, slow, *things, days_since.reshape(size)))
    return np.stack([*logs, slow / np.maximum(ground.decayed[:, None], 1e-9)], axis=2)


def _faded(age_s: Float64, half_life_days: float) -> Float64:
    return np.asarray(np.exp2(-age_s / (half_life_days * DAY_S)))


def _alike(ground: Ground, own: Float64) -> Float64:
    """What people of alike behaviour do in a theme, oneself left out: (H y - h y) / (1 - h).

    H smooths over the vectors; the ratio is the leave-one-out fit of a ridge regression.
    """
    weighted = ground.vectors * ground.shrink
    leverage = np.clip((weighted * ground.vectors).sum(axis=1), 0.0, 0.95)[:, None]
    smooth = weighted @ (ground.vectors.T @ own)
    return np.asarray((smooth - leverage * own) / (1 - leverage))


def _vectors(snapshot: Snapshot, seed: int) -> tuple[Float64, Float64]:
    touches = touches_of(snapshot, half_life_days=10_000.0)
    kinds = [touches.of[kind] for kind in ("product_category", "product", "merchant")]
    joined = Matrix(sparse.hstack([k for k in kinds if k.nnz] or kinds[:1], format="csr"))
    scaled = spectral_users(joined, DIM, seed).astype(np.float64)
    values = np.linalg.norm(scaled, axis=0)
    kept = values > 1e-9
    shrink = values[kept] ** 2 / (values[kept] ** 2 + np.median(values[kept]) ** 2 if kept.any() else 1.0)
    return scaled[:, kept] / values[kept], np.asarray(shrink)


def _all_edges(snapshot: Snapshot) -> tuple[Int64, Float64, Float64]:
    """User, payments and last time of every payment edge; of products where there are any."""
    edges = snapshot.bought if snapshot.bought.num_edges else snapshot.paid
    payments, last_at = (edges.columns[name].astype(np.float64) for name in ("payments", "last_at"))
    return edges.rows().astype(np.int64), payments, last_at
