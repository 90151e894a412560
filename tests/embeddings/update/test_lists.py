"""Records of two files in one, and reasons whose things have moved."""

import numpy as np

from embeddings.lists import key_of, record_of
from embeddings.told import KIND_OF, moved_things, spoken, unspoken
from embeddings.update.lists import places_of


def test_records_are_found_by_key_and_strangers_are_passed_over():
    users = sorted(["u1", "u2", "u3"], key=key_of)
    records = np.zeros(3, dtype=record_of(2, 5))
    records["user"] = np.frombuffer(b"".join(map(key_of, users)), "V16")
    assert places_of(records, [key_of(users[2]), key_of("nobody"), key_of(users[0])]).tolist() == [0, 2]
    assert places_of(records[:0], [key_of("u1")]).tolist() == []


def test_what_is_told_names_things_where_they_are_now():
    tea, gym = (spoken(KIND_OF[kind], 1, 4) for kind in ("merchant", "place"))
    popular = spoken(KIND_OF["popular"], 2, 0)
    table = np.array([[tea, gym, popular, 0]], dtype=np.uint32)
    moved = moved_things(table, {KIND_OF["merchant"]: np.array([0, 1, 2, 3, 9])})
    assert [unspoken(int(thing)) for thing in moved[0]] == [
        (KIND_OF["merchant"], 1, 9),
        unspoken(gym),
        unspoken(popular),
        unspoken(0),
    ]
