"""A method in a process of its own: the same figures, honest costs, and a table that survives a death."""

import os

import numpy as np
import pytest

from embeddings.evaluate import evaluate
from embeddings.evaluation import measured
from embeddings.evaluation.answers_file import write_whole
from embeddings.evaluation.measured import Job, measure_apart
from graph.errors import StoreError


@pytest.fixture(scope="module")
def answers(planted):
    return {planted.users[i]: [planted.circles[i % 20]] for i in range(0, 300, 3)}


def test_figures_are_the_same_in_a_process_of_its_own(planted, answers):
    here, apart = (
        evaluate(planted, answers, methods=["popularity", "item-knn"], tune=False, apart=apart)
        for apart in (False, True)
    )
    for one, two in zip(here["methods"], apart["methods"], strict=True):
        assert (one["metrics"], one["intervals"]) == (two["metrics"], two["intervals"])
        assert 10 < two["peak_memory_mib"] < 2_000


def test_a_peer_that_dies_leaves_a_problem_and_not_a_hole(planted, answers, tmp_path):
    found = measure_apart(Job("item-knn", [("warm", tmp_path / "nothing", answers)], seed=0))
    assert found[0].name == "item-knn"
    assert "no snapshot" in found[0].problem


def test_a_process_that_is_killed_is_told_by_its_code(monkeypatch, tmp_path):
    monkeypatch.setattr(measured, "_work", _killed)
    found = measure_apart(Job("ease", [("warm", tmp_path, {})], seed=0))
    assert "code 9" in found[0].problem.replace("-", "")


def _killed(job, connection):
    os.kill(os.getpid(), 9)


def test_a_file_that_cannot_be_written_is_not_left_half(tmp_path):
    def full(path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        write_whole(tmp_path / "figures.json", full)
    assert list(tmp_path.iterdir()) == []


def test_arrays_of_gains_follow_the_order_of_ids(planted):
    answers = {planted.users[9]: ["ring0-4"], planted.users[3]: ["ring3-0"], "nobody": ["ring0-0"]}
    job = Job("popularity", [], seed=0)
    found = measured.measure(job, [measured.Scenario("warm", planted, answers)])[0]
    assert found.gains["warm"].shape == (3,)
    assert found.gains["warm"][sorted(answers).index("nobody")] == 0
    assert np.isfinite(found.gains["warm"]).all()
