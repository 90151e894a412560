"""Published versions: folders of memory-mapped arrays, and one pointer that says which is served.

numpy only: no torch, no scipy. A version folder is complete when it has its final name (see `publish`).
`current` is a small file, replaced atomically: the served version on the first line, the one before it on the
second.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.lists import Lists
from embeddings.model import Channel, Float32, GnnVectors, LatentVectors, Model
from graph.csr import Csr
from graph.errors import IncompatibleVersion, NoPublishedVersion, NotFound
from graph.ids import Ids
from graph.schema import SCENES

FORMAT = 1
POINTER = "current"
STATES = ("unpromoted", "promoted")
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,99}")

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


class Texts:
    """Display names by row, memory-mapped; unlike `Ids` neither sorted nor unique."""

    def __init__(self, data: npt.NDArray[np.uint8], offsets: Int64) -> None:
        self.data = data
        self.offsets = offsets

    @classmethod
    def of(cls, values: Iterable[str]) -> "Texts":
        encoded = [value.encode("utf-8") for value in values]
        offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(value) for value in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> str:
        return self.data[self.offsets[row] : self.offsets[row + 1]].tobytes().decode("utf-8")

    def save(self, folder: Path, name: str) -> None:
        np.save(folder / f"{name}.text.npy", self.data)
        np.save(folder / f"{name}.ends.npy", self.offsets)

    @classmethod
    def load(cls, folder: Path, name: str) -> "Texts":
        return cls(_read(folder, f"{name}.text"), _read(folder, f"{name}.ends"))


@dataclass(frozen=True)
class Version:
    """One published version, memory-mapped read-only. Rows are positions in its own sorted ids."""

    folder: Path
    manifest: Mapping[str, Any]
    model: Model
    circles: Ids
    merchants: Ids
    categories: Ids
    names: Mapping[str, Texts]
    merchant_category: Int32
    product_category: Int32
    circle_owner: Int32
    circle_scene: npt.NDArray[np.int8]
    circle_state: npt.NDArray[np.int8]
    store_rows: Mapping[str, Int32]
    lists: Lists

    @property
    def name(self) -> str:
        return str(self.manifest["version"])

    @cached_property
    def circle_store_index(self) -> Int64:
        """The store's index of each circle row, -1 where the store does not know it; int64 (num_circles,)."""
        out = np.full(len(self.circles), -1, dtype=np.int64)
        rows = self.store_rows["circles"]
        out[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
        return out

    def rows(self, label: str, store_indices: Int64) -> Int64:
        """Rows of store indices; -1 for what came to the store after the version was cut.

        Args:
            label: `merchants`, `products` or `circles`.
        """
        rows = self.store_rows[label]
        if not len(rows) or not len(store_indices):
            return np.full(len(store_indices), -1, dtype=np.int64)
        out = rows.take(store_indices, mode="clip").astype(np.int64)
        out[(store_indices < 0) | (store_indices >= len(rows))] = -1
        return out

    def label(self, touch: str, row: int) -> str:
        """Display name, or id, of a thing of this kind."""
        if touch.endswith("_category"):
            return str(self.categories[row])
        return SCENES[row] if touch == "scene" else self.names[f"{touch}s"][row]

    def list_of(self, user_id: str) -> tuple[Int64, Float32] | None:
        """Precomputed circle rows and scores of a user, best first; None for an unknown one."""
        return self.lists.of(user_id)


class Registry:
    """The versions of one folder. Opening is cheap: arrays are mapped, not read."""

    def __init__(self, versions: Path) -> None:
        self.versions = versions

    def list(self) -> list[dict[str, Any]]:
        """Manifests of all versions, oldest first, each with `served`: is it the current one?"""
        served = self._pointer()[0]
        found = sorted(self.versions.glob("*/manifest.json")) if self.versions.is_dir() else []
        manifests = [_manifest(path.parent) for path in found if not path.parent.name.startswith(".")]
        manifests.sort(key=lambda manifest: (manifest["created_at"], manifest["version"]))
        return [manifest | {"served": manifest["version"] == served} for manifest in manifests]

    def current_name(self) -> str:
        """Name of the served version. Raises NoPublishedVersion when there is none."""
        name = self._pointer()[0]
        if name is None:
            raise NoPublishedVersion("no version is published; run `circles train`")
        return name

    def current(self) -> Version:
        """The served version. Raises NoPublishedVersion, IncompatibleVersion."""
        return self.open(self.current_name())

    def open(self, name: str) -> Version:
        """Map one version.

        Raises:
            NotFound: there is none of this name. IncompatibleVersion: another format wrote it.
        """
        return read_version(self._folder(name))

    def set_current(self, name: str) -> None:
        """Serve this version from the next request on; the one served so far can be rolled back to."""
        self._folder(name)
        served, _ = self._pointer()
        if served != name:
            replace_text(self.versions / POINTER, f"{name}\n{served or ''}\n")

    def manifest(self, name: str) -> dict[str, Any]:
        """What a version says of itself, with `served`. Raises NotFound, IncompatibleVersion."""
        return _manifest(self._folder(name)) | {"served": name == self._pointer()[0]}

    def promote(self, name: str) -> None:
        """Mark a version as promoted and serve it."""
        self._amend(name, {"state": "promoted"})
        self.set_current(name)

    def keep_report(self, name: str, report: Mapping[str, Any]) -> None:
        """Keep what a gate found, in the manifest; a later report replaces it."""
        self._amend(name, {"gate": dict(report)})

    def _amend(self, name: str, fields: Mapping[str, Any]) -> None:
        folder = self._folder(name)
        manifest = _manifest(folder) | dict(fields)
        replace_text(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))

    def rollback(self) -> str:
        """Serve the version that was served before this one; returns its name.

        Raises:
            NoPublishedVersion: there is nothing to go back to.
        """
        before = self._pointer()[1]
        if before is None:
            raise NoPublishedVersion("no earlier version to roll back to; see `circles models list`")
        self.set_current(before)
        return before

    def _folder(self, name: str) -> Path:
        folder = self.versions / name
        if not _NAME.fullmatch(name) or not (folder / "manifest.json").is_file():
            raise NotFound(f"no version {name!r}; `circles models list` shows what there is")
        return folder

    def _pointer(self) -> tuple[str | None, str | None]:
        try:
            lines = (self.versions / POINTER).read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return None, None
        return lines[0] or None, (lines[1] or None) if len(lines) > 1 else None


def read_version(folder: Path) -> Version:
    """Map the arrays of one version folder. Raises IncompatibleVersion for another format."""
    manifest = _manifest(folder)
    circles = Ids.load(folder, "circles")
    return Version(
        folder=folder,
        manifest=manifest,
        model=_read_model(folder, manifest, len(circles)),
        circles=circles,
        merchants=Ids.load(folder, "merchants"),
        categories=Ids.load(folder, "categories"),
        names={label: Texts.load(folder, f"names_{label}") for label in ("merchants", "products", "circles")},
        merchant_category=_read(folder, "merchant_category"),
        product_category=_read(folder, "product_category"),
        circle_owner=_read(folder, "circle_owner"),
        circle_scene=_read(folder, "circle_scene"),
        circle_state=_read(folder, "circle_state"),
        store_rows={c: _read(folder, f"store_rows_{c}") for c in ("merchants", "products", "circles")},
        lists=Lists.load(folder),
    )


def _read_model(folder: Path, manifest: Mapping[str, Any], num_circles: int) -> Model:
    parts = manifest["model"]
    channels = tuple(
        Channel(c["name"], c["touch"], Csr.load(folder, f"channel_{c['name']}", num_circles, ("weight",)))
        for c in parts["channels"]
    )
    return Model(
        num_circles=num_circles,
        num_things=parts["num_things"],
        channels=channels,
        priors={name: _read(folder, f"prior_{name}") for name in parts["priors"]},
        gnn=_read_gnn(folder, parts["gnn"]) if parts["gnn"] else None,
        latent=_read_latent(folder, parts["latent"]) if parts.get("latent") else None,
        weights={name: tuple(values) for name, values in parts["weights"].items()},
        newest_at=parts["newest_at"],
        half_life_s=parts["half_life_s"],
        num_members=_read(folder, "num_members"),
        exponents=parts["exponents"],
    )


def _read_gnn(folder: Path, part: Mapping[str, Any]) -> GnnVectors:
    return GnnVectors(
        things={touch: _read(folder, f"gnn_{touch}") for touch in part["gains"]},
        gains=part["gains"],
        circles=_read(folder, "gnn_towards"),
        bias=_read(folder, "gnn_bias"),
        eligible=_read(folder, "gnn_eligible"),
    )


def _read_latent(folder: Path, part: Mapping[str, Any]) -> LatentVectors:
    return LatentVectors(_read(folder, "latent_circles"), part["confidence"])


def replace_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all, durably."""
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    with staging.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(staging, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if manifest.get("format") != FORMAT:
        raise IncompatibleVersion(
            f"version {folder.name}: format {manifest.get('format')!r}; expected {FORMAT}; train again"
        )
    return manifest


def _read(folder: Path, name: str) -> npt.NDArray[Any]:
    # A plain view of the map: indexing a memmap object itself costs several times as much.
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
