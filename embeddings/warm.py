"""Begin the GNN's last run where an earlier version's ended.

Only that run. Exponents, weights and the number of steps are chosen on runs that hide memberships; the
earlier version has seen most of them, so a run that began at its vectors would be asked for what it knows.

A version keeps its parameters apart from the vectors it serves (`gnn_start_<kind>.npy`), those of things that
fewer than `min_supporters` people touched as 0: nothing is told of them. They begin at the spectral vectors,
turned onto the earlier version's axes.

What a person leaves behind in trained vectors fades but does not vanish, so nothing is taken over once
somebody who was learned from has been forgotten or has withdrawn consent, or the policy has changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.lists import key_of
from embeddings.model import EPSILON, Float32
from embeddings.registry import Registry, Version
from graph.errors import IncompatibleVersion, NoPublishedVersion
from graph.schema import Purpose
from graph.snapshot import Snapshot

KINDS = {"merchant": "merchants", "product": "products", "circle": "circles"}


@dataclass(frozen=True)
class Start:
    """Parameters of a GNN: what a version keeps so that the next can begin there.

    vectors: kind -> float32 (num_things, dim), 0 where too few people stand behind a thing.
    scalars: name of a parameter -> value; gains, themes, popularity and temperature.
    version: whose they are; None while it has no name yet.
    """

    vectors: Mapping[str, Float32]
    scalars: Mapping[str, float]
    version: str | None = None

    def save(self, folder: Path) -> None:
        """Write the vectors into a version folder; its manifest keeps the scalars."""
        for kind, vectors in self.vectors.items():
            np.save(folder / f"gnn_start_{kind}.npy", vectors)

    @property
    def dim(self) -> int:
        return int(self.vectors["circle"].shape[1])


def why_cold(version: Version, snapshot: Snapshot, store_id: str | None) -> str | None:
    """Why training on this snapshot must not begin at this version; None when it may."""
    manifest = version.manifest
    if not (version.folder / "gnn_start_circle.npy").is_file():
        return "it has no GNN to begin at"
    if store_id is None or manifest["store_id"] != store_id or not snapshot.store_index:
        return "it was trained from another store"
    if manifest["policy_id"] != snapshot.policy_id:
        return "the policy has changed since"
    if int(manifest["as_of"]) > snapshot.as_of:
        return "it knows what came after the cut of this snapshot"
    if somebody_left(version, snapshot):
        return "somebody it learned from has been forgotten or has withdrawn consent"
    return None


def start_at(registry: Registry, snapshot: Snapshot, store_id: str | None) -> tuple[Start | None, str]:
    """Where the served version's GNN ended, or None, and what to tell people of it."""
    try:
        version = registry.current()
    except (NoPublishedVersion, IncompatibleVersion) as error:
        return None, f"starting cold: {error}"
    if reason := why_cold(version, snapshot, store_id):
        return None, f"starting cold, not at version {version.name}: {reason}"
    return start_of(version, snapshot), f"starting at version {version.name}"


def start_of(version: Version, snapshot: Snapshot) -> Start:
    """The parameters a version ended with, in rows of a snapshot of the same store; 0 for what it lacks."""
    vectors = {}
    for kind, label in KINDS.items():
        kept = np.load(version.folder / f"gnn_start_{kind}.npy", mmap_mode="r")
        rows = version.rows(label, np.asarray(snapshot.store_index[label], dtype=np.int64))
        vectors[kind] = np.zeros((len(rows), kept.shape[1]), dtype=np.float32)
        vectors[kind][rows >= 0] = kept[rows[rows >= 0]]
    return Start(vectors, dict(version.manifest["model"]["gnn"]["scalars"]), version.name)


def continued(spectral: Mapping[str, Float32], earlier: Mapping[str, Float32]) -> dict[str, Float32]:
    """Earlier vectors where there are some, elsewhere the spectral ones turned onto the same axes.

    R = U V' for S' E = U L V' with the rows that both have; turned vectors also get the earlier ones' mean
    square. Nothing in common gives the spectral vectors.

    Args:
        spectral, earlier: kind -> float32 (num_things, dim), the same kinds and shapes.

    Source: the orthogonal Procrustes problem, Schönemann 1966.
    """
    known = {kind: np.any(vectors != 0, axis=1) for kind, vectors in earlier.items()}
    here = np.concatenate([spectral[kind][known[kind]] for kind in earlier])
    there = np.concatenate([earlier[kind][known[kind]] for kind in earlier])
    length = float(np.linalg.norm(here))
    if length < EPSILON:
        return dict(spectral)
    left, _, right = np.linalg.svd(here.T.astype(np.float64) @ there)
    turn = (left @ right * (np.linalg.norm(there) / length)).astype(np.float32)
    return {
        kind: np.where(known[kind][:, None], earlier[kind], vectors @ turn)
        for kind, vectors in spectral.items()
    }


def somebody_left(version: Version, snapshot: Snapshot) -> bool:
    """Whether somebody with a list no longer consents; who was forgotten leaves another's id there, or 0."""
    then: npt.NDArray[np.void] = np.asarray(version.lists.records["user"])
    consents = np.asarray(snapshot.consents[Purpose.CIRCLES.value], dtype=bool)
    now = {key_of(snapshot.users[int(user)]) for user in np.flatnonzero(consents)}
    ids = [record.tobytes() for record in then]
    return len(set(ids)) < len(ids) or not now.issuperset(ids)
