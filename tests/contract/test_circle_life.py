"""Circles that owners make, change and close; quarantine; reports and what was decided about them."""

import threading
from dataclasses import replace

import pytest

from graph.errors import InputError, NotFound
from graph.stores.base import ThemeTarget
from graph.stores.circle_life import CircleEdit, NewCircle

THEME = (ThemeTarget("category", "coffee", 1.0), ThemeTarget("merchant", "m1", 2.0))
NEW = NewCircle("brewers", "m0", "Brewers", "For those who brew", "dining", THEME, ("咖啡",), None, "r1")


@pytest.fixture
def made(town):
    """A town with one circle more, index 3, made by m0."""
    assert town.create_circle(NEW, 100) == 3
    return town


def edited(store, revision, **changes):
    return store.edit_circle(3, CircleEdit(**changes), revision=revision, at=200)


def test_a_new_circle_is_whole_at_once(made):
    circle = made.circle("brewers")
    assert (circle.index, circle.owner_id, circle.state, circle.created_at) == (3, "m0", "open", 100)
    assert (circle.revision, circle.words, circle.eligibility, circle.theme) == (1, ("咖啡",), None, THEME)
    assert made.circles()[3] == circle
    assert made.circles_seq() == made.seq()


def test_a_loaded_circle_has_revision_nought(town):
    assert (town.circle("c0").revision, town.circle("c0").words, town.circle_lives()) == (0, (), {})


def test_the_same_request_finds_its_circle_and_another_finds_it_taken(made):
    seq = made.seq()
    assert made.create_circle(NEW, 300) == 3
    assert made.create_circle(replace(NEW, owner_id="m1", request="r2"), 300) is None
    assert made.create_circle(replace(NEW, circle_id="c0"), 300) is None
    assert (made.seq(), made.circle("brewers").owner_id) == (seq, "m0")


def test_of_two_owners_who_race_for_one_id_one_wins(town):
    found = {}

    def make(owner):
        found[owner] = town.create_circle(replace(NEW, owner_id=owner, request=owner), 100)

    threads = [threading.Thread(target=make, args=(f"m{i}",)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [owner for owner, index in found.items() if index is not None]
    assert town.circle("brewers").owner_id == winner


def test_what_cannot_be_stored_makes_no_circle(town):
    for wrong in ({"scene": "moon"}, {"circle_id": ""}, {"theme": (ThemeTarget("planet", "x"),)}):
        with pytest.raises(InputError):
            town.create_circle(replace(NEW, **wrong), 100)
    assert town.circle("brewers") is None


def test_an_edit_needs_the_revision_it_was_made_from(made):
    assert edited(made, 1, name="Roasters", theme=THEME[:1], words=(), eligibility='{"verified": true}') == 2
    assert edited(made, 1, name="Late") is None
    circle = made.circle("brewers")
    assert (circle.name, circle.description, circle.theme) == ("Roasters", "For those who brew", THEME[:1])
    assert (circle.revision, circle.eligibility) == (2, '{"verified": true}')


def test_words_can_be_taken_away(made):
    assert edited(made, 1, words=("tea", "茶")) == 2
    assert edited(made, 2, words=()) == 3
    assert made.circle("brewers").words == ()


def test_an_edit_that_changes_nothing_keeps_the_revision(made):
    seq = made.seq()
    assert edited(made, 1, name="Brewers", theme=THEME) == 1
    assert made.seq() == seq


def test_a_loaded_circle_can_be_edited(town):
    assert town.edit_circle(0, CircleEdit(name="Named"), revision=0, at=9) == 1
    assert (town.circle("c0").name, town.circle("c0").revision) == ("Named", 1)
    assert town.circle_lives()[0].edited_at == 9


def test_nobody_edits_a_circle_that_is_not_there(town):
    for act in (
        lambda: town.edit_circle(77, CircleEdit(name="x"), revision=0, at=1),
        lambda: town.close_circle(77, "x", revision=None, at=1),
        lambda: town.quarantine_circle(77, "x", 1),
        lambda: town.release_circle(77, 1),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_closed_circle_stays_closed(made):
    assert made.close_circle(3, "done", revision=7, at=300) is None
    assert made.close_circle(3, "done", revision=1, at=300) == 2
    assert made.close_circle(3, "again", revision=None, at=400) == 2
    assert made.quarantine_circle(3, "odd", 500) is False
    assert (made.circle("brewers").state, made.circle_lives()[3].reason) == ("closed", "done")


@pytest.mark.parametrize("before", ["open", "proposed"])
def test_release_gives_back_what_was_before(town, before):
    town.upsert("Circle", {"id": ["c0"], "state": [before]})
    assert town.quarantine_circle(0, "raid", 10) is True
    assert town.quarantine_circle(0, "again", 11) is False
    assert (town.circle("c0").state, town.circle_lives()[0].reason) == ("quarantined", "raid")
    assert town.release_circle(0, 20) is True
    assert town.release_circle(0, 21) is False
    assert (town.circle("c0").state, town.circle("c0").revision) == (before, 2)


def test_each_step_of_a_life_is_a_change_of_circles(made):
    seq = made.circles_seq()
    edited(made, 1, name="Roasters")
    edited(made, 2, theme=())
    made.quarantine_circle(3, "odd", 300)
    made.release_circle(3, 400)
    made.close_circle(3, "done", revision=None, at=500)
    kinds = [(change.kind, change.circle_index) for change in made.changes(seq, 9)]
    assert kinds == [(kind, 3) for kind in ("circle", "theme", "state", "state", "state")]


def test_a_report_is_judged_once(town):
    town.add_event("e1", "report", 1, 0, None, 20)
    town.add_event("e2", "report", 2, 0, None, 10)
    town.add_event("e3", "click", 2, 0, None, 10)
    assert [(r.event_id, r.user, r.circle, r.at, r.upheld) for r in town.reports()] == [
        ("e2", 2, 0, 10, None),
        ("e1", 1, 0, 20, None),
    ]
    assert town.judge_report("e2", False, 30) is False
    assert town.judge_report("e2", True, 40) is False
    assert town.judge_report("e1", True, 50) is True
    assert [(r.upheld, r.judged_at) for r in town.reports()] == [(False, 30), (True, 50)]
    with pytest.raises(NotFound):
        town.judge_report("e3", True, 60)


def test_who_is_forgotten_takes_reports_and_verdicts_along(town):
    town.add_event("e1", "report", 1, 0, None, 20)
    town.judge_report("e1", True, 30)
    assert town.stats()["verdicts"] == 1
    assert town.forget(1)["verdicts"] == 1
    assert (town.reports(), dict(town.export())["verdicts"]["event_id"]) == ([], [])


def test_the_export_has_lives_and_verdicts(made):
    made.add_event("e1", "report", 1, 3, None, 20)
    made.judge_report("e1", True, 30)
    tables = dict(made.export())
    assert tables["circle_life"] == {
        "circle": [3], "revision": [1], "edited_at": [100], "eligibility": [None], "words": ['["咖啡"]'],
        "request": ["r1"], "state_before": [None], "reason": [None],
    }  # fmt: skip
    assert tables["verdicts"] == {"event_id": ["e1"], "upheld": [True], "at": [30]}


def test_joins_are_known_with_the_answer_they_came_from(town):
    town.add_event("e1", "join", 1, 0, "rec-1", 20)
    town.add_event("e2", "join", 2, 0, None, 30)
    assert town.join_sources() == {
        "user": [1, 2], "circle": [0, 0], "at": [20, 30], "rec_id": ["rec-1", None]
    }  # fmt: skip
    assert town.num_things() == (3, 3)
