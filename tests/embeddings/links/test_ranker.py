"""The model of links: better than its best feature, monotone, calibrated, silent before any label."""

import numpy as np
import pytest

from embeddings.links.formulas import NAMES, formulas_of
from embeddings.links.ground import ground_of, links_of
from embeddings.links.measures import auc, reliability_table
from embeddings.links.pairs import Pairs, pairs_in
from embeddings.links.ranker import fit
from embeddings.links.retrieve import candidates_of
from embeddings.touches import Matrix
from graph.policy.trust import TrustValues


@pytest.fixture(scope="module")
def ground(friends):
    return ground_of(friends, with_links=False)


@pytest.fixture(scope="module")
def halves(friends, ground):
    """Known links, and those to be found."""
    links = pairs_in(links_of(friends, ground.eligible))
    shown = np.random.default_rng(3).random(len(links)) < 0.5
    ends = [np.concatenate([getattr(links[shown], side) for side in order]) for order in (SIDES, SIDES[::-1])]
    matrix = Matrix((np.ones(len(ends[0]), np.float32), ends), shape=(120, 120))
    matrix.sort_indices()
    return matrix, links[~shown]


SIDES = ("one", "other")


@pytest.fixture(scope="module")
def ranker(ground, halves):
    return fit(ground, halves[0], known=False, values=TrustValues())


def labelled(ground, halves):
    one, other = np.triu_indices(120, 1)
    pairs = Pairs(one.astype(np.int64), other.astype(np.int64))
    pairs = pairs[~pairs.among(pairs_in(halves[0]), 120)]
    return pairs, pairs.among(halves[1], 120)


def test_the_model_is_as_good_as_the_best_formula(ground, halves, ranker):
    pairs, labels = labelled(ground, halves)
    makers = formulas_of(ground, halves[0])
    best = max(auc(labels, makers[name]().pairs(pairs.one, pairs.other)) for name in NAMES)
    assert auc(labels, ranker.scores(pairs)) >= best - 0.01
    assert best > 0.8  # the friendships are planted


def test_known_links_help(ground, halves, ranker):
    pairs, labels = labelled(ground, halves)
    knowing = fit(ground, halves[0], known=True, values=TrustValues())
    assert auc(labels, knowing.scores(pairs)) > auc(labels, ranker.scores(pairs)) - 0.02
    assert set(knowing.describer.names) - set(ranker.describer.names) >= {"page_rank", "friends_of_friends"}


def test_what_is_claimed_is_observed(ground, halves, ranker):
    candidates = candidates_of(ranker.describer)
    candidates = candidates[~candidates.among(pairs_in(halves[0]), 120)]
    claimed = ranker.weights(ranker.scores(candidates))
    error, _ = reliability_table(claimed, candidates.among(halves[1], 120))
    assert error < 0.12
    assert ((claimed > 0) & (claimed < 1)).all()


def test_before_any_label_the_formula_ranks_and_says_so(ground):
    ranker = fit(ground, Matrix((120, 120)), known=False, values=TrustValues())
    pairs = Pairs(np.array([0, 0]), np.array([12, 1]))  # of one set, and of two
    assert (ranker.kind, ranker.calibrated, ranker.num_links) == ("formula", False, 0)
    scores = ranker.scores(pairs)
    assert scores[0] > scores[1]
    assert ranker.weights(scores) is None
