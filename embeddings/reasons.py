"""Reasons of published lists, made when a version is published: the same as somebody would be told now.

A list that was made before is served while nothing of the person has changed, and so are its reasons.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from embeddings.crowd import Crowd
from embeddings.lists import write_told
from embeddings.model import Model
from embeddings.profile import Decay, Profile, Visits, profile_of
from embeddings.registry import read_version
from embeddings.scorer import Scorer
from embeddings.telling import Teller, people_at_once
from graph.csr import Csr
from graph.snapshot import Snapshot

Int64 = npt.NDArray[np.int64]


def teller_of(folder: Path, min_group_size: int) -> Teller:
    """Tells reasons by a version folder that is complete but for them.

    Args:
        min_group_size: of the policy; a version tells it, so that no list is told by another.
    """
    return Teller(Scorer(read_version(folder)), min_group_size)


def write_reasons(folder: Path, snapshot: Snapshot, users: Int64, teller: Teller) -> None:
    """Put reasons into the lists of a version folder.

    Args:
        users: rows of the snapshot, everybody who has a list.
    """
    model = teller.model
    if not len(users) or not model.num_circles:
        return
    decay = decay_of(model)

    def tell(places: Int64, circles: Int64, room: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        return teller.tell(Crowd(snapshot, users[places], decay), circles, room)

    with threadpool_limits(
        1, "blas"
    ):  # products are too small for a pool of threads, which only gets in the way
        ids = [snapshot.users[int(user)] for user in users]
        write_told(folder, ids, tell, people_at_once(model.num_circles))


def decay_of(model: Model) -> Decay:
    """How payments fade for a model."""
    return Decay(model.newest_at, model.half_life_s)


def profile_in(snapshot: Snapshot, user: int, decay: Decay) -> Profile:
    """What a snapshot knows of a user, as `Profile.of` reads it from a store."""
    return profile_of(
        merchants=lambda: _visits(snapshot.paid, user, decay),
        products=lambda: _visits(snapshot.bought, user, decay),
        circles=snapshot.members.row(user).astype(np.int64),
        merchant_category=snapshot.merchant_category,
        product_category=snapshot.product_category,
    )


def _visits(edges: Csr, user: int, decay: Decay) -> Visits:
    at = edges.row_slice(user)
    columns = {name: values[at] for name, values in edges.columns.items()}
    rows = edges.indices[at].astype(np.int64)
    return Visits(rows, columns["payments"], lambda: decay(columns), columns.get("scene"))
