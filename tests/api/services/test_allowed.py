"""What may be in an answer: the same rows as an array of them all would say, and the same pool."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from api.services.allowed import Allowed, Mask
from graph.policy.exploration import Pool

ROWS = st.lists(st.booleans(), min_size=1, max_size=12).map(np.array)


@given(ROWS, st.sets(st.integers(-1, 11)), st.integers(0, 5), st.data())
def test_rows_left_out_are_those_of_an_array(shown, without, number, data):
    without = {row for row in without if row < len(shown)}
    wanted = shown.copy()
    wanted[[row for row in without if row >= 0]] = False
    allowed = Allowed(Mask.of(shown), without)
    assert allowed.rows.tolist() == wanted.tolist() == [row in allowed for row in range(len(shown))]
    assert allowed.num == wanted.sum()
    asked = data.draw(st.permutations(range(len(shown))))
    assert allowed.has(asked, number) == (wanted.sum() >= number)


@given(ROWS, st.sets(st.integers(0, 11)), st.data())
def test_the_pool_is_that_of_arrays(shown, without, data):
    without = {row for row in without if row < len(shown)}
    small = np.array(data.draw(st.lists(st.booleans(), min_size=len(shown), max_size=len(shown))))
    allowed = Allowed(Mask.of(shown), without)
    pool, wanted = allowed.pool(Mask.of(shown & small)), Pool.of(allowed.rows, small)
    assert (pool.num, pool.num_small) == (wanted.num, wanted.num_small)
    assert pool.rows().tolist() == wanted.rows().tolist()
    assert pool.small_rows().tolist() == wanted.small_rows().tolist()
    assert [bool(pool.is_small(row)) for row in wanted.rows()] == small[wanted.rows()].tolist()
