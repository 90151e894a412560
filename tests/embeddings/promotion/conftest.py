"""A planted graph with a past and a future, and versions of it."""

from dataclasses import replace

import numpy as np
import pytest

from embeddings.fit import fit
from embeddings.publish import publish
from embeddings.registry import Registry
from embeddings.split import without


@pytest.fixture(scope="session")
def past(planted):
    """The planted graph before 100 people joined anything, before anybody joined the fourth circle of a town,
    and without a tenth of all other memberships."""
    members = planted.members
    rng = np.random.default_rng(3)
    late = rng.choice(np.flatnonzero(np.diff(members.indptr)), 100, replace=False)
    new = [row for row, circle in enumerate(planted.circles) if circle.endswith("-3")]
    hidden = np.isin(members.rows(), late) | np.isin(members.indices, new)
    hidden |= rng.random(members.num_edges) < 0.1
    return replace(planted, members=without(members, hidden))


@pytest.fixture(scope="session")
def future(planted, past):
    """Everything, with the moment of joining: unknown before the cut, a day after it for the rest."""
    before = set(zip(past.members.rows().tolist(), past.members.indices.tolist(), strict=True))
    members = planted.members
    pairs = zip(members.rows().tolist(), members.indices.tolist(), strict=True)
    joined = np.array([0 if pair in before else past.as_of + 86_400 for pair in pairs], dtype=np.uint32)
    return replace(
        planted, members=replace(members, columns={"joined_at": joined}), as_of=past.as_of + 90_000
    )


@pytest.fixture(scope="session")
def fitted_past(past):
    return fit(past, gnn=False, min_supporters=1)


@pytest.fixture
def publish_past(past, policy, tmp_path):
    """Publishes a model of the past, changed or not, and opens it."""

    def make(fitted, snapshot=past):
        name = publish(fitted, snapshot, tmp_path / "versions", policy=policy)
        return Registry(tmp_path / "versions").open(name)

    return make
