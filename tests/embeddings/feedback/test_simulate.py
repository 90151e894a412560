"""The loop on a town small enough to look at: 30 people, 60 circles of which 22 are empty, lists of two.

People join most of what they look at, so that the loop closes within five rounds.
"""

from dataclasses import replace

import numpy as np
import pytest

from embeddings.feedback.simulate import Setting, kept, settings, simulate

NUM = 60


@pytest.fixture(scope="module")
def town(make_snapshot):
    """Low numbers are popular; later, people join three circles of any kind."""
    rng = np.random.default_rng(5)
    members = {
        f"u{i:02d}": sorted({f"c{int(40 * rng.random() ** 2):02d}" for _ in range(4)}) for i in range(30)
    }
    snapshot = make_snapshot(members=members, circles=[f"c{i:02d}" for i in range(NUM)])
    later = {
        i: set(rng.choice(NUM, 3, replace=False).tolist()) - set(snapshot.members.row(i)) for i in range(30)
    }
    return snapshot, later


@pytest.fixture(scope="module")
def play(town, policy):
    rules = replace(policy.feedback, exploration_share=0.2, steady_slots=1, free_showings=1)

    def played(**changes):
        setting = Setting(rules, rounds=5, length=2, impulse=0.6)
        return simulate(*town, replace(setting, **changes), lambda _: None)

    return played


def mean(values):
    return sum(values) / len(values)


def test_without_a_floor_lists_close_in_and_with_it_they_do_not(play):
    closed, open_ = ([play(explores=e, seed=seed) for seed in range(3)] for e in (False, True))
    assert mean([kept(rounds) for rounds in closed]) < 0.8
    assert mean([kept(rounds) for rounds in open_]) >= 0.9
    assert mean([r[-1].gini for r in open_]) < mean([r[-1].gini for r in closed])
    assert mean([r[-1].tail_rank for r in open_]) < mean([r[-1].tail_rank for r in closed])


def test_the_same_seed_plays_the_same_rounds(play):
    assert play() == play()
    assert play() != play(seed=1)


def test_figures_are_what_they_say(town, play):
    rounds, wanted = play(), sum(len(circles) for circles in town[1].values())
    assert [r.number for r in rounds] == [1, 2, 3, 4, 5]
    assert sum(r.wanted for r in rounds) <= wanted
    assert all(0 < r.coverage <= 1 and 0 <= r.gini < 1 and 1 <= r.tail_rank <= NUM for r in rounds)
    assert all(r.wanted <= r.joined <= 2 * 30 for r in rounds)


def test_a_circle_is_joined_once_and_then_never_shown(town, play):
    rounds = play(rounds=3, length=NUM, impulse=1.0)
    free = 30 * NUM - town[0].members.num_edges
    assert rounds[0].coverage == 1.0
    assert sum(r.joined for r in rounds) <= free
    assert rounds[0].joined > rounds[1].joined > rounds[2].joined


def test_each_round_is_told_and_each_way_of_playing_has_a_name(town, policy):
    told = []
    assert simulate(*town, Setting(policy.feedback, rounds=2), told.append) == told
    assert [(name, s.explores, s.sinks, s.rounds) for name, s in settings(policy.feedback, rounds=3)] == [
        ("neither", False, False, 3),
        ("discount", False, True, 3),
        ("floor", True, False, 3),
        ("both", True, True, 3),
    ]
