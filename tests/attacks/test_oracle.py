"""A list is a poor oracle: what an added purchase teaches; see `oracle.py` beside this for the attack."""

import numpy as np
import pytest

from tests.attacks.oracle import bits, learned


@pytest.mark.parametrize(("num_copied", "most_known"), [(2, 0.10), (5, 0.20)])
def test_an_added_purchase_buys_less_than_a_twentieth_of_a_bit(policy, num_copied, most_known):
    bound, found, lists = learned(policy.trust, num_copied, times=40, seed=5)
    assert lists > 0  # the attacker does get lists: an empty one would teach nothing either
    assert found < 0.05
    assert bound < most_known  # of 40 worlds; for somebody who knows everything else about the town


def test_bits_are_those_of_a_table():
    everything = np.array([[0, 1]] * 50)
    nothing = np.array([[0, 0], [1, 1]] * 50)
    assert bits(everything) == pytest.approx(1.0, abs=0.01)
    assert bits(nothing) == 0.0
