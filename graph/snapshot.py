"""Immutable arrays cut from the graph at a moment: what training and scoring read, never the store.

Applied here, once: consent (only people who grant at least one purpose are in it at all, with a mask for
each purpose), the sensitive wall (no walled payment is part of any edge; sensitive theme targets are
dropped), and time (nothing after `as_of`). Ids are sorted, so equal content gives equal bytes from any
store; `content_id` is the hash of those bytes, of `as_of` and of the policy.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays import mapped
from graph.csr import Csr
from graph.errors import IncompatibleVersion, NotFound
from graph.ids import Ids
from graph.schema import SCENES, THEME_KINDS, CircleState, Purpose

FORMAT = 1
STATES = tuple(state.value for state in CircleState)
Bool = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Snapshot:
    """A heterogeneous graph at `as_of`.

    users, merchants, products, circles, categories: sorted ids; positions are the indices used below.
    paid: users x merchants; columns payments, days, last_at (uint32), scene (uint8). Parallel edges differ in
        scene.
    bought: users x products; columns payments, quantity, last_at (uint32).
    members: users x circles, current memberships; column joined_at (uint32, 0 = unknown), and where they do
        not all count alike in training, weight (float32, 0 = not at all).
    dismissed: users x circles, what somebody turned down or left.
    links: users x users, symmetric; column since (uint32, 0 = unknown).
    themes: kind -> circles x (merchants | products | categories | SCENES); column weight (float32).
    merchant_category, product_category: int32, position in `categories`, -1 unknown.
    merchant_scene, circle_scene: int8, index in SCENES, -1 unknown.
    product_merchant, circle_owner: int32, position in `merchants`, -1 unknown.
    circle_state: int8, index in STATES. circle_created_at: uint32, 0 unknown.
    consents: purpose -> bool (num_users,).
    names: label -> display name or None, in the order of the ids (`merchants`, `products`, `circles`).
    store_index: label -> int64, index of each node in the store it was cut from, -1 for what only a theme
        names; empty without a store. Not part of the content: two stores may number alike nodes differently.
    """

    as_of: int
    policy_id: str
    users: Ids
    merchants: Ids
    products: Ids
    circles: Ids
    categories: Ids
    paid: Csr
    bought: Csr
    members: Csr
    dismissed: Csr
    links: Csr
    themes: Mapping[str, Csr]
    merchant_category: Int32
    product_category: Int32
    merchant_scene: npt.NDArray[np.int8]
    circle_scene: npt.NDArray[np.int8]
    product_merchant: Int32
    circle_owner: Int32
    circle_state: npt.NDArray[np.int8]
    circle_created_at: npt.NDArray[np.uint32]
    consents: Mapping[str, Bool]
    names: Mapping[str, Sequence[str | None]]
    store_index: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    store_seq: int = 0

    @property
    def content_id(self) -> str:
        """First 16 hex digits of the SHA-256 of the content, `as_of` and the policy."""
        digest = hashlib.sha256(f"{FORMAT} {self.as_of} {self.policy_id}".encode())
        for name, values in _arrays(self):
            digest.update(f"{name} {values.dtype.str} {values.shape}".encode())
            digest.update(np.ascontiguousarray(values).data)
        digest.update(json.dumps({k: list(v) for k, v in sorted(self.names.items())}).encode())
        return digest.hexdigest()[:16]

    def counts(self) -> dict[str, int]:
        """How many of everything, for people."""
        nodes = {name: len(getattr(self, name)) for name in _LABELS}
        edges = {name: getattr(self, name).num_edges for name in _MATRICES}
        return nodes | edges | {"themes": sum(m.num_edges for m in self.themes.values())}


_LABELS = ("users", "merchants", "products", "circles", "categories")
_MATRICES = ("paid", "bought", "members", "dismissed", "links")
_VECTORS = (
    "merchant_category",
    "product_category",
    "merchant_scene",
    "circle_scene",
    "product_merchant",
    "circle_owner",
    "circle_state",
    "circle_created_at",
)


def _arrays(snapshot: Snapshot) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    for label in _LABELS:
        yield f"{label}.ids", getattr(snapshot, label).data
        yield f"{label}.offsets", getattr(snapshot, label).offsets
    matrices = {name: getattr(snapshot, name) for name in _MATRICES}
    matrices |= {f"themes_{kind}": snapshot.themes[kind] for kind in THEME_KINDS}
    for name, matrix in matrices.items():
        yield f"{name}.indptr", matrix.indptr
        yield f"{name}.indices", matrix.indices
        for column in sorted(matrix.columns):
            yield f"{name}.{column}", matrix.columns[column]
    for name in _VECTORS:
        yield name, getattr(snapshot, name)
    for purpose in sorted(snapshot.consents):
        yield f"consents_{purpose}", snapshot.consents[purpose]


def save(snapshot: Snapshot, snapshots: Path) -> Path:
    """Write under `snapshots/<content_id>`, whole or not at all; an equal one is left as it is.

    One of equal content but cut from a store that numbers its nodes otherwise is replaced.
    """
    content_id = snapshot.content_id
    target = snapshots / content_id
    if _numbering_of(target) == _numbering(snapshot):
        return target
    snapshots.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=snapshots))
    try:
        _write(snapshot, staging, content_id)
        if target.exists():
            os.rename(target, f"{staging}-replaced")
        os.rename(staging, target)
    except OSError:
        if not target.exists():  # else another process wrote the same one at the same time
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(f"{staging}-replaced", ignore_errors=True)
    return target


def _numbering(snapshot: Snapshot) -> str:
    """Hash of the store's indices, which are not part of the content."""
    digest = hashlib.sha256()
    for label, indices in sorted(snapshot.store_index.items()):
        digest.update(f"{label} {len(indices)}".encode() + np.ascontiguousarray(indices).tobytes())
    return digest.hexdigest()[:16]


def _numbering_of(folder: Path) -> str | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return str(manifest.get("numbering"))


def _write(snapshot: Snapshot, folder: Path, content_id: str) -> None:
    for name, values in _arrays(snapshot):
        np.save(folder / f"{name}.npy", values)
    for label, indices in snapshot.store_index.items():
        np.save(folder / f"store_index_{label}.npy", indices)
    columns = {name: sorted(getattr(snapshot, name).columns) for name in _MATRICES}
    manifest = {
        "format": FORMAT,
        "content_id": content_id,
        "numbering": _numbering(snapshot),
        "as_of": snapshot.as_of,
        "policy_id": snapshot.policy_id,
        "store_seq": snapshot.store_seq,
        "store_index": sorted(snapshot.store_index),
        "columns": columns,
        "counts": snapshot.counts(),
        "names": {label: list(names) for label, names in snapshot.names.items()},
    }
    with (folder / "manifest.json").open("w", encoding="utf-8") as file:
        json.dump(manifest, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())


def load(folder: Path) -> Snapshot:
    """Memory-map a saved snapshot.

    Raises:
        NotFound: there is none in this folder.
        IncompatibleVersion: written by another format, or damaged.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"no snapshot at {str(folder)!r}; `circles snapshot` cuts one") from None
    except ValueError as error:
        raise IncompatibleVersion(f"{folder}: manifest.json is damaged; remove the folder") from error
    if manifest.get("format") != FORMAT:
        raise IncompatibleVersion(f"{folder}: snapshot format {manifest.get('format')!r}; expected {FORMAT}")

    def read(name: str) -> npt.NDArray[Any]:
        return mapped(folder / f"{name}.npy")

    ids: dict[str, Any] = {label: Ids.load(folder, label) for label in _LABELS}
    widths = {
        "paid": "merchants",
        "bought": "products",
        "members": "circles",
        "dismissed": "circles",
        "links": "users",
    }
    matrices: dict[str, Any] = {
        name: Csr.load(folder, name, len(ids[label]), tuple(manifest["columns"][name]))
        for name, label in widths.items()
    }
    theme_widths = {
        kind: len(ids[f"{kind}s"]) if kind in ("merchant", "product") else 0 for kind in THEME_KINDS
    }
    theme_widths |= {"category": len(ids["categories"]), "scene": len(SCENES)}
    vectors: dict[str, Any] = {name: read(name) for name in _VECTORS}
    return Snapshot(
        as_of=manifest["as_of"],
        policy_id=manifest["policy_id"],
        store_seq=manifest["store_seq"],
        **ids,
        **matrices,
        **vectors,
        themes={k: Csr.load(folder, f"themes_{k}", theme_widths[k], ("weight",)) for k in THEME_KINDS},
        consents={p.value: read(f"consents_{p.value}") for p in Purpose},
        names=manifest["names"],
        store_index={label: read(f"store_index_{label}") for label in manifest["store_index"]},
    )


def latest(snapshots: Path) -> Path:
    """The snapshot folder written last. Raises NotFound when there is none."""
    # What begins with a dot is being written, or was when its process was killed.
    found = [path for path in snapshots.glob("*/manifest.json") if not path.parent.name.startswith(".")]
    if not found:
        raise NotFound("no snapshot has been cut yet; run `circles snapshot`")
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path)).parent


assert {f.name for f in fields(Snapshot)} >= {*_LABELS, *_MATRICES, *_VECTORS}
