"""How much an account is tied to the verified ones: what makes a crowd of made-up accounts weigh nothing.

A short walk from verified accounts over shared merchants; where it lands, by the number of places somebody
visits. Early on it is still close to its start, so that accounts which only visit each other's places get
little. It does not see through accounts that shop like people; being verified must.

Source: SybilRank, Cao et al. 2012.
"""

import numpy as np

from embeddings.links.ground import Bool, Float64, Int64, summed
from embeddings.touches import Matrix

STEPS = 4
SEED_SHARE = 0.1
MIN_SEEDS = 50
LOW = 0.05  # quantile of the verified at which an account counts fully


def reliability_of(visits: Matrix, verified: Bool, *, seed: int = 0) -> Float64:
    """float64 (num_users,) in [0, 1]; 0 for whoever is not verified.

    Args:
        visits: csr (num_users, num_merchants) of everybody, agreed or not.
        seed: draws which verified accounts the walk starts from; another one with every version.

    Returns:
        0 for an account that visits nothing, and for everybody when nobody is verified.
    """
    busy = np.diff(visits.indptr)
    active = np.flatnonzero(verified & (busy > 0))
    if not len(active):
        return np.zeros(len(busy))
    rng = np.random.default_rng([seed, 9])
    drawn = rng.choice(active, min(len(active), max(MIN_SEEDS, int(SEED_SHARE * len(active)))), replace=False)
    landed = _walk(visits, drawn.astype(np.int64)) / np.maximum(busy, 1)
    usual = float(np.quantile(landed[active], LOW))
    if usual <= 0:
        usual = float(landed[landed > 0].min())
    return np.where(verified & (busy > 0), np.clip(landed / usual, 0.0, 1.0), 0.0)


def _walk(visits: Matrix, start: Int64) -> Float64:
    """Mass of each account after STEPS steps over a merchant that it visits."""
    busy = np.maximum(np.diff(visits.indptr), 1)
    customers = np.maximum(np.bincount(visits.indices, minlength=visits.shape[1]), 1)
    pattern = Matrix((np.ones(visits.nnz), visits.indices, visits.indptr), shape=visits.shape)
    turned = pattern.T.tocsr()
    mass = summed(start, np.full(len(start), 1.0 / len(start)), visits.shape[0])
    for _ in range(STEPS):
        mass = np.asarray(pattern @ ((turned @ (mass / busy)) / customers), dtype=np.float64)
    return mass
