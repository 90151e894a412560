"""Memberships that do not all count alike: what is learned from them, and what is not touched."""

from dataclasses import replace

import numpy as np
import pytest

from embeddings.fit import fit
from embeddings.promotion.leaks import leaks_of
from embeddings.publish import publish
from embeddings.registry import Registry
from embeddings.split import validation_of, without
from embeddings.touches import touches_of


@pytest.fixture(scope="session")
def weighed(planted):
    """The planted graph with a weight for each membership."""

    def make(weight):
        members = planted.members
        columns = dict(members.columns) | {"weight": np.asarray(weight, dtype=np.float32)}
        return replace(planted, members=replace(members, columns=columns))

    return make


@pytest.fixture(scope="session")
def halves(planted):
    """Which memberships count: those of every other one."""
    return np.arange(planted.members.num_edges) % 2 == 0


def arrays(fitted):
    return {channel.name: channel.matrix.columns["weight"] for channel in fitted.model.channels} | dict(
        fitted.model.priors
    )


@pytest.mark.parametrize("how", ["quick", "searched"])
def test_memberships_that_all_count_one_give_the_same_bytes(planted, weighed, how):
    alike = weighed(np.ones(planted.members.num_edges))
    one, two = (fit(s, gnn=False, quick=how == "quick", min_supporters=1) for s in (planted, alike))
    assert one.model.weights == two.model.weights
    for name, values in arrays(one).items():
        assert np.array_equal(values, arrays(two)[name]), name


def test_what_counts_nothing_teaches_nothing(planted, weighed, halves):
    organic = fit(weighed(halves), quick=True, min_supporters=1)
    kept = fit(replace(planted, members=without(planted.members, ~halves)), quick=True, min_supporters=1)
    whole = fit(planted, quick=True, min_supporters=1)
    assert np.array_equal(organic.model.num_members, kept.model.num_members)
    assert not np.array_equal(organic.model.num_members, whole.model.num_members)
    for name in ("merchants", "products"):  # learned from who is in a circle, said of what people pay for
        assert np.array_equal(arrays(organic)[name], arrays(kept)[name])
        assert not np.array_equal(arrays(organic)[name], arrays(whole)[name])


def test_what_counts_more_weighs_more(planted, weighed, halves):
    plain = fit(planted, quick=True, min_supporters=1).model
    heavy = fit(weighed(np.where(halves, 3.0, 1.0)), quick=True, min_supporters=1).model
    assert np.array_equal(plain.num_members, heavy.num_members)  # people, each once
    before, after = (next(c for c in m.channels if c.name == "merchants").matrix for m in (plain, heavy))
    assert np.array_equal(before.indices, after.indices)
    assert (after.columns["weight"] >= before.columns["weight"]).all()
    assert after.columns["weight"].sum() > before.columns["weight"].sum()


def test_everybody_stays_in_their_circles_whatever_counts(planted, weighed, halves):
    touches = touches_of(weighed(halves), half_life_days=180.0)
    assert (touches.members != touches_of(planted, half_life_days=180.0).members).nnz == 0
    assert touches.teaching.nnz == halves.sum()
    assert touches.rows(np.arange(10)).teaching.shape[0] == 10


def test_nothing_that_does_not_count_is_asked_for(weighed, halves):
    snapshot = weighed(halves)
    found = validation_of(snapshot, seed=0)
    pairs = set(zip(found.users[found.rows].tolist(), found.circles.tolist(), strict=True))
    members = snapshot.members
    silent = set(zip(members.rows()[~halves].tolist(), members.indices[~halves].tolist(), strict=True))
    assert pairs
    assert not pairs & silent


def test_the_gate_finds_such_a_version_honest_and_its_lists_leave_out_all_memberships(
    weighed, halves, policy, tmp_path
):
    snapshot = weighed(halves)
    name = publish(fit(snapshot, quick=True, min_supporters=1), snapshot, tmp_path, policy=policy)
    version = Registry(tmp_path).open(name)
    assert leaks_of(version, snapshot, snapshot) == []
    assert version.manifest["counted_memberships"] == halves.sum()
    for row, user in enumerate(snapshot.users):
        found = version.list_of(user)
        assert found is None or not set(found[0].tolist()) & set(snapshot.members.row(row).tolist())
