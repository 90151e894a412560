"""Showings, answers to them, and the columns that training and reports read."""

import pytest

from graph.errors import NotFound
from graph.stores.feedback import Showing


def show(store, number, user=0, circle=1, at=10, **more):
    return store.add_event(f"show-{number}", "exposure", user, circle, f"rec-{number}", at, **more)


def test_showings_count_each_exposure_once(town):
    assert [show(town, 1, at=20), show(town, 2, at=10), show(town, 2, at=30)] == [True, True, False]
    assert town.user_state("u0").showings == {1: Showing(times=2, last_at=20)}
    assert town.user_state("u1").showings == {}
    assert {name: values.tolist() for name, values in town.showings().items()} == {
        "user": [0], "circle": [1], "times": [2], "last_at": [20],
    }  # fmt: skip
    assert town.stats()["SHOWN"] == 1


@pytest.mark.parametrize("kind", ["click", "join", "leave", "dismiss", "report"])
def test_an_answer_ends_the_count_of_its_circle_only(town, kind):
    show(town, 1, circle=1)
    show(town, 2, circle=2)
    assert town.add_event("answer", kind, 0, 1, None, 20) is True
    assert town.user_state("u0").showings == {2: Showing(1, 10)}
    show(town, 3, circle=1, at=30)
    assert town.user_state("u0").showings[1] == Showing(1, 30)


def test_showing_changes_no_answer_and_tells_the_feed_nothing(town):
    before = (town.seq(), town.user("u0").changed)
    show(town, 1)
    assert (town.seq(), town.user("u0").changed) == before


def test_exposures_and_outcomes_are_columns_in_order_of_time(town):
    show(town, 1, at=20, position=3)
    show(town, 2, user=1, circle=2, at=10)
    town.add_event("e", "exposure", 0, None, "rec-3", 15)
    town.add_event("j", "join", 0, 1, "rec-1", 30)
    town.add_event("c", "click", 0, 1, None, 25)
    assert {name: list(values) for name, values in town.exposures().items()} == {
        "user": [1, 0], "circle": [2, 1], "position": [None, 3], "rec_id": ["rec-2", "rec-1"], "at": [10, 20],
    }  # fmt: skip
    assert {name: list(values) for name, values in town.outcomes().items()} == {
        "user": [0, 0], "circle": [1, 1], "kind": ["click", "join"], "rec_id": [None, "rec-1"],
        "at": [25, 30],
    }  # fmt: skip


def test_an_empty_store_has_the_columns_too(store):
    assert {name: list(values) for name, values in store.exposures().items()} == {
        name: [] for name in ("user", "circle", "position", "rec_id", "at")
    }
    assert list(store.outcomes()) == ["user", "circle", "kind", "rec_id", "at"]
    assert [len(values) for values in store.showings().values()] == [0] * 4


def test_an_exposure_that_cannot_be_is_not_counted(town):
    with pytest.raises(NotFound):
        show(town, 1, circle=99)
    assert town.exposures()["user"] == ()


def test_a_forgotten_person_leaves_no_showing(town):
    show(town, 1)
    show(town, 2, user=1)
    gone = town.forget(0)
    assert (gone["showings"], gone["events"]) == (1, 1)
    assert town.showings()["user"].tolist() == [1]
    assert list(town.exposures()["user"]) == [1]
    assert b"rec-1" not in repr(dict(town.export())).encode()


def test_showings_are_exported(town):
    show(town, 1, position=2)
    tables = dict(town.export())
    assert tables["showings"] == {"user": [0], "circle": [1], "times": [1], "last_at": [10]}
    assert tables["events"]["position"] == [2]


def test_the_events_of_one_list_are_those_of_its_person(town):
    show(town, 1, at=20, position=3)
    town.add_event("j", "join", 0, 1, "rec-1", 30)
    town.add_event("s", "exposure", 0, 2, "rec-2", 10, position=1)  # of another list
    town.add_event("o", "exposure", 1, 1, "rec-1", 10, position=1)  # by somebody else
    assert {name: list(values) for name, values in town.events_of(0, "rec-1").items()} == {
        "circle": [1, 1], "kind": ["exposure", "join"], "position": [3, None], "at": [20, 30],
    }  # fmt: skip
    assert all(not values for values in town.events_of(0, "rec-9").values())
