"""Precomputed lists: found by id, and forgotten without a trace."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.lists import FILE, Lists, forget, key_of, write_lists

SIZE = 3
IDS = st.lists(st.binary(min_size=16, max_size=16).map(bytes.hex), min_size=1, max_size=12, unique=True)


def entry(number):
    rows = np.arange(number % (SIZE + 1), dtype=np.int64) + 7 * number
    return rows, np.linspace(1, 0, len(rows), dtype=np.float32) + number


def write(folder, ids):
    blocks = (
        (start, [entry(n) for n in range(start, min(start + 4, len(ids)))]) for start in range(0, len(ids), 4)
    )
    write_lists(folder, ids, SIZE, blocks)


@given(IDS)
@settings(max_examples=30, deadline=None)
def test_every_user_finds_their_own_list(tmp_path_factory, ids):
    folder = tmp_path_factory.mktemp("lists")
    write(folder, ids)
    lists = Lists.load(folder)
    for number, user_id in enumerate(ids):
        rows, scores = lists.of(user_id) or (np.zeros(0), np.zeros(0))
        assert rows.tolist() == entry(number)[0].tolist()
        assert scores.tolist() == entry(number)[1].tolist()


@given(IDS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_forgetting_in_any_order_leaves_no_bytes_and_disturbs_nobody(tmp_path_factory, ids, random):
    folder = tmp_path_factory.mktemp("lists")
    write(folder, ids)
    order = random.sample(ids, len(ids))
    for done, user_id in enumerate(order, 1):
        forget(folder, user_id)
        content = (folder / FILE).read_bytes()
        assert not [gone for gone in order[:done] if key_of(gone) in content and any(key_of(gone))]
        lists = Lists.load(folder)
        assert lists.of(user_id) is None
        for left in order[done:]:
            rows, _ = lists.of(left) or (np.zeros(0), None)
            assert rows.tolist() == entry(ids.index(left))[0].tolist()


def test_a_list_is_overwritten_in_the_file_that_a_server_has_mapped(tmp_path):
    ids = [f"{number:032x}" for number in range(1, 6)]
    write(tmp_path, ids)
    served = Lists.load(tmp_path)
    assert forget(tmp_path, ids[3])
    assert served.of(ids[3]) is None
    assert served.of(ids[2]) is not None


def test_forgetting_twice_or_a_stranger_changes_nothing(tmp_path):
    write(tmp_path, ["0" * 31 + "1"])
    assert forget(tmp_path, "0" * 31 + "1")
    before = (tmp_path / FILE).read_bytes()
    assert not forget(tmp_path, "0" * 31 + "1")
    assert not forget(tmp_path, "f" * 32)
    assert (tmp_path / FILE).read_bytes() == before


def test_nobody_has_a_list_in_an_empty_version(tmp_path):
    write(tmp_path, [])
    assert Lists.load(tmp_path).of("0" * 32) is None
    assert not forget(tmp_path, "0" * 32)


@pytest.mark.parametrize("user_id", ["ann", "é" * 40, "0" * 31, "G" * 32, "A" * 32, ""])
def test_an_id_that_is_no_pseudonym_is_hashed(user_id):
    assert len(key_of(user_id)) == 16
    assert key_of("ab" * 16) == bytes.fromhex("ab" * 16)
