"""What one training step asks: hidden memberships, against circles that the person has not joined.

Each step hides half of all memberships, and all memberships of a fifth of the people, so that people and
circles without any are trained for. The loss is a softmax over all circles up to 20,000, above that over a
shared sample, half uniform and half by popularity, with logQ correction (Bengio and Senécal 2008).
"""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from embeddings.gnn import CircleGnn, GraphEdges
from embeddings.loss import log_sum_exp_others
from embeddings.spmm import rows_at

HIDDEN_SHARE = 0.5
COLD_SHARE = 0.2
MAX_EXACT_CIRCLES = 20_000
NUM_NEGATIVES = 1_024
BATCH_USERS = 4_096


def step_loss(model: CircleGnn, graph: GraphEdges, rng: torch.Generator) -> Tensor:
    """Mean cross-entropy of the memberships hidden in this step; 0 when nothing is hidden."""
    users, circles = graph.memberships
    hidden = _draw_hidden(graph, rng)
    asked = _draw_users(users[hidden], rng)
    edges = graph.hiding(hidden)
    user_vectors, circle_vectors = model(edges)
    place = torch.full((graph.num_users,), -1, device=users.device)
    place[asked] = torch.arange(len(asked), device=users.device)
    pairs = hidden & (place[users] >= 0)
    rows, targets = place[users[pairs]], circles[pairs]
    if not len(rows):
        return torch.zeros((), device=users.device, requires_grad=True)
    others, log_q = _draw_others(graph, rng)
    users_at, circles_at = model.scaled(user_vectors), normalize(circle_vectors, dim=1)
    popular = model.beta * torch.log1p(edges.num_visible)
    denominator = log_sum_exp_others(
        users_at[asked], circles_at[others], popular[others] - log_q, _joined(graph, place, others)
    )
    positive = (rows_at(users_at, asked[rows]) * rows_at(circles_at, targets)).sum(dim=1)
    positive = positive + rows_at(popular, targets)
    loss: Tensor = (torch.logaddexp(rows_at(denominator, rows), positive) - positive).mean()
    return loss


def _draw_hidden(graph: GraphEdges, rng: torch.Generator) -> Tensor:
    users = graph.memberships[0]
    cold = torch.rand(graph.num_users, generator=rng) < COLD_SHARE
    drawn = torch.rand(len(users), generator=rng) < HIDDEN_SHARE
    return drawn.to(users.device) | cold.to(users.device)[users]


def _draw_users(users: Tensor, rng: torch.Generator) -> Tensor:
    asked: Tensor = torch.unique(users)
    if len(asked) <= BATCH_USERS:
        return asked
    drawn = torch.randperm(len(asked), generator=rng)[:BATCH_USERS]
    return asked[drawn.to(asked.device)]


def _draw_others(graph: GraphEdges, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Circles to be told apart from, and what is taken off their logits for having been drawn."""
    device, num = graph.memberships.device, graph.num_circles
    if num <= MAX_EXACT_CIRCLES:
        return torch.arange(num, device=device), torch.zeros(num, device=device)
    half = NUM_NEGATIVES // 2
    at = torch.randint(graph.memberships.shape[1], (half,), generator=rng).to(device)
    drawn = torch.cat([torch.randint(num, (half,), generator=rng).to(device), graph.memberships[1][at]])
    others = torch.unique(drawn)
    share = torch.bincount(graph.memberships[1], minlength=num)[others] / graph.memberships.shape[1]
    return others, torch.log(half * (share + 1.0 / num))


def _joined(graph: GraphEdges, place: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Which of the other circles somebody joined, hidden or not: row of the person, column of the circle."""
    column = torch.full((graph.num_circles,), -1, device=others.device)
    column[others] = torch.arange(len(others), device=others.device)
    rows, columns = place[graph.memberships[0]], column[graph.memberships[1]]
    known = (rows >= 0) & (columns >= 0)
    return rows[known], columns[known]
