"""The ledger of repeated answers: one answer a question, never more than the budget."""

import threading
from contextlib import closing

import pytest

from graph.errors import InputError
from graph.stores.open import open_store
from graph.stores.releases import Release


def keep(store, key, payload="{}", *, owner="m0", period="2026-Q4", cost=0.5, budget=1.0):
    return store.keep_release(owner, period, key, cost, budget, payload)


def test_the_first_answer_to_a_question_stays(store):
    assert keep(store, "q", "first") == "first"
    assert keep(store, "q", "second") == "first"
    assert store.releases() == [Release("m0", "2026-Q4", "q", 0.5, "first")]


def test_a_spent_budget_gives_nothing_new_and_all_that_is_old(store):
    assert [keep(store, key, key) for key in ("a", "b", "c")] == ["a", "b", None]
    assert keep(store, "a", "x", budget=0.0) == "a"
    assert [release.key for release in store.releases("m0")] == ["a", "b"]


def test_a_new_period_and_another_owner_have_a_budget_of_their_own(store):
    assert keep(store, "a", cost=1.0) is not None
    assert keep(store, "b", cost=1.0) is None
    assert keep(store, "b", cost=1.0, period="2027-Q1") is not None
    assert keep(store, "a", "its own", owner="m1", cost=1.0) == "its own"
    assert [release.owner for release in store.releases()] == ["m0", "m0", "m1"]
    assert store.releases("m2") == []


def test_costs_that_only_differ_in_their_last_bits_fit(store):
    assert [keep(store, str(i), cost=0.1, budget=1.0) is None for i in range(11)] == [False] * 10 + [True]


def test_a_question_without_a_price_is_not_kept(store):
    assert keep(store, "q", cost=0.0) is None
    with pytest.raises(InputError):
        keep(store, "\ud800")


def test_the_ledger_is_counted_and_exported(store):
    keep(store, "q", 'a "quoted", text')
    assert store.stats()["releases"] == 1
    assert dict(store.export())["releases"] == {
        "owner": ["m0"],
        "period": ["2026-Q4"],
        "key": ["q"],
        "cost": [0.5],
        "payload": ['a "quoted", text'],
    }


def test_many_asking_at_once_get_one_answer_and_never_more_than_the_budget(store):
    answers: dict[tuple[int, int], str | None] = {}

    def ask(who):
        with closing(open_store(store.address)) as own:
            for question in range(6):
                answers[who, question] = keep(own, f"q{question}", f"answer of {who}", budget=2.0)

    threads = [threading.Thread(target=ask, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = [{answers[who, question] for who in range(4)} for question in range(6)]
    assert all(len(texts) == 1 for texts in said)
    assert [texts == {None} for texts in said].count(False) == 4
    assert sum(release.cost for release in store.releases()) == 2.0


def test_many_owners_releases_are_kept_at_once_each_from_its_own_budget(store):
    keep(store, "old", owner="m1", cost=0.75)
    many = [Release(owner, "2026-Q4", "new", 0.5, "{}") for owner in ("m0", "m1", "m2")]
    assert store.keep_releases(many, 1.0) == [True, False, True]
    assert store.release_costs("2026-Q4") == {"m0": 0.5, "m1": 0.75, "m2": 0.5}
    assert store.release_costs("2027-Q1") == {}


def test_many_releases_kept_again_cost_nothing_and_stay_as_they_were(store):
    assert store.keep_releases([Release("m0", "2026-Q4", "new", 1.0, "first")], 1.0) == [True]
    assert store.keep_releases([Release("m0", "2027-Q1", "new", 1.0, "second")], 1.0) == [True]
    assert store.releases() == [Release("m0", "2026-Q4", "new", 1.0, "first")]
    assert store.keep_releases([], 1.0) == []
