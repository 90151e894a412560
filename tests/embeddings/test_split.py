"""The validation part hides memberships of train, and only those."""

import numpy as np
import pytest

from embeddings.split import HIDDEN_SHARE, validation_of, without


def pairs(csr):
    return set(zip(csr.rows().tolist(), csr.indices.tolist(), strict=True))


def test_hidden_and_kept_memberships_are_all_memberships(planted):
    part = validation_of(planted, seed=1)
    hidden = set(zip(part.users[part.rows].tolist(), part.circles.tolist(), strict=True))
    assert hidden | pairs(part.train.members) == pairs(planted.members)
    assert not hidden & pairs(part.train.members)


def test_about_the_wanted_share_is_hidden(planted):
    part = validation_of(planted, seed=1)
    assert len(part.rows) / planted.members.num_edges == pytest.approx(HIDDEN_SHARE, abs=0.05)


def test_a_circle_that_nobody_ever_joined_is_no_candidate(planted):
    candidates = validation_of(planted, seed=1).candidates
    assert candidates[planted.circles.find("ring0-0")]
    assert not candidates[planted.circles.find("ring0-4")]


def test_a_circle_that_lost_its_last_member_stays_a_candidate(make_snapshot):
    snapshot = make_snapshot(members={f"u{i:02d}": [f"c{i:02d}"] for i in range(80)})
    part = validation_of(snapshot, seed=0)
    assert part.candidates.all()
    assert len(np.unique(part.train.members.indices)) < 80


def test_nobody_who_refuses_is_asked(make_snapshot):
    members = {f"u{i:02d}": ["a", "b", "c"] for i in range(40)}
    snapshot = make_snapshot(members=members, refusing=[f"u{i:02d}" for i in range(20)])
    part = validation_of(snapshot, seed=0)
    assert part.users.min() >= 20
    assert part.train.members.num_edges + len(part.rows) == 120


def test_importance_is_one_on_average_and_bounded(planted):
    importance = validation_of(planted, seed=3).importance
    assert importance.mean() == pytest.approx(1.0)
    assert importance.max() / importance.min() <= 25


def test_same_seed_same_part_and_other_numbers_differ(planted):
    one, two, other = (validation_of(planted, seed=5, number=n) for n in (0, 0, 1))
    assert one.circles.tolist() == two.circles.tolist()
    assert one.circles.tolist() != other.circles.tolist()


def test_asking_fewer_people_hides_no_less(planted):
    few, all_ = (validation_of(planted, seed=5, max_users=n) for n in (10, 1_000))
    assert len(few.users) == 10
    assert pairs(few.train.members) == pairs(all_.train.members)


def test_without_memberships_there_is_nobody_to_ask(make_snapshot):
    part = validation_of(make_snapshot(paid={"ann": {"mill": 1}}), seed=0)
    assert len(part.users) == len(part.rows) == len(part.importance) == 0


def test_edges_that_stay_keep_their_columns(planted):
    paid = planted.paid
    left_out = np.arange(paid.num_edges) % 2 == 0
    kept = without(paid, left_out)
    assert pairs(kept) <= pairs(paid)
    assert kept.columns["payments"].tolist() == paid.columns["payments"][~left_out].tolist()
