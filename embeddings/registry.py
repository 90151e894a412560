"""Published versions: folders of memory-mapped arrays, and one pointer that says which is served.

numpy only: no torch, no scipy. A version folder is complete when it has its final name (see `publish`).
`current` is a small file, replaced atomically: the served version on the first line, the one before it on the
second.
"""

import fcntl
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.lists import Lists
from embeddings.model import Channel, Float32, GnnVectors, LatentVectors, Model
from embeddings.seal import check, sealed, unsealed
from graph.arrays import mapped
from graph.csr import Csr
from graph.durable import sync
from graph.errors import IncompatibleVersion, NoPublishedVersion, NotFound, StoreConflict
from graph.ids import Ids
from graph.schema import SCENES

log = logging.getLogger(__name__)

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

    @cached_property
    def goods(self) -> frozenset[str]:
        """Categories that products have; the others are kinds of places."""
        found = np.unique(self.product_category)
        return frozenset(self.categories[row] for row in found.tolist() if row >= 0)

    @cached_property
    def _circle_rows(self) -> memoryview:
        return np.ascontiguousarray(self.store_rows["circles"]).data

    def circle_row(self, store_index: int) -> int:
        """Row of one circle, as `rows` gives many; for a few an array costs more."""
        rows = self._circle_rows
        return int(rows[store_index]) if 0 <= store_index < len(rows) else -1

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
        """Precomputed circle rows and scores of a user, best first; None for an unknown one.

        The content of lists is under no seal, since erasure changes it: one with a circle that cannot be is
        none.
        """
        found = self.lists.of(user_id)
        return None if found is None or (found[0] >= len(self.circles)).any() else found


class Registry:
    """The versions of one folder. Opening is cheap: arrays are mapped, not read."""

    def __init__(self, versions: Path) -> None:
        self.versions = versions

    def list(self) -> list[dict[str, Any]]:
        """Manifests of all versions, oldest first, each with `served`: is it the current one?

        One that cannot be read is left out; the log says so.
        """
        served = self._pointer()[0]
        manifests = [manifest for folder in self.folders() if (manifest := _readable(folder)) is not None]
        manifests.sort(key=lambda manifest: (manifest["created_at"], manifest["version"]))
        return [unsealed(manifest) | {"served": manifest["version"] == served} for manifest in manifests]

    def folders(self) -> tuple[Path, ...]:
        """Folders of all versions, damaged ones too: what is erased must be erased in all of them."""
        found = sorted(self.versions.iterdir()) if self.versions.is_dir() else []
        return tuple(path for path in found if path.is_dir() and _NAME.fullmatch(path.name))

    def current_name(self) -> str:
        """Name of the served version.

        Raises:
            NoPublishedVersion: nothing has been published.
            IncompatibleVersion: the pointer names no version.
        """
        name = self._pointer()[0]
        if name is None:
            raise NoPublishedVersion("no version is published; run `circles train`")
        if not self._has(name):
            raise IncompatibleVersion(
                "the pointer `current` names no version; `circles models rollback NAME` sets it, "
                "`circles models list` shows names"
            )
        return name

    def current(self) -> Version:
        """The served version. Raises NoPublishedVersion, IncompatibleVersion."""
        return self.open(self.current_name())

    def before(self) -> Version:
        """The version served before the current one. Raises NoPublishedVersion, IncompatibleVersion."""
        name = self._pointer()[1]
        if name is None or not self._has(name):
            raise NoPublishedVersion("no earlier version is there; run `circles train`")
        return self.open(name)

    def open(self, name: str) -> Version:
        """Map one version.

        Raises:
            NotFound: there is none of this name. IncompatibleVersion: another format wrote it, or it is
                damaged.
        """
        return read_version(self._folder(name))

    def set_current(self, name: str) -> None:
        """Serve this version from the next request on; the one served so far can be rolled back to."""
        self._folder(name)
        with self._deciding():
            self._point_at(name)

    def manifest(self, name: str) -> dict[str, Any]:
        """What a version says of itself, with `served`. Raises NotFound, IncompatibleVersion."""
        return unsealed(_manifest(self._folder(name))) | {"served": name == self._pointer()[0]}

    def promote(self, name: str) -> None:
        """Mark a version as promoted and serve it."""
        self._amend(name, {"state": "promoted"})
        self.set_current(name)

    def keep_report(self, name: str, report: Mapping[str, Any]) -> None:
        """Keep what a gate found, in the manifest; a later report replaces it."""
        self._amend(name, {"gate": dict(report)})

    def _amend(self, name: str, fields: Mapping[str, Any]) -> None:
        folder = self._folder(name)
        manifest = sealed(_manifest(folder) | dict(fields))
        replace_text(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))

    def rollback(self, served: str | None = None) -> str:
        """Serve the version that was served before this one; returns its name.

        Args:
            served: the one to go back from; any when None.

        Raises:
            NoPublishedVersion: there is nothing to go back to.
            StoreConflict: another one is served, perhaps since a moment ago.
        """
        with self._deciding():
            now, before = self._pointer()
            if served is not None and served != now:
                raise StoreConflict(
                    f"{served} is not served, so there is nothing to go back from; see /v1/models"
                )
            if before is None:
                raise NoPublishedVersion("no earlier version to roll back to; see `circles models list`")
            self._folder(before)
            self._point_at(before)
        return before

    def remove(self, name: str) -> None:
        """Remove a version; whoever has it open keeps what they have.

        Raises:
            NotFound: there is none of this name. StoreConflict: it is served, or a rollback leads to it.
        """
        with self._deciding():
            folder = self._folder(name)
            if self.is_pointed_at(name):
                raise StoreConflict(f"{name} is served, or was just before and is what a rollback goes to")
            # What a kill leaves of it is no version, and goes when the next one is published.
            gone = folder.rename(self.versions / f".staging-{os.getpid()}-{name}")
        shutil.rmtree(gone)

    @contextmanager
    def _deciding(self) -> Iterator[None]:
        """One after the other: whoever changes the pointer has read it first."""
        handle = os.open(self.versions / ".pointer.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _point_at(self, name: str) -> None:
        served, before = self._pointer()
        if served is not None and not self._has(served):
            served = before  # it named nothing, and there is no way back to that
        if served != name:
            replace_text(self.versions / POINTER, f"{name}\n{served or ''}\n")

    def _has(self, name: str) -> bool:
        return bool(_NAME.fullmatch(name)) and (self.versions / name / "manifest.json").is_file()

    def is_pointed_at(self, name: str) -> bool:
        """Whether a version is served, or was just before, so that a rollback goes to it."""
        return name in self._pointer()

    def rolled_back_from(self, name: str) -> str | None:
        """The version served now, where the one served just before it is `name`; else None."""
        served, before = self._pointer()
        return served if before == name else None

    def _folder(self, name: str) -> Path:
        if not self._has(name):
            raise NotFound(f"no version {name!r}; `circles models list` shows what there is")
        return self.versions / name

    def _pointer(self) -> tuple[str | None, str | None]:
        try:
            lines = (self.versions / POINTER).read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return None, None
        return lines[0] or None, (lines[1] or None) if len(lines) > 1 else None


def read_version(folder: Path) -> Version:
    """Map the arrays of one version folder. Raises IncompatibleVersion: another format, or damaged."""
    manifest = _manifest(folder)
    check(folder, manifest)
    try:
        return _mapped(folder, unsealed(manifest))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IncompatibleVersion(f"version {folder.name} cannot be read ({error}); train again") from error


def _mapped(folder: Path, manifest: Mapping[str, Any]) -> Version:
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
    staging = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    with staging.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(staging, path)
    sync(path.parent)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise IncompatibleVersion(
            f"version {folder.name}: its manifest cannot be read; train again"
        ) from error
    if not isinstance(manifest, dict):
        raise IncompatibleVersion(f"version {folder.name}: its manifest is not an object; train again")
    if manifest.get("format") != FORMAT:
        raise IncompatibleVersion(
            f"version {folder.name}: format {manifest.get('format')!r}; expected {FORMAT}; train again"
        )
    return manifest


def _readable(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = _manifest(folder)
    except IncompatibleVersion as error:
        log.warning("left out of the list of versions: %s", error)
        return None
    return manifest


def _read(folder: Path, name: str) -> npt.NDArray[Any]:
    return mapped(folder / f"{name}.npy")
