"""The choice of settings: a search that can be followed by hand, within its budget, on train alone."""

import time

import numpy as np
import pytest

from embeddings.peers.base import Examiner, search
from embeddings.peers.catalogue import kind_of
from embeddings.peers.tuned import TunedPeer, grid_of
from embeddings.split import validation_of


def test_each_setting_is_tried_in_turn_from_the_best_so_far():
    tried = []

    def measure(settings):
        tried.append(tuple(settings.values()))
        return settings["a"] + 10 * settings["b"]

    best, cut_short = search({"a": (1, 2), "b": (5, 6, 4)}, measure, None)
    assert (best, cut_short) == ({"a": 2, "b": 6}, False)
    assert tried == [(1, 5), (2, 5), (2, 6), (2, 4), (1, 6)]  # nothing is measured twice


def test_a_search_out_of_time_keeps_the_best_so_far_and_says_so():
    best, cut_short = search({"a": (1, 2)}, lambda settings: settings["a"], time.monotonic() - 1)
    assert (best, cut_short) == ({"a": 1}, True)


def test_the_examiner_asks_for_what_was_hidden(planted):
    """Who knows the answers gets 1, who scores everything alike is far from it."""
    validation = validation_of(planted, seed=0)

    class Knows:
        def scores(self, users):
            out = np.zeros((len(users), len(planted.circles)), dtype=np.float32)
            place = {int(user): row for row, user in enumerate(users)}
            for row, circle in zip(validation.rows, validation.circles, strict=True):
                user = int(validation.users[row])
                if user in place:
                    out[place[user], circle] = 1 + circle  # equal scores would share a place
            return out

    class Blind:
        def scores(self, users):
            return np.zeros((len(users), len(planted.circles)), dtype=np.float32)

    assert Examiner(validation).measure(Knows()) == pytest.approx(1.0)
    assert Examiner(validation).measure(Blind()) < 0.5


@pytest.mark.parametrize("name", ["item-knn", "turbo-cf", "lightgcn"])
def test_settings_are_chosen_once_and_kept(planted, name):
    peer = TunedPeer(kind_of(name), "joint", budget_s=3)
    peer.fit(planted)
    chosen = dict(peer.settings)
    assert set(chosen) >= set(grid_of(kind_of(name), "joint"))
    assert peer.tune_cpu_seconds > 0
    peer.fit(planted)
    assert peer.settings == chosen
    assert ("epochs" in chosen) is (name == "lightgcn")


def test_a_peer_out_of_time_is_marked_and_still_answers(planted):
    peer = TunedPeer(kind_of("lightgcn"), "memberships", budget_s=0.01)
    peer.fit(planted)
    assert peer.hit_budget
    assert np.isfinite(peer.scores(np.arange(5))).all()


def test_only_what_counts_is_searched():
    assert "behaviour" in grid_of(kind_of("als"), "joint")
    assert "behaviour" not in grid_of(kind_of("bpr"), "joint")
    assert "theme_rows" in grid_of(kind_of("bpr"), "themes")
    assert grid_of(kind_of("als"), "memberships") == kind_of("als").grid
