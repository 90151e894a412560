"""The snapshot as a PyTorch Geometric heterogeneous graph: what the GNN is given, and nothing else.

Nodes: user, merchant, product, circle (numbers only, no features). Edges with `edge_weight`:
(user, paid, merchant), (user, bought, product), (user, member_of, circle) that count, and what circles are
about: (circle, about, merchant), (circle, about, product).
"""

import warnings

import numpy as np
import torch

from embeddings.channels import Ground
from embeddings.touches import Matrix

with warnings.catch_warnings():  # PyTorch Geometric still scripts two functions that torch deprecates
    warnings.simplefilter("ignore")
    from torch_geometric.data import HeteroData

TOUCHED = {"merchant": "paid", "product": "bought", "circle": "member_of"}
ABOUT = ("merchant", "product")


def hetero_of(ground: Ground) -> HeteroData:
    """Everything of a snapshot that the GNN reads; consent and the wall have been applied before."""
    data = HeteroData()
    data["user"].num_nodes = ground.touches.members.shape[0]
    for kind, relation in TOUCHED.items():
        data[kind].num_nodes = ground.touches.of[kind].shape[1]
        touched = ground.touches.teaching if kind == "circle" else ground.touches.of[kind]
        _add(data, ("user", relation, kind), touched)
    for kind in ABOUT:
        _add(data, ("circle", "about", kind), ground.themes[kind])
    return data


def _add(data: HeteroData, edge_type: tuple[str, str, str], matrix: Matrix) -> None:
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    edges = np.stack([rows, matrix.indices]).astype(np.int64)
    data[edge_type].edge_index = torch.from_numpy(edges)
    data[edge_type].edge_weight = torch.from_numpy(matrix.data.astype(np.float32))


__all__ = ["ABOUT", "TOUCHED", "HeteroData", "hetero_of"]
