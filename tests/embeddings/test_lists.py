"""Precomputed lists: found by id, and forgotten without a trace."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.recfunctions import drop_fields

from embeddings.batch import TopLists
from embeddings.lists import FILE, Lists, forget, key_of, record_of, write_lists, write_told
from embeddings.told import pack

SIZE = 3
IDS = st.lists(st.binary(min_size=16, max_size=16).map(bytes.hex), min_size=1, max_size=12, unique=True)


def entry(number):
    rows = np.arange(number % (SIZE + 1), dtype=np.int64) + 7 * number
    return rows, np.linspace(1, 0, len(rows), dtype=np.float32) + number


def top(numbers):
    """Their lists, as they are made for a block."""
    lists = [entry(number) for number in numbers]
    rows, scores = np.zeros((len(lists), SIZE), np.int64), np.zeros((len(lists), SIZE), np.float32)
    for at, (found, values) in enumerate(lists):
        rows[at, : len(found)], scores[at, : len(found)] = found, values
    return TopLists(np.array([len(found) for found, _ in lists]), rows, scores)


def write(folder, ids, num_circles=100):
    blocks = (top(range(start, min(start + 4, len(ids)))) for start in range(0, len(ids), 4))
    write_lists(folder, ids, SIZE, num_circles, blocks)


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


TOLD = {
    user: ((((320 * number + 9, 320 * number + 41), 612), ((64 * number,), 87)),)
    for number, user in enumerate("abc", 1)
}


def tell(users, circles, room):
    """The same of each circle, two people at a time."""
    tables, words = np.zeros((len(users), room), np.uint32), np.zeros(circles.shape, np.uint64)
    for at, user in enumerate(users.tolist()):
        things, found = pack(TOLD["abc"[user]] * int((circles[at] >= 0).sum()), room)
        tables[at, : len(things)] = things
        words[at, : len(found)] = np.array(found, dtype=np.uint64)
    return tables, words


def told(folder):
    write(folder, list("abc"))  # with lists of 0, 1 and 2 circles
    write_told(folder, list("abc"), tell, at_once=2)


@pytest.mark.parametrize("num_circles", [2**16, 2**16 + 1])
def test_lists_and_reasons_of_a_million_people_take_less_than_a_gibibyte(num_circles):
    assert record_of(100, num_circles).itemsize * 1_000_000 <= 2**30


def test_what_is_told_of_a_circle_is_found_with_the_list(tmp_path):
    told(tmp_path)
    entry = Lists.load(tmp_path).entry("c")
    assert entry.told() == dict.fromkeys(entry.rows.tolist(), TOLD["c"][0])
    assert entry.told(entry.rows.tolist()[1:]) == dict.fromkeys(entry.rows.tolist()[1:], TOLD["c"][0])


def test_nothing_of_what_was_told_is_left_of_who_is_forgotten(tmp_path):
    told(tmp_path)
    assert forget(tmp_path, "c")
    records = np.load(tmp_path / FILE)
    gone = records[records["num"] == 0]
    assert len(gone) == 2
    assert not gone["things"].any()
    assert not gone["told"].any()
    assert Lists.load(tmp_path).entry("b").told() != {}


def test_lists_of_before_reasons_were_kept_are_served_without_them(tmp_path):
    told(tmp_path)
    records = np.load(tmp_path / FILE)
    np.save(tmp_path / FILE, drop_fields(records, ["things", "told"]))
    entry = Lists.load(tmp_path).entry("c")
    assert (entry.rows.tolist(), entry.told()) == ([14, 15], {})


def test_rows_of_many_circles_are_kept_whole(tmp_path):
    made = TopLists(np.array([2]), np.array([[70_000, 5]]), np.array([[1.0, 0.5]], np.float32))
    write_lists(tmp_path, ["a"], SIZE, 70_001, [made])
    assert Lists.load(tmp_path).of("a")[0].tolist() == [70_000, 5]
