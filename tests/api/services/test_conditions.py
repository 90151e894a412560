"""ETags of values, and one change at a time."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from api.services.conditions import alone, etag_of, matches
from graph.home import Home

VALUES = st.dictionaries(
    st.text(max_size=4), st.one_of(st.none(), st.booleans(), st.text(max_size=4)), max_size=4
)


@given(VALUES, VALUES)
def test_an_etag_is_that_of_its_value_alone(one, other):
    assert (etag_of(one) == etag_of(other)) is (one == other)
    assert etag_of(dict(reversed(one.items()))) == etag_of(one)
    assert matches(etag_of(one), etag_of(one))
    assert matches("*", etag_of(one))


def test_changes_of_one_kind_wait_for_each_other(tmp_path):
    home, seen = Home(tmp_path), [0]

    def add() -> None:
        for _ in range(20):
            with alone(home, "sums"):
                value = seen[0]
                seen[0] = value + 1

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [80]
