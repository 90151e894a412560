"""LightGCN as torch_geometric has and documents it: edge_index, BPR, Adam; stopped at its best epoch.

The loop is that of the library's own example: every edge once an epoch in batches of 8,192, one uniformly
drawn negative for each, L2 on the nodes of the batch.

Source: He et al. 2020; torch_geometric.nn.models.LightGCN and examples/lightgcn.py.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch_geometric.nn import LightGCN

from embeddings.model import Float32
from embeddings.peers.base import Grid, Int64, Settings, is_over
from embeddings.peers.sight import Sight

BATCH = 8_192
DIM = 64
LOOKS = 10  # epochs between two looks at the validation part
PATIENCE = 8  # looks without improvement
MAX_EPOCHS = 2_000
DEFAULT_EPOCHS = 100  # without a validation part: what the example trains for


class LightGcn:
    """learned: `epochs`, the best number of them."""

    name: ClassVar[str] = "lightgcn"
    weighs: ClassVar[bool] = False
    grid: ClassVar[Grid] = {"rate": (0.005, 0.001, 0.02), "layers": (2, 3)}

    def __init__(self, seed: int) -> None:
        self.learned: dict[str, Any] = {}
        self._seed = seed

    def fit(
        self,
        sight: Sight,
        settings: Settings,
        *,
        deadline: float | None = None,
        watch: Callable[[], float] | None = None,
    ) -> None:
        run = _Run(sight, settings, self._seed)
        epochs = MAX_EPOCHS if watch else settings.get("epochs", DEFAULT_EPOCHS)
        best, best_epoch, kept = -1.0, 0, None
        for epoch in range(1, epochs + 1):
            run.epoch()
            if watch and epoch % LOOKS == 0:
                self._vectors = run.vectors()
                value = watch()
                if value > best:
                    best, best_epoch, kept = value, epoch, self._vectors
                if epoch - best_epoch >= PATIENCE * LOOKS:
                    break
            if is_over(deadline):
                break
        self._vectors = kept or run.vectors()
        self.learned = {"epochs": best_epoch or epoch}

    def scores(self, users: Int64) -> Float32:
        people, circles = self._vectors
        return np.asarray(people[users] @ circles.T)


class _Run:
    """Model, edges and optimizer of one training."""

    def __init__(self, sight: Sight, settings: Settings, seed: int) -> None:
        coo = sight.matrix.tocoo()
        self.num_rows, self.num_columns = sight.matrix.shape
        self.sight = sight
        rows, columns = torch.from_numpy(coo.row.astype(np.int64)), torch.from_numpy(coo.col.astype(np.int64))
        self.edges = torch.stack([rows, columns + self.num_rows])
        self.edge_index = torch.cat([self.edges, self.edges.flip(0)], dim=1)
        self.rng = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = LightGCN(self.num_rows + self.num_columns, DIM, settings["layers"])
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=settings["rate"])

    def epoch(self) -> None:
        """Every edge once."""
        order = torch.randperm(self.edges.shape[1], generator=self.rng)
        for batch in torch.split(order, BATCH):
            self._step(self.edges[:, batch])

    def _step(self, positive: Tensor) -> None:
        drawn = torch.randint(
            self.num_rows, self.num_rows + self.num_columns, (positive.shape[1],), generator=self.rng
        )
        negative = torch.stack([positive[0], drawn])
        asked = torch.cat([positive, negative], dim=1)
        self.optimizer.zero_grad()
        above, below = self.model(self.edge_index, asked).chunk(2)
        loss = self.model.recommendation_loss(above, below, node_id=torch.unique(asked))
        loss.backward()
        self.optimizer.step()

    @torch.no_grad()
    def vectors(self) -> tuple[Float32, Float32]:
        """Vectors of people and circles."""
        out = self.model.get_embedding(self.edge_index).numpy()
        return out[: self.sight.num_users], out[self.num_rows : self.num_rows + self.sight.num_circles]
