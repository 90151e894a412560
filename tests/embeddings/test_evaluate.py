"""Evaluation: the protocol by hand, the form of its answer, and the figures on real data."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from embeddings.circles import CirclesMethod
from embeddings.evaluate import evaluate
from embeddings.evaluation.methods import method_of
from embeddings.evaluation.ranking import answers_of, metrics_of, ranked_lists
from graph.cut import build
from graph.errors import InputError, StoreError
from loaders.interchange import read_answers, read_tables

KEYS = {"recall@10", "ndcg@10", "recall@20", "ndcg@20", "hit@20", "coverage@20", "novelty@20"} | {
    "popularity_lift@20"
}
COSTS = {"fit_cpu_seconds", "fit_seconds", "tune_cpu_seconds", "peak_memory_mib"}


@pytest.fixture(scope="module")
def three(make_snapshot):
    """Popularity ranks b (3), a (2), c (1), d (0)."""
    return make_snapshot(
        members={"ann": ["b"], "bob": ["a", "b"], "cy": ["a", "b", "c"]}, circles=["a", "b", "c", "d"]
    )


def popular(snapshot, answers):
    value = evaluate(snapshot, answers, methods=["popularity"], apart=False)
    return value["methods"][0]["metrics"]


def test_memberships_of_train_are_not_ranked(three):
    assert popular(three, {"ann": {"a"}})["ndcg@20"] == 1.0


def test_circles_that_train_does_not_know_count_in_the_denominator(three):
    metrics = popular(three, {"ann": {"a", "unheard of"}})
    assert metrics["recall@20"] == 0.5
    assert metrics["ndcg@20"] == pytest.approx(1 / (1 + 1 / np.log2(3)), abs=1e-5)


def test_users_that_train_does_not_know_found_nothing(three):
    assert popular(three, {"ann": {"a"}, "zoe": {"a"}})["recall@20"] == 0.5


def test_a_circle_without_members_can_be_an_answer(three):
    assert popular(three, {"cy": {"d"}})["recall@20"] == 1.0


def test_what_only_the_test_knows_is_counted(three):
    asked = evaluate(three, {"ann": {"a", "new"}, "zoe": {"a"}}, methods=["popularity"], apart=False)["asked"]
    assert asked == {"users": 2, "users_not_in_train": 1, "answers": 3, "circles_not_in_train": 1}


def test_nothing_to_learn_from_is_refused(make_snapshot):
    with pytest.raises(InputError, match="no circles or no people"):
        evaluate(make_snapshot(), {"ann": {"a"}})
    with pytest.raises(InputError, match="is empty"):
        evaluate(make_snapshot(members={"ann": []}, circles=["a"]), {"ann": {"a"}})


def test_lists_without_our_method_are_refused(three, tmp_path):
    with pytest.raises(InputError, match="'circles' is not among the methods"):
        evaluate(three, {"ann": {"a"}}, methods=["popularity"], lists=tmp_path / "lists.parquet")


def test_no_space_for_the_snapshots_is_said(three, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("embeddings.evaluate.snapshots.save", full)
    with pytest.raises(StoreError, match=r"No space left.*TMPDIR"):
        evaluate(three, {"ann": {"a"}}, methods=["popularity"])


def test_nobody_to_ask_or_an_unknown_method_is_refused(three):
    with pytest.raises(InputError, match="no answers"):
        evaluate(three, {"ann": set()})
    with pytest.raises(InputError, match="'magic' is not known"):
        evaluate(three, {"ann": {"a"}}, methods=["magic"])
    with pytest.raises(InputError, match="no method is named"):
        evaluate(three, {"ann": {"a"}}, methods=[])


def test_every_method_reports_figures_intervals_and_costs(planted):
    answers = {planted.users[i]: {planted.circles[3]} for i in range(0, 300, 30)}
    names = ["circles", "popularity", "item-knn-joint", "turbo-cf-themes"]
    value = evaluate(planted, answers, methods=names, seed=3, budget_s=1.0, device="cpu", apart=False)
    measured = {method["name"]: method for method in value["methods"]}
    assert value["seed"] == 3
    assert set(names) <= set(measured)
    for name in names:
        method = measured[name]
        assert KEYS | {"cold_ndcg@20", "few_shot_recall@20"} <= set(method["metrics"])
        assert set(method) >= COSTS | {"settings", "hit_budget"}
        low, high = method["intervals"]["cold_ndcg@20"]
        assert low - 1e-5 <= method["metrics"]["cold_ndcg@20"] <= high + 1e-5


def test_ours_is_compared_with_each_on_the_same_people(planted):
    answers = {planted.users[i]: {planted.circles[i % 20]} for i in range(0, 300, 5)}
    value = evaluate(
        planted, answers, methods=["popularity", "circles"], budget_s=1.0, device="cpu", apart=False
    )
    popular, ours = value["methods"][0], value["methods"][1]
    against = popular["against_ours"]["ndcg@20"]
    ndcg = [method["metrics"]["ndcg@20"] for method in (ours, popular)]
    assert against["difference"] == pytest.approx(ndcg[0] - ndcg[1], abs=2e-5)
    assert against["ratio"] == pytest.approx(ndcg[0] / ndcg[1], rel=1e-3)
    assert against["interval"][0] <= against["difference"] <= against["interval"][1]
    assert "against_ours" not in ours


def test_lists_can_be_scored_by_anybody(planted, tmp_path):
    """Our own figures follow from the file alone."""
    answers = {planted.users[i]: {planted.circles[i % 20]} for i in range(300)}
    path = tmp_path / "lists.parquet"
    value = evaluate(
        planted, answers, methods=["circles"], budget_s=0.0, device="cpu", lists=path, apart=False
    )
    table = pq.read_table(path)
    assert table.column_names == ["user_id", "rank", "circle_id", "score"]
    columns = (table[name].to_pylist() for name in ("user_id", "rank", "circle_id"))
    found = [
        rank for user, rank, circle in zip(*columns, strict=True) if circle in answers[user] and rank <= 20
    ]
    ours = value["methods"][0]["metrics"]["ndcg@20"]
    assert sum(1 / np.log2(1 + rank) for rank in found) / 300 == pytest.approx(ours, abs=1e-4)


def test_lists_leave_out_train_and_are_best_first(planted, tmp_path):
    users = answers_of(planted, {planted.users[i]: {"ring0-0"} for i in range(40)})
    method = method_of("item-knn", tune=False)
    method.fit(planted)
    lists = ranked_lists(method, planted, users.users, 5)
    ranked, scores = lists.circles, lists.scores
    members = [set(planted.members.row(int(user)).tolist()) for user in users.users]
    assert all(not joined & set(row.tolist()) for joined, row in zip(members, ranked, strict=True))
    assert (np.diff(scores, axis=1) <= 0).all()
    assert metrics_of(lists, users, planted).keys() == KEYS


@pytest.mark.parametrize(
    ("folder", "popular", "knn"), [("mafengwo", 0.0082, 0.1379), ("meetup", 0.1337, 0.3085)]
)
def test_floors_on_real_data_are_reproduced(shared_data, policy, folder, popular, knn):
    snapshot, answers = real(shared_data / folder, policy)
    value = evaluate(
        snapshot, answers, methods=["popularity", "item-knn"], tune=False, scenarios=(), apart=False
    )
    figures = [method["metrics"]["ndcg@20"] for method in value["methods"]]
    assert figures == pytest.approx([popular, knn], abs=0.002)  # equal scores may be ordered otherwise


def test_on_real_data_filters_and_themes_alone_beat_the_floors(shared_data, policy):
    snapshot, answers = real(shared_data / "mafengwo", policy)
    method, asked = CirclesMethod(gnn=False), answers_of(snapshot, answers)
    method.fit(snapshot)
    ranked = ranked_lists(method, snapshot, asked.users, 20)
    assert metrics_of(ranked, asked, snapshot)["ndcg@20"] > 0.215


def real(folder, policy):
    """A real data set in the interchange form and its answers."""
    source = str(folder)
    snapshot = build(
        read_tables(source, mapping=None, policy=policy, cut=None), as_of=2_000_000_000, policy=policy
    )
    answers = read_answers(source, mapping=None, policy=policy, cut=None)
    return snapshot, answers
