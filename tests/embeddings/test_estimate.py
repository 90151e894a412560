"""What a training takes is foretold from a part of it."""

import pytest

from embeddings.estimate import estimate
from embeddings.gnn_runs import GnnRuns
from embeddings.tuning import tuning_of
from graph.stopwatch import Cost

GIVEN = {"min_supporters": 1, "device": "cpu"}


def test_each_stage_costs_something_and_they_add_up(planted):
    found = estimate(planted, **GIVEN)
    assert list(found.stages)[2:] == [
        "exponents",
        "factors",
        "gnn",
        "weights",
        "computing",
        "lists",
        "reasons",
    ]
    assert all(cost.cpu_s > 0 for cost in found.stages.values())
    assert found.total.cpu_s == pytest.approx(sum(cost.cpu_s for cost in found.stages.values()))


def test_what_is_told_to_machines_has_device_memory_and_counts(planted):
    told = estimate(planted, **GIVEN).as_dict()
    assert told["device"] == "cpu"
    assert told["peak_memory_mib"] > 50
    assert told["disk_mib"] > 0
    assert told["counts"] == planted.counts()


def test_without_the_gnn_less_is_foretold(planted):
    stages = estimate(planted, gnn=False, **GIVEN).stages
    assert "gnn" not in stages
    assert "importing" not in stages


def test_a_budget_caps_what_the_gnn_takes(planted):
    assert estimate(planted, budget_s=0.01, **GIVEN).stages["gnn"].wall_s == pytest.approx(0.01)


def test_data_without_memberships_still_have_an_estimate(make_snapshot):
    snapshot = make_snapshot(paid={"a": {"shop": 1}, "b": {"shop": 2}}, circles=["ring"])
    assert estimate(snapshot, **GIVEN).total.cpu_s > 0


def test_costs_add_up_and_multiply():
    assert (Cost(1.0, 2.0) + Cost(1.0, 1.0)) * 2 == Cost(4.0, 6.0)


def test_each_step_of_a_probe_is_told_once(planted):
    steps = []
    runs = GnnRuns(planted, 0, "cpu", None, None, False, lambda _, done, total: steps.append((done, total)))
    tuning = tuning_of(planted, seed=0, min_supporters=1, half_life_days=180)
    assert runs.probe(tuning.parts[0], 3) is not None
    assert steps == [(1, 3), (2, 3), (3, 3)]
