"""An inductive GNN: parameters of merchants, products and circles; people are sums of what they touched.

    u   = sum over kinds k of  g_k * sum_i  x_ui / sqrt(s_uk d_i) * v_i     s_uk sum of x, d_i people at i
    v_m = q_m,  v_p = q_p                                                  parameters
    v_c = h * sum over members u  u1 / sqrt(n_u d_c)  +  q_c  +  sum_k t_k * theme_k(c)
    score(u, c) = cos(u, v_c) / temperature + beta * log(1 + d_c)

u1 is u with q_c in place of v_c, so a circle hears what its members do, and a person what the members of
their circles do: two hops, at the price of one product with the payments. A circle without members in sight
has neither q_c nor members, only its theme; training hides memberships, so such circles are trained for too.
Weights of edges are data; the few scalars g, h, t, beta and the temperature are trained with the vectors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from embeddings.hetero import ABOUT, TOUCHED, HeteroData
from embeddings.spmm import Bipartite, Weighted

KINDS = tuple(TOUCHED)
PAID = ("merchant", "product")


@dataclass(frozen=True)
class Edges:
    """Normalised edges as one step sees them.

    touched: kind -> users x things. about: kind -> circles x things. num_visible: float32 (num_circles,),
    members in sight.
    """

    touched: Mapping[str, Weighted]
    about: Mapping[str, Weighted]
    num_visible: Tensor


class GraphEdges:
    """The edges of a graph on a device; memberships can be hidden, everything else stays.

    People without any membership teach nothing about circles, so after their part in the degrees has been
    counted their payments are left out: the gradients are the same and the products smaller.

    memberships: int64 (2, num_memberships), user and circle of each.
    people: kind -> int64 (num_things,), how many people touched each thing.
    """

    def __init__(self, data: HeteroData, device: torch.device) -> None:
        part = data["user", TOUCHED["circle"], "circle"]
        self.memberships, self._weight = part.edge_index.to(device), part.edge_weight.to(device)
        self.num_users, self.num_circles = int(data["user"].num_nodes), int(data["circle"].num_nodes)
        self._joined = Bipartite.of(self.memberships, self.num_users, self.num_circles)
        self.people = {"circle": torch.bincount(self.memberships[1], minlength=self.num_circles)}
        teaching = torch.bincount(self.memberships[0], minlength=self.num_users) > 0
        self._paid = {}
        for kind in PAID:
            part = data["user", TOUCHED[kind], kind].to(device)
            self.people[kind] = torch.bincount(part.edge_index[1], minlength=int(data[kind].num_nodes))
            if part.num_edges:
                self._paid[kind] = _normalised(part, self.num_users, int(data[kind].num_nodes), teaching)
        self._about = {}
        for kind in ABOUT:
            part = data["circle", "about", kind].to(device)
            if part.num_edges:
                self._about[kind] = _normalised(part, self.num_circles, int(data[kind].num_nodes))

    def hiding(self, hidden: Tensor | None = None) -> Edges:
        """All edges but the hidden memberships, bool (num_memberships,)."""
        weight = self._weight if hidden is None else self._weight * ~hidden
        visible = self._joined.sums_at_right((weight > 0).float())
        joined = self._joined.weighted(_symmetric(self._joined, self.memberships, weight))
        return Edges(self._paid | {"circle": joined}, self._about, visible)


class CircleGnn(nn.Module):
    """See the module; holds parameters only."""

    def __init__(self, start: Mapping[str, Tensor], about: tuple[str, ...]) -> None:
        """start: kind -> float32 (num_things, dim), where the vectors begin."""
        super().__init__()
        self.vectors = nn.ParameterDict({kind: nn.Parameter(start[kind].clone()) for kind in KINDS})
        self.gains = nn.ParameterDict({kind: nn.Parameter(torch.zeros(())) for kind in KINDS})
        self.heard = nn.Parameter(torch.zeros(()))
        self.themes = nn.ParameterDict({kind: nn.Parameter(torch.zeros(())) for kind in about})
        self.beta = nn.Parameter(torch.tensor(0.1))
        self.scale = nn.Parameter(torch.tensor(10.0).log())

    def gain(self, kind: str) -> Tensor:
        """Weight of a kind of edge, positive; 1 at the start."""
        out: Tensor = self.gains[kind].exp()
        return out

    def forward(self, edges: Edges) -> tuple[Tensor, Tensor]:
        """Vectors of all users, float32 (num_users, dim), and of all circles, (num_circles, dim)."""
        joined = edges.touched["circle"]
        first = sum(
            (self.gain(kind) * part.to_left(self.vectors[kind]) for kind, part in edges.touched.items()),
            start=torch.zeros(()),
        )
        heard = self.heard.exp() * joined.to_right(first)
        in_sight = (edges.num_visible > 0).float()[:, None]
        circles = in_sight * (self.vectors["circle"] + heard) + self.theme(edges)
        moved = self.gain("circle") * joined.to_left(circles - self.vectors["circle"])
        return first + moved, circles

    def theme(self, edges: Edges) -> Tensor:
        """What a circle is about, as a vector: float32 (num_circles, dim)."""
        parts = (
            self.themes[kind].exp() * part.to_left(self.vectors[kind]) for kind, part in edges.about.items()
        )
        return sum(parts, start=torch.zeros_like(self.vectors["circle"]))

    def scaled(self, users: Tensor) -> Tensor:
        """Vectors of users with the length 1 / temperature, as they meet circles of length 1."""
        return self.scale.exp() * normalize(users, dim=1)


def _normalised(part: Any, num_left: int, num_right: int, kept: Tensor | None = None) -> Weighted:
    """Edges with symmetric weights; of the left nodes that are kept only, by the degrees of all."""
    graph = Bipartite.of(part.edge_index, num_left, num_right)
    weight = _symmetric(graph, part.edge_index, part.edge_weight)
    if kept is None:
        return graph.weighted(weight)
    shown = kept[part.edge_index[0]]
    return Bipartite.of(part.edge_index[:, shown], num_left, num_right).weighted(weight[shown])


def _symmetric(graph: Bipartite, edge_index: Tensor, weight: Tensor) -> Tensor:
    """Weights over the root of the sum at the left and of the number of edges at the right."""
    left = graph.sums_at_left(weight).clamp(min=1e-12).rsqrt()
    right = graph.sums_at_right((weight > 0).float()).clamp(min=1.0).rsqrt()
    return weight * left[edge_index[0]] * right[edge_index[1]]
