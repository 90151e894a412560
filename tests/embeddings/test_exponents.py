"""Exponents follow what is found on the validation parts."""

import numpy as np
import pytest

from embeddings.channels import default_exponents
from embeddings.exponents import Found, choose_exponents


def test_nothing_to_choose_by_keeps_the_defaults():
    assert choose_exponents("members", [lambda _: Found(0.0)]) == default_exponents("members")


def test_the_better_exponent_is_taken():
    chosen = choose_exponents("merchants", [lambda e: Found(e["source"] + e["target"] + e["a"] - e["power"])])
    assert chosen == {"a": 1.5, "power": 0.5, "source": 1.0, "target": 0.6}


def test_parts_decide_together():
    trials = [lambda e: Found(e["power"]), lambda e: Found(-3 * e["power"])]
    assert choose_exponents("members", trials)["power"] == 0.5


def test_noise_does_not_move_them():
    figures = iter(range(10_000))

    def slightly_better_each_time(_):
        return Found(next(figures) * 1e-5)

    chosen = choose_exponents("theme_near", [slightly_better_each_time])
    assert chosen == default_exponents("theme_near")


@pytest.mark.parametrize(("gains", "power"), [([0.1, 0.3, 0.2, 0.2], 1.0), ([0.9, -0.5, 0.6, -0.2], 0.7)])
def test_a_gain_of_a_sample_has_to_exceed_its_error(gains, power):
    """Means .2 and .2, standard errors .035 and .29."""

    def of_a_sample(exponents):
        each = np.full(4, 0.5) + (exponents["power"] == 1.0) * np.array(gains)
        return Found(float(each.mean()), each)

    assert choose_exponents("members", [of_a_sample])["power"] == power
