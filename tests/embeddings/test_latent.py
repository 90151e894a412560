"""Factors of circles: what they find, what they may not read, and that all ways of scoring agree."""

from dataclasses import replace

import numpy as np
import pytest

from embeddings.batch import latent_scores
from embeddings.channels import ground_of
from embeddings.given import latent_raw
from embeddings.latent import latent_of
from embeddings.model import LATENT
from embeddings.profile import Profile, Touched
from embeddings.touches import touches_of


@pytest.fixture(scope="module")
def ground(planted):
    return ground_of(planted, touches_of(planted, half_life_days=180.0), min_supporters=1)


def profile(circles):
    rows = np.array(sorted(circles), dtype=np.int64)
    ones = np.ones(len(rows), dtype=np.float32)
    return Profile({"circle": Touched(rows, ones, rows * 0 + 1)}, len(rows))


def test_factors_know_which_circles_share_members(ground):
    latent = latent_of(ground, seed=0)
    members = ground.touches.members
    together = (members.T @ members).toarray()
    np.fill_diagonal(together, 1)  # neither among the shared nor among those apart
    lengths = np.linalg.norm(latent.circles, axis=1)
    cosine = latent.circles @ latent.circles.T / np.outer(lengths, lengths)
    shared, apart = cosine[together > np.quantile(together, 0.9)], cosine[together == 0]
    assert shared.mean() > apart.mean() + 0.1


def test_the_same_seed_gives_the_same_factors(ground):
    assert np.array_equal(latent_of(ground, 3).circles, latent_of(ground, 3).circles)


def test_members_of_a_small_circle_are_not_read(planted):
    touches = touches_of(planted, half_life_days=180.0)
    sizes = np.bincount(touches.members.indices, minlength=touches.members.shape[1])
    floor = int(np.median(sizes))
    ground = ground_of(planted, touches, min_supporters=floor)
    small = np.flatnonzero((ground.num_members == 0) & (sizes > 0))
    emptied = touches.members.copy()
    emptied.data = np.where(np.isin(emptied.indices, small), 0, emptied.data)
    emptied.eliminate_zeros()
    without = replace(ground, touches=replace(touches, of={**touches.of, "circle": emptied}))
    assert len(small)
    assert np.array_equal(latent_of(ground, 0).circles, latent_of(without, 0).circles)


def test_what_is_served_has_four_circles_to_a_factor(planted):
    touches = touches_of(planted, half_life_days=180.0)
    ground = ground_of(planted, touches, min_supporters=10)
    most = int((ground.num_members > 0).sum()) // 4
    assert latent_of(ground, 0).circles.shape[1] == most < 64


def test_nothing_joined_gives_no_factors(ground):
    nobody = ground.touches.members * 0
    nobody.eliminate_zeros()
    empty = replace(ground, touches=replace(ground.touches, of={**ground.touches.of, "circle": nobody}))
    assert latent_of(empty, 0) is None


def test_one_person_and_many_people_score_alike(ground):
    latent, members = latent_of(ground, seed=0), ground.touches.members
    together = latent_scores(latent, members)
    for user in (0, 1, members.shape[0] - 1):
        joined = members.indices[members.indptr[user] : members.indptr[user + 1]]
        assert together[user] == pytest.approx(latent_raw(latent, profile(joined)), abs=1e-4)


def test_a_person_without_circles_has_no_score(ground):
    assert not latent_raw(latent_of(ground, seed=0), profile([])).any()


def test_a_fit_gives_the_factors_a_weight_and_a_name(fitted):
    assert LATENT in fitted.validation
    assert LATENT in fitted.model.weights
