"""Sorted tables of ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.ids import Ids

texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6))


def test_ids_are_sorted_by_their_bytes_and_kept_once():
    assert list(Ids.of(["b", "茶", "a", "B", "b", "é"])) == ["B", "a", "b", "é", "茶"]


def test_an_empty_table_is_empty():
    ids = Ids.of([])
    assert (len(ids), list(ids), ids.find("a"), ids.find_all(["a"]).tolist()) == (0, [], -1, [-1])


def test_positions_and_slices():
    ids = Ids.of(["a", "b", "c"])
    assert (ids[0], ids[2], ids[1:]) == ("a", "c", ["b", "c"])
    for outside in (-1, 3):
        with pytest.raises(IndexError):
            ids[outside]


def test_find_answers_minus_one_for_what_is_not_there():
    ids = Ids.of(["ab", "b", "bc"])
    assert [ids.find(value) for value in ("a", "ab", "abc", "b", "bc", "z", "")] == [-1, 0, -1, 1, 2, -1, -1]


@given(texts, texts)
def test_both_ways_of_finding_agree(known, asked):
    ids = Ids.of(known)
    found = ids.find_all(asked).tolist()
    assert found == [ids.find(value) for value in asked]
    assert [value in set(known) for value in asked] == [index >= 0 for index in found]
    assert all(ids[index] == value for index, value in zip(found, asked, strict=True) if index >= 0)


@given(texts)
def test_equal_sets_of_ids_give_equal_arrays(values):
    one, two = Ids.of(values), Ids.of(reversed(values * 2))
    assert one.data.tobytes() == two.data.tobytes()
    assert one.offsets.tolist() == two.offsets.tolist()


@pytest.mark.parametrize("values", [[], ["a"], ["a", "b", "茶馆", "x" * 1000]])
def test_a_saved_table_is_read_back(tmp_path, values):
    Ids.of(values).save(tmp_path, "things")
    loaded = Ids.load(tmp_path, "things")
    assert list(loaded) == sorted(values, key=str.encode)
    assert [loaded.find(value) for value in loaded] == list(range(len(values)))
