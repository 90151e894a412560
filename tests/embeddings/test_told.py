"""What is told of a circle: alike things share a sentence, and what is kept in few bytes comes out again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.told import (
    KIND_OF,
    MOST_THINGS,
    NOTHING_SPEAKS,
    PARTS,
    SENTENCES,
    pack,
    sentences,
    spoken,
    strength_of,
    told_of_many,
    unpack,
    unspoken,
)

TEA, GYM, BREAD = (spoken(KIND_OF["category"], strength, row) for strength, row in ((0, 5), (0, 6), (2, 7)))
HIKERS, RUNNERS = (spoken(KIND_OF["circle"], 2, row) for row in (1, 2))
THING = st.builds(spoken, st.integers(0, 6), st.integers(0, 2), st.integers(0, 2**27 - 1))
TOLD = st.lists(
    st.tuples(st.lists(THING, min_size=1, max_size=2, unique=True).map(tuple), st.integers(0, PARTS)),
    max_size=SENTENCES,
).map(tuple)


@given(st.integers(0, 6), st.integers(0, 2), st.integers(0, 2**27 - 1))
def test_a_thing_is_one_number_of_four_bytes(kind, strength, row):
    thing = spoken(kind, strength, row)
    assert unspoken(thing) == (kind, strength, row)
    assert 0 <= thing < 2**32


@pytest.mark.parametrize(("count", "strength"), [(8, 0), (7, 1), (3, 1), (2, 2), (0, 2)])
def test_often_now_and_then_and_seldom(count, strength):
    assert strength_of(count) == strength


def test_alike_things_share_a_sentence_and_add_up_their_shares():
    assert sentences([TEA, BREAD, GYM], [0.5, 0.3, 0.1234]) == (((TEA, GYM), 623), ((BREAD,), 300))


def test_a_third_alike_thing_is_left_out_and_names_of_circles_stand_alone():
    third = spoken(KIND_OF["category"], 0, 9)
    assert sentences([TEA, GYM, third], [0.4, 0.3, 0.2]) == (((TEA, GYM), 700),)
    assert sentences([HIKERS, RUNNERS], [0.4, 0.3]) == (((HIKERS,), 400),)


def test_where_nothing_speaks_the_circle_is_open_to_everyone():
    assert sentences([], []) == NOTHING_SPEAKS
    assert told_of_many(19, min_group_size=20) == NOTHING_SPEAKS
    assert told_of_many(20, min_group_size=20) == (((spoken(KIND_OF["popular"], 0, 0),), PARTS),)


@given(st.lists(TOLD, max_size=7))
def test_what_was_packed_comes_out_again(places):
    things, words = pack(places, MOST_THINGS)
    assert [unpack(things, word) for word in words] == places
    assert all(0 <= word < 2**64 for word in words)


def test_a_place_for_which_the_table_has_no_room_is_not_kept_and_others_are():
    full, alike = (((TEA, GYM), 700),), (((TEA,), 700),)
    things, words = pack([full, (((BREAD,), 300),), alike], room=2)
    assert things == [TEA, GYM]
    assert [unpack(things, word) for word in words] == [full, None, alike]


def test_a_row_beyond_four_bytes_is_not_kept():
    assert pack([(((spoken(0, 0, 2**27),), 1),)], MOST_THINGS) == ([], [0])
