"""How likely somebody fits a theme: one logistic model over all themes, with what is known of each theme.

Pooled, so that a theme of few outcomes borrows from the others; what is its own comes in as three rates of
the people of training: of all who fit, of those who had bought in it, of those who had lately. Coefficients
never go against their sign: more evidence never lowers a score. On the demonstration data boosted trees found
less (AUC .828, .842, .844 against .833, .846, .848; the window after cuts of May, July and September).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from embeddings.invitations.features import NAMES, SIGNS
from embeddings.invitations.theme import Bool, Float64
from embeddings.links.ground import Float32
from embeddings.links.models import Logistic

MOST_ROWS = 60_000
MIN_FITS = 40  # of people of training, from which a theme teaches the pooled model
PRIOR = 5.0  # people that the wider rate counts for
_RATES = ("rate", "rate_of_buyers", "rate_of_recent_buyers")
_EVER, _RECENT = NAMES.index("decayed_120"), NAMES.index("things_90")


@dataclass(frozen=True)
class FitModel:
    """From features of people and rates of themes to the probability of a fit."""

    weights: Logistic

    def __call__(self, features: Float64, rates: Float64) -> Float64:
        """Probabilities: float64 (num_users, num_themes)."""
        rows = _rows(features, rates)
        margin = self.weights(_flat(rows))
        return np.asarray(1.0 / (1.0 + np.exp(-margin))).reshape(rows.shape[:2])


def train(features: Float64, fits: Bool, people: Bool, *, seed: int) -> FitModel:
    """Fit the pooled model to people of training.

    Args:
        features: float64 (num_users, num_themes, len(NAMES)). fits: bool (num_users, num_themes).
        people: bool (num_users,), those of training.
    """
    rates = rates_of(features, fits, people)
    rows, labels = _flat(_rows(features[people], rates)), fits[people].ravel()
    if len(rows) > MOST_ROWS:
        drawn = np.random.default_rng([seed, 11]).choice(len(rows), MOST_ROWS, replace=False)
        rows, labels = rows[drawn], labels[drawn]
    signs = [*SIGNS.values(), *(1 for _ in _RATES)]
    return FitModel(Logistic.fit(rows, labels.astype(np.float64), np.ones(len(labels)), signs))


def rates_of(features: Float64, fits: Bool, people: Bool) -> Float64:
    """Log-odds of the rates of each theme among these people: float64 (num_themes, 3).

    A rate of few people leans on the one before it, by PRIOR.
    """
    features, fits = features[people], fits[people]
    rate = (fits.sum(axis=0) + 1.0) / (len(fits) + 2.0)
    out = [rate]
    for column in (_EVER, _RECENT):
        among = features[:, :, column] > 0
        rate = ((fits & among).sum(axis=0) + PRIOR * rate) / (among.sum(axis=0) + PRIOR)
        out.append(rate)
    rates = np.clip(np.stack(out, axis=1), 1e-4, 1 - 1e-4)
    return np.asarray(np.log(rates / (1 - rates)))


def teaches(fits: Bool, people: Bool) -> Bool:
    """Themes with outcomes enough to teach: bool (num_themes,); judged by people of training alone."""
    return np.asarray(fits[people].sum(axis=0) >= MIN_FITS)


def shares_of(user_ids: Iterable[str], seed: int) -> Float64:
    """A number in [0, 1) for each person, by a hash: which part somebody is in never depends on behaviour."""
    key = f"parts {seed}".encode()
    hashed = (hashlib.blake2b(u.encode(), digest_size=7, key=key).digest() for u in user_ids)
    return np.array([int.from_bytes(digest, "big") / 2.0**56 for digest in hashed], dtype=np.float64)


def _flat(rows: Float32) -> Float32:
    return rows.reshape(-1, rows.shape[2])


def _rows(features: Float64, rates: Float64) -> Float32:
    spread = np.broadcast_to(rates[None], (len(features), *rates.shape))
    return np.concatenate([features, spread], axis=2).astype(np.float32)
