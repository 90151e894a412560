"""After an erasure nobody can tell from a new version that somebody was there: it is the one without them.

`tests/benchmarks/bench_membership.py` does the same to 200 people, with the GNN.
"""

import numpy as np
import pytest

from embeddings.registry import Registry
from loaders.synthetic import generate
from tests.attacks.membership import attacked, targets


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """Forty targets among 300 people, and the folders of three worlds."""
    folder = tmp_path_factory.mktemp("membership")
    generate(folder / "town", users=300, payments=6_000, merchants=60, products=300)
    people = targets(folder / "town", 40)
    return attacked(folder, folder / "town", people, gnn=False), folder


def test_an_attacker_tells_who_was_learned_from_and_not_who_was_erased(outcome):
    found, _ = outcome
    assert found.learned > 0.52
    assert (found.erased, found.largest) == (0.5, 0.0)


def test_the_next_version_is_bit_for_bit_the_one_that_never_knew_them(outcome):
    """What is compared is all that is learned; things are known by their ids."""
    _, folder = outcome
    never, *erased = (
        Registry(folder / world / "home" / "versions").current() for world in ("none", "half-0", "half-1")
    )
    for version in erased:
        assert list(version.circles) == list(never.circles)
        for channel, other in zip(version.model.channels, never.model.channels, strict=True):
            assert channel.matrix.columns["weight"].tobytes() == other.matrix.columns["weight"].tobytes()
        assert version.model.weights == never.model.weights
        for name, prior in never.model.priors.items():
            np.testing.assert_array_equal(version.model.priors[name], prior)
        assert version.lists.records.tobytes() == never.lists.records.tobytes()
