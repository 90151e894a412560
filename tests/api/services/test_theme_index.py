"""When the index of names is made anew: at once for what is new, beside the answers for what changed."""

import time

import pytest

from api.services.theme_index import INDEX_S, STALE_S, Themes
from graph.home import Home
from graph.stores.open import open_store


@pytest.fixture
def store(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path / 'graph.db'}")
    opened.upsert("Merchant", {"id": ["m"], "name": ["Tea House"]})
    yield opened
    opened.close()


@pytest.fixture
def named(tmp_path, store, policy):
    """What the only shop is called in the index at a moment."""
    themes = Themes(Home(tmp_path))
    return lambda now: themes.index(store, "s", policy, now).get("merchant", "m").name


def within_seconds(holds):
    until = time.monotonic() + 10
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


def test_a_new_shop_is_known_at_once(store, named):
    named(0)
    store.upsert("Merchant", {"id": ["n"], "name": ["Bakery"]})
    store.upsert("Merchant", {"id": ["m"], "name": ["Coffee House"]})
    assert named(1) == "Coffee House"


def test_an_old_index_answers_while_a_new_one_is_made(store, named):
    assert named(0) == "Tea House"
    store.upsert("Merchant", {"id": ["m"], "name": ["Coffee House"]})
    assert named(INDEX_S - 1) == "Tea House"
    assert within_seconds(lambda: named(INDEX_S) == "Coffee House")


def test_an_index_is_never_older_than_twice_its_time(store, named):
    named(0)
    store.upsert("Merchant", {"id": ["m"], "name": ["Coffee House"]})
    assert named(STALE_S) == "Coffee House"


def test_a_store_that_is_away_leaves_the_old_index(store, named, monkeypatch):
    from graph.errors import StoreUnavailable

    named(0)
    tried = []

    def away(label):
        tried.append(label)
        raise StoreUnavailable("the store does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(store, "nodes", away)
        assert named(INDEX_S) == "Tea House"
        assert within_seconds(lambda: tried)
    store.upsert("Merchant", {"id": ["m"], "name": ["Coffee House"]})
    assert within_seconds(lambda: named(INDEX_S) == "Coffee House")
