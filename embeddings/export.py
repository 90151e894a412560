"""Trained parameters as the arrays of a version, without what too few people stand behind."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from embeddings.gnn import CircleGnn, GraphEdges
from embeddings.model import Float32, GnnVectors
from embeddings.warm import Start


@torch.no_grad()
def vectors_of(model: CircleGnn, graph: GraphEdges, min_supporters: int) -> GnnVectors:
    """Vectors of things and circles with all edges in sight.

    A circle with fewer members than `min_supporters` speaks through its theme alone, and has no score
    without one; a thing that fewer people touched has no vector.
    """
    edges = graph.hiding()
    _, circles = model(edges)
    known = edges.num_visible >= max(1, min_supporters)
    shown = torch.where(known[:, None], circles, model.theme(edges))
    members = torch.where(known, edges.num_visible, torch.zeros_like(edges.num_visible))
    things = {kind: model.vectors[kind] for kind in edges.touched} | {"circle": circles}
    return GnnVectors(
        things={kind: _supported(things[kind], graph.people[kind], min_supporters) for kind in things},
        gains={kind: float(model.gain(kind)) for kind in things},
        circles=_numpy(model.scale.exp() * normalize(shown, dim=1)),
        bias=_numpy(model.beta * torch.log1p(members)),
        eligible=(shown.abs().sum(dim=1) > 0).cpu().numpy(),
    )


def start_of(model: CircleGnn, graph: GraphEdges, min_supporters: int) -> Start:
    """The parameters themselves, for the next version to begin at; 0 where too few people touched a thing."""
    known = {kind: (people >= max(1, min_supporters))[:, None] for kind, people in graph.people.items()}
    return Start(
        vectors={kind: _numpy(vectors * known[kind]) for kind, vectors in model.vectors.items()},
        scalars={name: float(value) for name, value in model.state_dict().items() if not value.dim()},
    )


def _supported(vectors: Tensor, people: Tensor, min_supporters: int) -> Float32:
    """Vectors over the root of the number of people, zero where these are too few."""
    scale = people.clamp(min=1).rsqrt() * (people >= min_supporters)
    return _numpy(vectors * scale[:, None])


def _numpy(values: Tensor) -> Float32:
    return np.ascontiguousarray(values.detach().cpu().numpy(), dtype=np.float32)
