"""Candidates: symmetric, best first, kept and read again, and forgotten in place."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import IncompatibleVersion, InputError, NotFound
from graph.links.candidates import ABOUT, LinkCandidates, forget
from graph.policy.link_reasons import FALLBACK, Band, LinkReason, When

PAIRS = st.dictionaries(
    st.tuples(st.integers(0, 8), st.integers(9, 17)), st.floats(0.0078125, 1.0, width=32), max_size=20
)
GYMS = LinkReason((("gym", Band.SEVERAL),), When.WEEKENDS)


@given(PAIRS)
def test_a_pair_is_in_both_lists_with_one_weight(pairs):
    made = LinkCandidates.make(pairs)
    for (one, other), weight in pairs.items():
        for user, whom in ((one, other), (other, one)):
            rows = made.of(user)
            assert rows.weight[rows.others == whom].tolist() == [np.float32(weight)]
    assert len(made.others) == 2 * len(pairs)


@given(PAIRS)
def test_lists_are_best_first(pairs):
    made = LinkCandidates.make(pairs)
    assert all((np.diff(made.of(int(user)).weight) <= 0).all() for user in made.users)


def test_somebody_without_a_list_has_nobody():
    made = LinkCandidates.make([(1, 5, 0.5)], users=[3])
    assert [len(made.of(user)) for user in (0, 1, 3, 5, 99)] == [0, 1, 0, 1, 0]
    assert made.users.tolist() == [1, 3, 5]


def test_what_is_saved_is_read_again(tmp_path):
    made = LinkCandidates.make(
        [(1, 5, 0.5), (2, 5, 0.7)], reason=[0, 1], reasons=[FALLBACK, GYMS], calibrated=False
    )
    made.save(tmp_path)
    read = LinkCandidates.load(tmp_path)
    assert read.of(5).others.tolist() == [2, 1]
    assert [read.reasons[i] for i in read.of(5).reason] == [GYMS, FALLBACK]
    assert read.calibrated is False


@pytest.mark.parametrize(
    ("pairs", "why"),
    [([(1, 1, 0.5)], "themselves"), ([(1, 2, 0.5), (2, 1, 0.4)], "twice"), ([(1, 2, 0.0)], "above 0")],
)
def test_what_is_no_pair_is_refused(pairs, why):
    with pytest.raises(InputError, match=why):
        LinkCandidates.make(pairs)


def test_a_version_without_links_and_a_damaged_one_are_told_apart(tmp_path):
    with pytest.raises(NotFound, match="has no links"):
        LinkCandidates.load(tmp_path)
    (tmp_path / ABOUT).write_text(json.dumps({"format": 99}))
    with pytest.raises(IncompatibleVersion, match="expected format 1"):
        LinkCandidates.load(tmp_path)
    LinkCandidates.make([(1, 2, 0.5)]).save(tmp_path)
    (tmp_path / "links_others.npy").write_bytes(b"\x93NUM")
    with pytest.raises(IncompatibleVersion, match="damaged"):
        LinkCandidates.load(tmp_path)


@given(PAIRS, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_forgetting_is_seen_by_whoever_has_the_file_mapped(tmp_path_factory, pairs, random):
    folder = tmp_path_factory.mktemp("links")
    LinkCandidates.make(pairs, users=range(18)).save(folder)
    served = LinkCandidates.load(folder)
    gone = set(random.sample(range(18), 6))
    known = {user for pair in pairs for user in pair}
    assert [forget(folder, user) for user in gone].count(True) <= len(gone & known)
    for user in range(18):
        left = {other for pair in pairs if user in pair for other in pair if other != user} - gone
        assert set(served.of(user).others.tolist()) == (set() if user in gone else left)
    assert not gone & set(LinkCandidates.load(folder).users.tolist())
    assert not any(forget(folder, user) for user in gone)
