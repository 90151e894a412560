"""Suggesting people to each other: what was shown, what was answered, what one of them is told."""

import threading

import pytest

from graph.errors import InputError
from graph.policy.meeting import ANSWERS, Answer, Said, State

ACCEPT, DECLINE, BLOCK, REPORT = ANSWERS


@pytest.fixture
def pair(town):
    """A town where all four people are adults who agreed to links."""
    everybody = [f"u{i}" for i in range(4)]
    town.upsert("User", {"id": everybody, "adult": [True] * 4})
    town.set_consents({"user": [0, 1, 2, 3], "purpose": ["links"] * 4, "granted": [True] * 4, "at": [1] * 4})
    return town


def answer(store, user, other, said, at=100, since=50):
    return store.answer_suggestion(user, other, said, period=7, since=since, at=at)


def rows(store):
    return list(zip(*(values.tolist() for values in store.suggestions().values()), strict=True))


def test_showing_counts_once_a_period_and_never_backwards(pair):
    assert pair.show_suggestions(0, [1, 2], 5) == 2
    assert pair.show_suggestions(0, [1, 2], 5) == 0
    assert pair.show_suggestions(0, [1], 6) == 1
    assert pair.show_suggestions(0, [1], 4) == 0
    assert rows(pair) == [(0, 1, 6, 2, -1, -1), (0, 2, 5, 1, -1, -1)]


def test_somebody_who_is_not_there_is_passed_over(pair):
    assert pair.show_suggestions(0, [99, 1], 5) == 1
    assert pair.show_suggestions(99, [1], 5) == 0
    assert answer(pair, 0, 99, ACCEPT) is None
    assert answer(pair, 0, 99, BLOCK) is None
    assert rows(pair) == [(0, 1, 5, 1, -1, -1)]


def test_two_acceptances_make_one_link(pair):
    seq = pair.seq()
    assert answer(pair, 0, 1, ACCEPT, at=100) is State.ACCEPTED
    assert pair.links()["user"].tolist() == []
    assert answer(pair, 1, 0, ACCEPT, at=110) is State.CONNECTED
    assert [values.tolist() for values in pair.links().values()] == [[0], [1], [110]]
    assert (pair.links_of(0).tolist(), pair.links_of(1).tolist(), pair.links_of(2).tolist()) == ([1], [0], [])
    assert [change.kind for change in pair.changes(seq, 9)] == ["answer", "links"]
    assert answer(pair, 0, 1, ACCEPT, at=120) is State.CONNECTED


def test_an_acceptance_that_is_too_old_does_not_count(pair):
    answer(pair, 0, 1, ACCEPT, at=49)
    assert answer(pair, 1, 0, ACCEPT, at=100, since=50) is State.ACCEPTED
    assert answer(pair, 0, 1, ACCEPT, at=100, since=50) is State.CONNECTED


@pytest.mark.parametrize("refusal", [DECLINE, BLOCK, REPORT])
def test_a_refusal_is_told_to_its_giver_and_ends_it_for_both(pair, refusal):
    answer(pair, 1, 0, ACCEPT)
    told = answer(pair, 0, 1, refusal)
    assert told is {DECLINE: State.DECLINED, BLOCK: State.BLOCKED, REPORT: State.REPORTED}[refusal]
    assert answer(pair, 0, 1, refusal) is told
    assert answer(pair, 0, 1, ACCEPT) is None
    assert answer(pair, 1, 0, ACCEPT) is None
    assert pair.visible(0, [1], "links").tolist() == [refusal is DECLINE]
    assert pair.blocks()["user"].tolist() == ([] if refusal is DECLINE else [0])


@pytest.mark.parametrize("refusal", [DECLINE, BLOCK, REPORT])
def test_a_refusal_ends_a_link(pair, refusal):
    answer(pair, 0, 1, ACCEPT)
    answer(pair, 1, 0, ACCEPT)
    assert answer(pair, 0, 1, refusal) is not None
    assert pair.links_of(1).tolist() == []


def test_a_weaker_refusal_does_not_undo_a_stronger_one(pair):
    answer(pair, 0, 1, BLOCK, at=100)
    assert answer(pair, 0, 1, DECLINE, at=110) is None
    assert answer(pair, 0, 1, REPORT, at=120) is State.REPORTED
    assert rows(pair) == [(0, 1, 7, 0, ANSWERS.index(REPORT), 120)]


def withdrawn(store):
    store.set_consents({"user": [1], "purpose": ["links"], "granted": [False], "at": [60]})


def a_minor(store):
    store.upsert("User", {"id": ["u1"], "adult": [False]})


def blocking(store):
    store.block(1, 0, 60)


def declining(store):
    answer(store, 1, 0, DECLINE)


@pytest.mark.parametrize("happen", [withdrawn, a_minor, blocking, declining])
def test_whatever_stands_in_between_nothing_is_told_and_refusals_are_kept(pair, happen):
    happen(pair)
    assert answer(pair, 0, 1, ACCEPT) is None
    for _ in range(2):
        assert answer(pair, 0, 1, REPORT) is None  # kept: nobody escapes a report by leaving first
    assert (0, 1, 7, 0, ANSWERS.index(REPORT), 100) in rows(pair)
    assert 0 in pair.blocks()["user"].tolist()


def test_what_is_known_is_of_both_sides(pair):
    answer(pair, 0, 1, ACCEPT, at=70)
    pair.block(2, 0, 80)
    one, two, nobody = pair.meetings(0, [1, 2, 99])
    assert (one.known, one.consents, one.adults, one.blocked, one.linked) == (True, True, True, False, False)
    assert (one.mine, one.theirs) == (Said(ACCEPT, 70), Said())
    assert pair.meetings(1, [0])[0].theirs == Said(ACCEPT, 70)
    assert (two.blocked, nobody.known, nobody.consents) == (True, False, False)


def test_nobody_is_suggested_to_themself(pair):
    with pytest.raises(InputError):
        answer(pair, 1, 1, ACCEPT)


def test_two_who_accept_at_the_same_moment_are_linked(pair):
    told = []
    for one, other in ((0, 1), (2, 3)):
        threads = [
            threading.Thread(target=lambda u=u, o=o: told.append(answer(pair, u, o, ACCEPT)))
            for u, o in ((one, other), (other, one))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == sorted([State.ACCEPTED, State.CONNECTED] * 2)
    assert pair.links()["user"].tolist() == [0, 2]


def test_old_suggestions_are_forgotten_but_for_refusals(pair):
    pair.show_suggestions(0, [1, 2], 5)
    pair.show_suggestions(0, [3], 8)
    answer(pair, 0, 2, Answer.DECLINE)
    pair.trim_suggestions(8)
    assert [row[:2] for row in rows(pair)] == [(0, 2), (0, 3)]
