"""The GNN: what it sees, and what it must not see."""

import numpy as np
import pytest
import torch

from embeddings.channels import ground_of
from embeddings.export import vectors_of
from embeddings.gnn import CircleGnn, GraphEdges
from embeddings.hetero import hetero_of
from embeddings.spectral import spectral_start
from embeddings.touches import touches_of

CPU = torch.device("cpu")


def graph_of(snapshot):
    touches = touches_of(snapshot, half_life_days=180)
    return GraphEdges(hetero_of(ground_of(snapshot, touches, min_supporters=1)), CPU), touches


def model_of(snapshot, dim=8):
    graph, touches = graph_of(snapshot)
    start = spectral_start({k: touches.of[k] for k in ("merchant", "product", "circle")}, dim, seed=0)
    model = CircleGnn({kind: torch.from_numpy(v) for kind, v in start.items()}, tuple(graph.hiding().about))
    return model, graph


MEMBERS = {"ann": ["book", "tea"], "bob": ["tea"], "cy": ["book", "chess"]}
REST = {
    "paid": {"ann": {"mill": 2}, "bob": {"mill": 1, "pier": 1}, "dee": {"pier": 1}},
    "themes": {"walk": [("merchant", "mill")], "tea": [("merchant", "pier")]},
    "circles": ["book", "tea", "chess", "walk"],
}


def test_a_hidden_membership_is_as_if_it_were_not_there(make_snapshot):
    whole = make_snapshot(members=MEMBERS, **REST)
    fewer = make_snapshot(members=MEMBERS | {"ann": ["book"]}, **REST)
    model, graph = model_of(whole)
    users, circles = graph.memberships
    hidden = (users == whole.users.find("ann")) & (circles == whole.circles.find("tea"))
    without, _ = graph_of(fewer)
    with torch.no_grad():
        for one, other in zip(model(graph.hiding(hidden)), model(without.hiding()), strict=True):
            torch.testing.assert_close(one, other)


def test_the_loss_does_not_see_what_it_asks_for(make_snapshot):
    """Both ends of a hidden membership are the same whether or not it is among the hidden ones' weights."""
    model, graph = model_of(make_snapshot(members=MEMBERS, **REST))
    hidden = torch.ones(graph.memberships.shape[1], dtype=torch.bool)
    users, circles = model(graph.hiding(hidden))
    gradient = torch.autograd.grad(users.sum() + circles.sum(), model.vectors["circle"], allow_unused=True)[0]
    assert gradient is None or not gradient.any()


def test_a_circle_without_members_is_its_theme(make_snapshot):
    snapshot = make_snapshot(members=MEMBERS, **REST)
    model, graph = model_of(snapshot)
    with torch.no_grad():
        _, circles = model(graph.hiding())
        mill = model.vectors["merchant"][snapshot.merchants.find("mill")]
    torch.testing.assert_close(circles[snapshot.circles.find("walk")], mill)  # one target of one circle


def test_payments_of_people_without_circles_change_degrees_only(make_snapshot):
    snapshot = make_snapshot(members=MEMBERS, **REST)
    graph, _ = graph_of(snapshot)
    pier = snapshot.merchants.find("pier")
    assert graph.people["merchant"][pier] == 2  # Bob and Dee
    left = graph.hiding().touched["merchant"].left
    assert torch.diff(left.indptr)[snapshot.users.find("dee")] == 0


def test_exported_vectors_give_the_scores_of_the_model(planted):
    model, graph = model_of(planted)
    exported = vectors_of(model, graph, 1)
    with torch.no_grad():
        users, circles = model(graph.hiding())
        cosine = torch.nn.functional.normalize(users, dim=1) @ torch.nn.functional.normalize(circles, dim=1).T
        wanted = model.scale.exp() * cosine + model.beta * torch.log1p(graph.hiding().num_visible)
    touches = touches_of(planted, half_life_days=180)
    teaching = np.unique(graph.memberships[0].numpy())
    from embeddings.batch import user_vectors

    vectors = user_vectors(exported, touches)[teaching]
    raw = vectors / np.linalg.norm(vectors, axis=1, keepdims=True) @ exported.circles.T + exported.bias
    assert raw == pytest.approx(wanted.numpy()[teaching], abs=1e-3)


def test_too_few_people_leave_no_vector(make_snapshot):
    snapshot = make_snapshot(members={f"u{i}": ["big"] for i in range(5)} | {"v": ["pair"], "w": ["pair"]})
    model, graph = model_of(snapshot, dim=2)
    exported = vectors_of(model, graph, 5)
    assert exported.eligible.tolist() == [True, False]
    assert not exported.circles[1].any()
    assert not exported.things["circle"][1].any()
    assert exported.bias[1] == 0


def test_spectral_start_puts_a_community_together(planted):
    touches = touches_of(planted, half_life_days=180)
    vectors = spectral_start(
        {"merchant": touches.of["merchant"], "product": touches.of["product"]}, 12, seed=0
    )
    shops = vectors["merchant"] / np.linalg.norm(vectors["merchant"], axis=1, keepdims=True)
    town = np.array([int(shop[4]) for shop in planted.merchants])
    alike = shops @ shops.T
    same = town[:, None] == town[None, :]
    assert alike[same & ~np.eye(len(town), dtype=bool)].mean() > alike[~same].mean() + 0.3
