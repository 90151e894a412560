"""What differs between stored and new edges."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.edges import BOUGHT, PAID, UserEdges
from graph.stores.neo4j.differences import differences
from graph.stores.neo4j.packing import chained, joined, rows_of

ROW = st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(1, 2))  # merchant, scene, payments


def edges(rows_of_user, users):
    """PAID edges, one for each merchant and scene of a user."""
    records, offsets = [], [0]
    for user in users:
        of_key = {(m, scene): n for m, scene, n in rows_of_user.get(user, [])}
        records += [(m, n, 1, scene, 0, 0, 0) for (m, scene), n in sorted(of_key.items())]
        offsets.append(len(records))
    return UserEdges(np.array(users), np.array(offsets), np.array(records, dtype=PAID))


people = st.dictionaries(st.sampled_from([3, 8, 2**31]), st.lists(ROW, max_size=4))


@given(old=people, new=people)
def test_removing_changing_and_creating_what_differs_gives_the_new_edges(old, new):
    users = [3, 8, 2**31]
    stored, wanted = edges(old, users), edges(new, users)
    gone, changed, created = differences("paid", stored, wanted)

    def keyed(part, mask):
        owner = np.repeat(part.users, np.diff(part.offsets))[mask].tolist()
        return {(u, e[0], e[3]): e for u, e in zip(owner, part.edges[mask].tolist(), strict=True)}

    result = keyed(stored, ~gone) | keyed(wanted, changed) | keyed(wanted, created)
    assert result == keyed(wanted, np.ones(len(wanted.edges), dtype=bool))
    assert not keyed(stored, gone).keys() & keyed(wanted, changed | created).keys()


def test_equal_edges_do_not_differ():
    stored = edges({3: [(0, 0, 1), (1, 1, 2)]}, [3])
    assert not any(mask.any() for mask in differences("paid", stored, stored))


@given(people)
def test_packed_edges_come_back_whatever_the_order_of_the_users(some):
    given_edges = edges(some, [3, 8, 2**31])
    rows = rows_of(given_edges)[::-1]
    back = joined("paid", [user for user, _ in rows], [text or "" for _, text in rows])
    for name in ("users", "offsets", "edges"):
        assert np.array_equal(getattr(back, name), getattr(given_edges, name))


def test_no_parts_are_no_edges():
    empty = chained("bought", [])
    assert (len(empty), empty.offsets.tolist(), empty.edges.dtype) == (0, [0], BOUGHT)
