import numpy as np
import pytest

from embeddings.invitations.question import by_answers, by_hold_out, by_time, without_visits


def test_the_share_of_everybodys_visits_is_held_out(make_snapshot):
    whole = make_snapshot(paid={"a": {"gym": 6, "tea": 4}, "b": {"gym": 5}})
    kept = without_visits(whole, 0.4, seed=0)
    left = np.bincount(kept.paid.rows(), kept.paid.columns["payments"], 2)
    assert left.tolist() == [6, 3]
    assert (kept.paid.columns["days"] <= kept.paid.columns["payments"]).all()


def test_which_visits_are_held_out_is_random_and_seeded(make_snapshot):
    whole = make_snapshot(paid={"a": {f"m{i}": 1 for i in range(40)}})
    draws = [without_visits(whole, 0.5, seed).paid.indices.tolist() for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


def test_the_time_of_a_held_out_visit_is_not_told(make_snapshot):
    whole = make_snapshot(paid={"a": {"gym": 6, "tea": 4}}, last_at={"gym": 5, "tea": 9})
    assert set(without_visits(whole, 0.4, seed=0).paid.columns["last_at"].tolist()) == {9}


def test_a_visit_cannot_be_known_by_its_shop_when_its_product_is_held_out(make_snapshot):
    whole = make_snapshot(paid={"a": {"gym": 5}}, bought={"a": {"towel": 5}})
    kept = without_visits(whole, 0.4, seed=0)
    assert (kept.paid.num_edges, kept.bought.columns["payments"].tolist()) == (0, [3])


@pytest.mark.parametrize("seed", [0, 1])
def test_those_invited_are_never_those_judged(make_snapshot, seed):
    whole = make_snapshot(paid={f"u{i}": {"gym": 3} for i in range(300)})
    asked = by_hold_out(whole, 0.4, seed)
    assert not (asked.judged & asked.invited).any()
    assert (asked.judged | asked.invited).all()
    assert asked.invited.mean() == pytest.approx(1 / 3, abs=0.08)


def test_by_time_judges_by_the_window_before(make_snapshot):
    before, now, later = (make_snapshot(paid={"a": {"gym": n}}) for n in (1, 2, 3))
    asked = by_time(before, now, later)
    assert (asked.since is now, asked.now is now, asked.reserve > 0) == (True, True, True)


def test_by_answers_calibrates_inside_train(make_snapshot):
    train, whole = (make_snapshot(paid={"a": {"gym": n}}) for n in (10, 14))
    asked = by_answers(train, whole, 0.4, seed=0)
    assert asked.before.paid.columns["payments"].tolist() == [6]
    assert (asked.since is train, asked.later is whole) == (True, True)
