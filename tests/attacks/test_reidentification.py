"""Does the reason of a suggestion single out the person? The attacker knows everybody's habits."""

from dataclasses import replace

import numpy as np
import pytest

from embeddings.links.pairs import Pairs, join
from embeddings.links.reasons import reasons_of
from embeddings.links.singled import told

NAMES = [f"kind {number}" for number in range(8)]


@pytest.fixture(scope="module")
def suggested(town, ask):
    """The town with merchants of eight kinds, of which two are rare, and pairs that share three or more."""
    ground = ask.ground(town.snapshot([]))
    kind = np.arange(ground.visits.shape[1]) % 100
    kind = np.where(kind < 90, kind % 6, np.where(kind < 99, 6, 7))
    one, other = np.triu_indices(ground.num_users, 1)
    pairs = Pairs(one.astype(np.int64), other.astype(np.int64))
    shared = np.bincount(join(ground.visits, pairs.one, pairs.other).pair, minlength=len(pairs))
    return replace(ground, category=kind), pairs[shared >= 3][:20_000]


def test_a_reason_is_true_of_many(suggested):
    ground, pairs = suggested
    figures = told(ground, reasons_of(ground, pairs, NAMES), NAMES)
    assert figures["singled_out"] <= 0.01
    assert figures["least"] >= 20
    assert figures["says_more"] > 0.05  # a sentence that says nothing hides everybody


def test_naming_three_shared_shops_would_single_out_many(suggested):
    """The same attack finds people where shops are named: the test above can fail."""
    ground, pairs = suggested
    visits, alone = ground.visits.toarray() > 0, []
    for one, other in zip(pairs.one[::100].tolist(), pairs.other[::100].tolist(), strict=True):
        named = np.flatnonzero(visits[one] & visits[other])[-3:]
        alone.append(visits[:, named].all(axis=1).sum() <= 2)  # the viewer and the person
    assert np.mean(alone) > 0.1
