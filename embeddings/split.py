"""A validation part of the memberships: exponents, weights and stopping are chosen on it, never on a test.

What it imitates: a person at the moment a version is served. So memberships are hidden at random; a circle
that loses its last member thereby is one that only its theme can find, and stays a candidate; a circle that
has no member in all of train can be nobody's answer here, and is no candidate. People weigh as much as their
number of remaining memberships is common among all people who have some.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from embeddings.touches import counts_of
from graph.csr import Csr
from graph.schema import Purpose
from graph.snapshot import Snapshot

Int64 = npt.NDArray[np.int64]
HIDDEN_SHARE = 0.15
LARGEST_RATIO = 5.0  # a person counts at most this many times what an average one does


@dataclass(frozen=True)
class Validation:
    """A snapshot without the hidden memberships, and who has to find them.

    users: int64 (num_users,), rows of the snapshot, increasing.
    rows, circles: int64 (num_answers,), positions in `users` and circle rows.
    importance: float64 (num_users,), mean 1.
    candidates: bool (num_circles,).
    """

    train: Snapshot
    users: Int64
    rows: Int64
    circles: Int64
    importance: npt.NDArray[np.float64]
    candidates: npt.NDArray[np.bool_]


def validation_of(snapshot: Snapshot, *, seed: int, number: int = 0, max_users: int = 5_000) -> Validation:
    """Hide a share of the memberships that count, of people who consent to be used for circles.

    Candidates are the same for each `number` of one snapshot; what is hidden is drawn
    anew. Small data may leave nothing to hide; then there are no users, and defaults have to do.
    """
    rng = np.random.default_rng([seed, 1, number])
    members = snapshot.members
    owners = members.rows().astype(np.int64)
    usable = np.asarray(snapshot.consents[Purpose.CIRCLES.value], dtype=bool)[owners]
    hidden = usable & counts_of(members) & (rng.random(members.num_edges) < HIDDEN_SHARE)
    users = np.unique(owners[hidden])
    if len(users) > max_users:
        users = np.sort(rng.choice(users, max_users, replace=False))
    asked = hidden & np.isin(owners, users)
    before = np.bincount(owners[usable], minlength=members.num_rows)
    after = before - np.bincount(owners[hidden], minlength=members.num_rows)
    return Validation(
        train=replace(snapshot, members=without(members, hidden)),
        users=users,
        rows=np.searchsorted(users, owners[asked]),
        circles=members.indices[asked].astype(np.int64),
        importance=_importance(before[before > 0], after[users]),
        candidates=np.bincount(members.indices[usable], minlength=members.num_columns) > 0,
    )


def without(edges: Csr, left_out: npt.NDArray[np.bool_]) -> Csr:
    """The edges that are not left out; bool (num_edges,)."""
    indptr = np.zeros_like(edges.indptr)
    np.cumsum(np.bincount(edges.rows()[~left_out], minlength=edges.num_rows), out=indptr[1:])
    columns = {name: values[~left_out] for name, values in edges.columns.items()}
    return Csr(indptr, edges.indices[~left_out], edges.num_columns, columns)


def _importance(population: Int64, sample: Int64) -> npt.NDArray[np.float64]:
    """How common each sampled number of memberships is in the population, over how common in the sample.

    People without any membership are not in the population; they keep the weight 1.
    """
    edges = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64])
    bins = np.digitize(sample, edges)
    wanted = np.bincount(np.digitize(population, edges), minlength=len(edges) + 1) / max(1, len(population))
    found = np.bincount(bins, minlength=len(edges) + 1) / max(1, len(sample))
    ratio = np.where(bins > 0, wanted[bins] / found[bins], 1.0)
    ratio = np.clip(ratio, 1 / LARGEST_RATIO, LARGEST_RATIO)
    return np.asarray(ratio / ratio.mean()) if len(ratio) else ratio
