import numpy as np
import pytest

from embeddings.invitations.features import NAMES
from embeddings.invitations.fit import rates_of, shares_of, teaches, train


def planted(num_people=600, seed=0):
    """People whose payments in a theme tell how likely they are to fit it."""
    rng = np.random.default_rng(seed)
    features = np.zeros((num_people, 2, len(NAMES)))
    features[:, :, 0] = rng.exponential(1.0, (num_people, 2))
    fits = rng.random((num_people, 2)) < 1 / (1 + np.exp(2 - 2 * features[:, :, 0]))
    return features, fits


def test_the_model_is_calibrated_on_people_it_never_saw():
    features, fits = planted()
    people = np.arange(600) < 300
    model = train(features, fits, people, seed=0)
    scores = model(features[~people], rates_of(features, fits, people))
    assert scores.mean() == pytest.approx(fits[~people].mean(), abs=0.05)
    assert scores[fits[~people]].mean() > scores[~fits[~people]].mean() + 0.15


def test_more_evidence_never_lowers_a_score():
    features, fits = planted()
    people = np.ones(600, dtype=bool)
    model, rates = train(features, fits, people, seed=0), rates_of(features, fits, people)
    assert (model(features + np.eye(len(NAMES))[0], rates) >= model(features, rates)).all()


def test_rates_of_few_lean_on_the_wider_one():
    features = np.zeros((10, 1, len(NAMES)))
    features[:2, 0, NAMES.index("decayed_120")] = 1.0
    fits = np.array([[True], [True], *[[False]] * 8])
    rate, buyers, recent = 1 / (1 + np.exp(-rates_of(features, fits, np.ones(10, dtype=bool))[0]))
    assert (rate, buyers) == (pytest.approx(3 / 12), pytest.approx((2 + 5 * 0.25) / 7))
    assert recent == pytest.approx(buyers)


def test_few_outcomes_teach_nothing():
    fits = np.zeros((100, 2), dtype=bool)
    fits[:40, 0] = fits[:39, 1] = True
    assert teaches(fits, np.ones(100, dtype=bool)).tolist() == [True, False]


def test_parts_depend_on_the_id_and_the_seed_alone():
    shares = shares_of(["a", "b", "c"], 0)
    assert shares_of(["c"], 0)[0] == shares[2]
    assert not np.array_equal(shares_of(["a", "b", "c"], 1), shares)
    many = shares_of([f"u{i}" for i in range(3_000)], 0)
    assert (many < 1 / 3).mean() == pytest.approx(1 / 3, abs=0.03)
