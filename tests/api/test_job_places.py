"""Places of jobs: as many as a kind has, and no limit where it has none."""

from contextlib import ExitStack

from api.job_places import AT_ONCE, is_full, place
from graph.home import Home


def test_there_are_as_many_places_as_a_kind_has(tmp_path):
    home = Home(tmp_path)
    with ExitStack() as held:
        given = [held.enter_context(place(home, "lists")) for _ in range(AT_ONCE["lists"] + 1)]
        assert given == [True] * AT_ONCE["lists"] + [False]
        assert (is_full(home, "lists"), is_full(home, "forget"), is_full(home, "train")) == (
            True,
            False,
            False,
        )
    assert not is_full(home, "lists")
