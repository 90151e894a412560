"""A whole fit on planted communities."""

import subprocess
import sys

import numpy as np
import pytest

from embeddings.batch import BatchScorer, mask_out
from embeddings.fit import fit
from embeddings.model import GNN
from embeddings.split import validation_of
from embeddings.touches import touches_of
from embeddings.tuning import panel_of


def ndcg_on_hidden(snapshot, gnn):
    """ndcg@20 on memberships that the fit has not seen, ours and that of popularity."""
    part = validation_of(snapshot, seed=99)
    fitted = fit(part.train, gnn=gnn, device="cpu", min_supporters=1)
    asked = touches_of(part.train, half_life_days=180).rows(part.users)
    panel = panel_of(part, asked)
    popular = np.tile(fitted.model.num_members.astype(np.float32), (len(part.users), 1))
    scores = BatchScorer(fitted.model).scores(asked)
    return panel.ndcg(scores[:, part.candidates]), panel.ndcg(popular[:, part.candidates])


@pytest.mark.parametrize("gnn", [False, True])
def test_beats_popularity_on_memberships_it_has_not_seen(planted, gnn):
    ours, popular = ndcg_on_hidden(planted, gnn)
    assert ours > popular + 0.1


def test_people_without_circles_are_led_to_their_community(planted, fitted):
    touches = touches_of(planted, half_life_days=180)
    cold = np.flatnonzero(np.diff(planted.members.indptr) == 0)
    scores = BatchScorer(fitted.model).scores(touches.rows(cold))
    first = scores.argmax(axis=1)
    wanted = [f"ring{int(planted.users[int(user)], 16) % 6}" for user in cold]
    found = [planted.circles[int(row)][:5] for row in first]
    assert np.mean([one == other for one, other in zip(found, wanted, strict=True)]) > 0.6


def test_the_same_seed_gives_the_same_model(planted, fitted):
    again = fit(planted, gnn=False, min_supporters=1).model
    assert again.weights == fitted.model.weights
    assert again.exponents == fitted.model.exponents
    for one, other in zip(again.channels, fitted.model.channels, strict=True):
        assert np.array_equal(one.matrix.columns["weight"], other.matrix.columns["weight"])


def test_validation_figures_are_kept_for_each_voice(fitted_gnn):
    assert {"members", "merchants", "popularity", GNN, "circles"} <= set(fitted_gnn.validation)
    assert fitted_gnn.validation["circles"] >= max(fitted_gnn.validation.values()) - 1e-9


def test_progress_is_told_stage_by_stage(planted):
    told = []
    fit(planted, gnn=False, min_supporters=1, progress=lambda *step: told.append(step))
    assert next(stage for stage, _, _ in told) == "exponents"
    assert told[-1] == ("computing", 1, 1)


def test_a_gnn_without_time_still_gives_a_model(planted):
    fitted = fit(planted, device="cpu", budget_s=0.0, min_supporters=1)
    assert fitted.model.num_circles == len(planted.circles)


def test_higher_min_supporters_leaves_fewer_weights(planted, fitted):
    strict = fit(planted, gnn=False, min_supporters=10).model

    def size(model):
        return sum(c.matrix.num_edges for c in model.channels if not c.name.startswith("theme"))

    assert size(strict) < size(fitted.model)
    assert strict.num_members[strict.num_members > 0].min() >= 10


@pytest.mark.parametrize(
    "graph",
    [
        {},
        {"circles": ["tea"]},
        {"members": {"ann": ["tea"]}},
        {"paid": {"ann": {"mill": 1}}, "themes": {"tea": [("merchant", "mill")]}},
        {"members": {"ann": ["tea"], "bob": ["tea"]}, "refusing": ["ann", "bob"]},
    ],
    ids=["nothing", "a circle", "one member", "a theme", "nobody agrees"],
)
def test_small_and_empty_graphs_fit(make_snapshot, graph):
    snapshot = make_snapshot(**graph)
    for gnn in (False, True):
        model = fit(snapshot, gnn=gnn, device="cpu", min_supporters=1).model
        scores = BatchScorer(model).scores(touches_of(snapshot, half_life_days=180))
        assert scores.shape == (len(snapshot.users), len(snapshot.circles))
        assert np.isfinite(scores).all()


def test_without_the_gnn_torch_is_not_imported():
    code = "import sys; import embeddings.fit, embeddings.publish; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_masking_hides_what_was_joined(planted, fitted):
    touches = touches_of(planted, half_life_days=180)
    scores = BatchScorer(fitted.model).scores(touches)
    mask_out(scores, touches.members)
    assert (scores == -np.inf).sum() == touches.members.nnz


def test_a_quick_fit_searches_for_nothing_and_knows_the_communities(planted):
    fitted = fit(planted, quick=True, min_supporters=1)
    assert fitted.model.gnn is None
    assert fitted.model.latent is None
    assert not fitted.validation
    assert fitted.model.weights["members"] == (1.0, 1.0, 1.0)
    assert {channel.name for channel in fitted.model.channels} >= {"members", "merchants", "theme_alike"}
