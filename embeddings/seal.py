"""The seal of a version folder: what each file was when published, so that damage is not served.

Arrays that erasure changes in place (`CHANGING`) are known by their size and the head that says how to read
them; all others by everything in them. Checking costs half a second a gigabyte, once a worker and version.
"""

import hashlib
import json
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from graph.errors import IncompatibleVersion

MANIFEST = "manifest.json"
CHANGING = ("lists.npy", "links_*.npy")
_HEAD = 10  # bytes of a .npy file before its header; the last two are the header's length


def seal_of(folder: Path) -> dict[str, list[Any]]:
    """File -> its bytes and SHA-256, of a folder that is whole."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    return {path.name: [path.stat().st_size, _digest(path)] for path in files}


def check(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Compare a folder with its manifest, and the manifest with its own seal.

    Versions of before there were seals have none and pass; whoever reads them finds less.

    Raises:
        IncompatibleVersion: a file is missing or is not what it was; the message names it.
    """
    if manifest.get("seal", (own := _own(manifest))) != own:
        raise _damaged(folder, MANIFEST)
    for name, (size, digest) in manifest.get("files", {}).items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size or _digest(path) != digest:
            raise _damaged(folder, name)


def has_seal(folder: Path) -> bool:
    """Whether `check` of a folder would find damage."""
    return "seal" in json.loads((folder / MANIFEST).read_text(encoding="utf-8"))


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with a seal of its own."""
    return {**manifest, "seal": _own(manifest)}


def unsealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says of the version, without what is for `check` alone."""
    return {name: value for name, value in manifest.items() if name not in ("files", "seal")}


def _own(manifest: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in manifest.items() if name != "seal"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        if not any(fnmatch(path.name, pattern) for pattern in CHANGING):
            return hashlib.file_digest(file, "sha256").hexdigest()
        start = file.read(_HEAD)
        return hashlib.sha256(start + file.read(int.from_bytes(start[8:], "little"))).hexdigest()


def _damaged(folder: Path, name: str) -> IncompatibleVersion:
    return IncompatibleVersion(
        f"version {folder.name}: {name} is missing or damaged; `circles models rollback` serves another"
    )
