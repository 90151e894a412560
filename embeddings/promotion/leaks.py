"""Does a version know what nobody could have known at its cut? Then its figures after the cut prove nothing.

Looked at are the snapshot it was trained on (is it the one it names, and does anything in it bear a later
time?), that snapshot beside what log and store say about the same moment, and the version's arrays beside
what that snapshot gives with the same exponents and seed. The vectors of the GNN cannot be computed
again; they are fitted to the same snapshot.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.channels import channel_of, ground_of, matrix_of
from embeddings.latent import latent_of
from embeddings.model import standardised
from embeddings.registry import Version
from embeddings.touches import touches_of
from embeddings.tuning import priors_of
from graph.csr import Csr
from graph.ids import Ids
from graph.snapshot import Snapshot

TOLERANCE = 1e-4  # of the largest entry: sums in another order differ by less
FACTOR_TOLERANCE = 1e-2  # of vectors shorter than 1: rounding grows over the iterations
DAY_S = 86_400.0
TIMES = {"paid": "last_at", "bought": "last_at", "members": "joined_at", "links": "since"}
WIDTHS = {"paid": "merchants", "bought": "products", "members": "circles"}


def leaks_of(version: Version, trained: Snapshot, known: Snapshot) -> list[str]:
    """What cannot be so, in words; empty for an honest version.

    Args:
        trained: the snapshot whose hash the manifest names, as it is kept.
        known: the graph at the same moment as log and store give it now.
    """
    named, as_of = version.manifest["snapshot_id"], int(version.manifest["as_of"])
    if trained.content_id != named or trained.as_of != as_of:
        return [f"the snapshot that is kept is not the one that was trained on ({named})"]
    found = [*_later(trained, as_of), *_unknown(trained, known)]
    return found or list(_other_arrays(version, trained))


def _later(trained: Snapshot, as_of: int) -> Iterator[str]:
    for name, column in TIMES.items():
        times = np.asarray(getattr(trained, name).columns[column], dtype=np.int64)
        if late := int((times > as_of).sum()):
            yield f"{late:,} edges of {name!r} are later than the cut"


def _unknown(trained: Snapshot, known: Snapshot) -> Iterator[str]:
    """Edges of the trained snapshot that log and store do not give for that moment.

    People and things that only one of the two has are left out: somebody may have withdrawn or been forgotten
    since, and a payment may have come in late; neither tells a version anything of the future.
    """
    users = known.users.find_all(list(trained.users))
    for name, label in WIDTHS.items():
        things: Ids = getattr(known, label)
        columns = things.find_all(list(getattr(trained, label)))
        mine, theirs = getattr(trained, name), getattr(known, name)
        more = _more(mine, theirs, users, columns)
        if more:
            yield f"{more:,} edges of {name!r} are not what log and store know of that moment"


def _more(mine: Csr, theirs: Csr, users: npt.NDArray[Any], columns: npt.NDArray[Any]) -> int:
    """Pairs with more payments (or a membership at all) than the other has."""
    rows, cols = users[mine.rows()], columns[mine.indices]
    both = (rows >= 0) & (cols >= 0)
    width = theirs.num_columns
    keys, at = np.unique(rows[both] * width + cols[both], return_inverse=True)
    here = np.bincount(at, _counts(mine)[both], len(keys))
    others, where = np.unique(theirs.rows().astype(np.int64) * width + theirs.indices, return_inverse=True)
    there = np.bincount(where, _counts(theirs), len(others))
    if not len(others):
        return len(keys)
    place = np.minimum(np.searchsorted(others, keys), len(others) - 1)
    known = np.where(others[place] == keys, there[place], 0)
    return int((here > known).sum())


def _counts(edges: Csr) -> npt.NDArray[np.float64]:
    counts = edges.columns.get("payments", np.ones(edges.num_edges))
    return np.asarray(counts, dtype=np.float64)


def _other_arrays(version: Version, trained: Snapshot) -> Iterator[str]:
    """Arrays that the snapshot does not give with the exponents of the manifest."""
    model = version.model
    touches = touches_of(trained, half_life_days=model.half_life_s / DAY_S)
    ground = ground_of(trained, touches, min_supporters=int(version.manifest["min_supporters"]))
    if not np.array_equal(ground.num_members, model.num_members):
        yield "the numbers of members are not those of the snapshot"
    for channel in model.channels:
        honest = channel_of(
            channel.name, matrix_of(channel.name, ground, dict(model.exponents[channel.name]))
        )
        if not _equal(channel.matrix, honest.matrix):
            yield f"channel {channel.name!r} is not what the snapshot gives"
    if model.latent is not None:
        factors = latent_of(ground, int(version.manifest["seed"]))
        if factors is None or not np.allclose(factors.circles, model.latent.circles, atol=FACTOR_TOLERANCE):
            yield "the factors of circles are not what the snapshot gives"
    for name, values in priors_of(ground.num_members).items():
        if name in model.priors and not np.allclose(model.priors[name], standardised(values), atol=TOLERANCE):
            yield f"prior {name!r} is not what the snapshot gives"


def _equal(one: Csr, other: Csr) -> bool:
    if not np.array_equal(one.indptr, other.indptr) or not np.array_equal(one.indices, other.indices):
        return False
    weights, honest = one.columns["weight"], other.columns["weight"]
    largest = float(np.abs(honest).max(initial=0.0))
    return bool(np.allclose(weights, honest, rtol=0, atol=TOLERANCE * max(largest, 1e-30)))
