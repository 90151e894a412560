"""What an export is made of: one version, one moment, one policy, in blocks of users.

An export is a folder with `_manifest.json` and one Parquet file for each block of store indices, named by its
range. The manifest is written first and says what every file in the folder is made of, so that a run that
was killed goes on with the blocks that are missing, and nothing of another version comes to lie beside them.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from graph.durable import sync
from graph.errors import InputError, StoreConflict
from graph.links.periods import period_of
from graph.schema import Purpose

FORMAT = 1
MANIFEST = "_manifest.json"  # readers of a folder of Parquet pass over it
KINDS = {"circles": Purpose.CIRCLES, "links": Purpose.LINKS}  # kind of answer -> consent that it needs
BLOCK = 10_000  # store indices of a file: seconds of work, which is what a kill costs
_OF_THE_RUN = ("as_of", "num_users", "seq")  # what an export goes on with, whenever it is taken up again


@dataclass(frozen=True)
class Export:
    """What an export was begun with.

    kind: `circles` or `links`. as_of: the moment at which everybody is answered, epoch seconds.
    limit: most entries of a person. explain: with reasons; of circles only. block_size: store indices of a
    file. num_users: store indices below it are in the export. seq: the store's newest change at the start.
    """

    kind: str
    version: str
    store_id: str
    policy_id: str
    as_of: int
    limit: int
    explain: bool
    block_size: int
    num_users: int
    seq: int = field(compare=False)

    @property
    def export_id(self) -> str:
        """32 hex digits that name what is asked, the same wherever it is asked again."""
        said = {name: value for name, value in asdict(self).items() if name != "seq"}
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]

    def blocks(self) -> list[range]:
        """Ranges of store indices, in order."""
        starts = range(0, self.num_users, self.block_size)
        return [range(start, min(start + self.block_size, self.num_users)) for start in starts]

    def path_of(self, folder: Path, block: range) -> Path:
        return folder / f"{self.kind}-{block.start:010d}-{block.stop - 1:010d}.parquet"


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Make the folder, for its owner only, and keep other exports out of it.

    Raises:
        InputError: it cannot be made, or holds other things. StoreConflict: another process exports into it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_own(folder)  # before anything is written beside what is somebody else's
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InputError(
            f"--out is {str(folder)!r}, which cannot be written ({error.strerror}); name a folder that can"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise StoreConflict(
            f"another export is writing into {str(folder)!r}; wait until it ends, or name another folder"
        ) from None
    finally:
        os.close(handle)


def taken_up(folder: Path, wish: Export, *, now: int) -> Export:
    """The export that the folder holds, if it is what is wished for; else a new one, begun here.

    Raises:
        InputError: the folder holds something else; the message says what differs.
    """
    found = read(folder)
    if found is None:
        _require_own(folder)
        keep(folder, wish, {})
        return wish
    for name in (each.name for each in fields(Export) if each.name not in _OF_THE_RUN):
        if getattr(found, name) != getattr(wish, name):
            raise InputError(
                f"{str(folder)!r} holds an export with {name} {getattr(found, name)!r}, and {name} is now "
                f"{getattr(wish, name)!r}; export into another folder"
            )
    own = {found.path_of(folder, block) for block in found.blocks()}
    if strange := sorted(path.name for path in folder.glob("*.parquet") if path not in own):
        raise InputError(
            f"{str(folder)!r} holds {strange[0]!r}, which is none of the export's files, and whoever left "
            "stays in it; take it out of the folder"
        )
    if found.kind == "links" and period_of(found.as_of) != period_of(now):
        raise InputError(
            f"{str(folder)!r} holds suggestions of a week that is over; export into another folder"
        )
    return found


def read(folder: Path) -> Export | None:
    """What an export was begun with; None where the folder has none. Raises InputError."""
    value = _manifest(folder)
    if value is None:
        return None
    names = [each.name for each in fields(Export)]
    if lacking := [name for name in names if name not in value]:
        raise InputError(f"{str(folder / MANIFEST)!r} lacks {lacking[0]!r}; export into another folder")
    return Export(**{name: value[name] for name in names})


def state_of(folder: Path) -> Mapping[str, Any]:
    """What is known of a finished export: `checked_seq` and counts; empty before."""
    value = _manifest(folder) or {}
    found: Mapping[str, Any] = value.get("finished", {})
    return found


def keep(folder: Path, export: Export, finished: Mapping[str, Any]) -> None:
    """Write the manifest, whole or not at all."""
    staged = folder / f".{MANIFEST}-{os.getpid()}"
    told = {"format": FORMAT, "export_id": export.export_id, **asdict(export), "finished": dict(finished)}
    with open(staged, "w", encoding="utf-8", opener=for_owner) as file:
        json.dump(told, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(staged, folder / MANIFEST)
    sync(folder)


def for_owner(path: str, flags: int) -> int:
    """Open a file that nobody else may read."""
    return os.open(path, flags, 0o600)


def _require_own(folder: Path) -> None:
    """Raises InputError where the folder has files, and none says that an export is in it."""
    strange = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if strange and MANIFEST not in strange:
        raise InputError(f"{str(folder)!r} has no {MANIFEST} but {strange[0]!r} in it; name an empty folder")


def _manifest(folder: Path) -> dict[str, Any] | None:
    path = folder / MANIFEST
    try:
        value: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputError(f"{str(path)!r} cannot be read ({error}); export into another folder") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InputError(
            f"{str(path)!r} is not the manifest of an export of format {FORMAT}; export into another folder"
        )
    return value
