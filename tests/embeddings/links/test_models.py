"""Models of links: monotone in every feature, and their calibration never turns an order round."""

import numpy as np
import pytest

from embeddings.links.models import Calibration, Logistic, Trees


@pytest.mark.parametrize("model", ["logistic", "trees"])
def test_a_feature_moves_a_score_only_its_own_way(model):
    """The labels say the opposite of the signs; the model may then only be silent."""
    rng = np.random.default_rng(4)
    features = rng.normal(size=(4_000, 3)).astype(np.float32)
    labels = (features[:, 0] - features[:, 1] - features[:, 2] + rng.normal(size=4_000) < 0).astype(float)
    signs, weights = [1, -1, 0], np.ones(4_000)
    fitted = (
        Logistic.fit(features, labels, weights, signs)
        if model == "logistic"
        else Trees.fit(features, labels, weights, signs, 0)
    )
    steps, at = np.linspace(-2, 2, 30, dtype=np.float32), np.zeros((30, 3), dtype=np.float32)
    for column, sign in ((0, 1), (1, -1)):
        asked = at.copy()
        asked[:, column] = steps
        assert (np.diff(fitted(asked)) * sign >= -1e-9).all()
    asked = at.copy()
    asked[:, 2] = steps
    assert fitted(asked)[-1] > fitted(asked)[0] + 0.5  # the free one is learned


@pytest.mark.parametrize("num_links", [200, 2_000])  # Platt, then isotonic
def test_a_calibration_never_turns_an_order_round(num_links):
    rng = np.random.default_rng(6)
    labels = (np.arange(10_000) < num_links).astype(float)
    scores = rng.normal(size=10_000) + 2 * labels
    weights = np.where(labels > 0, 0.5 / num_links, 0.5 / (10_000 - num_links))
    calibrate = Calibration.fit(scores, labels, weights)
    claimed = calibrate(np.linspace(-9, 9, 500))
    assert (calibrate.steps is None) is (num_links < 1_000)
    assert (np.diff(claimed) >= 0).all()
    assert 0 < claimed[0] < 0.05 < 0.95 < claimed[-1] < 1
    assert calibrate(np.array([1.0]))[0] == pytest.approx(0.5, abs=0.05)  # halfway between the two kinds
