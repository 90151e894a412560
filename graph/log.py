"""The payment log: every payment that was ever taken, cleaned and pseudonymous.

    manifest.json                      the live segments; replacing it is the one commit point
    segments/<segment_id>/
        payments.npy                   sorted payment hashes: "is this payment known?" without a dataframe
        bucket=07/month=2017-11/*.parquet    rows, sorted by user
    staging/                           what a running load has not committed yet

A row holds store indices, never ids. Blocks of 1,024 neighbouring users share a bucket, so that one
bucket is a bounded part of the log, and its users lie side by side in the store. Segments are immutable:
erasure, relabelling and compaction write new ones (files that do not change are hard links) and replace
the manifest.

Writers hold `home.lock("load")`. Readers need numpy only, except for `aggregate`, and see one manifest.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from graph.arrays import mapped
from graph.durable import sync
from graph.edges import UserEdges
from graph.errors import StoreError, StoreMismatch
from graph.stores.base import GraphStore, without_secret

if TYPE_CHECKING:
    from graph.muting import Mask

FORMAT = 1
NUM_BUCKETS = 16
BLOCK = 1024  # users of one bucket in a row: about 90 pages of the embedded store
NONE = 2**32 - 1  # no product, or no quantity
UNDECLARED = 255  # nobody declared a scene
SMALL = 1_000_000  # rows; `compact` merges segments below this

ROW = np.dtype(
    [
        ("payment", "<u8"),  # payment_hash
        ("user", "<u4"),  # store indices
        ("merchant", "<u4"),
        ("product", "<u4"),  # NONE
        ("quantity", "<u4"),  # NONE counts as 1
        ("paid_at", "<u4"),  # epoch seconds, UTC
        ("band", "u1"),  # amount band of policy.toml, 0 = no amount
        ("scene", "u1"),  # index in SCENES
        ("declared", "u1"),  # scene that payment or merchant declared, UNDECLARED
        ("refund", "?"),
        ("walled", "?"),
    ]
)
Rows = npt.NDArray[np.void]
Hashes = npt.NDArray[np.uint64]


def payment_hash(payment_id: str) -> int:
    """First 8 bytes, big-endian, of the MD5 of the id's UTF-8.

    It tells payments apart, it keeps no secret. Among a billion payments the chance that any two share
    one is 2.7 %; such a payment would count as a duplicate.
    """
    return int.from_bytes(md5(payment_id.encode("utf-8"), usedforsecurity=False).digest()[:8], "big")


def bucket_of(users: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Bucket of each user index."""
    return users // BLOCK % NUM_BUCKETS


@dataclass(frozen=True)
class Segment:
    """One immutable part of the log.

    rows: rows in it. max_band: the largest amount band in it.
    """

    segment_id: str
    rows: int
    max_band: int


@dataclass(frozen=True)
class Manifest:
    """What the log is made of now.

    loads: loads whose payments are in the log and whose edges may still have to be set.
    labels: the policy and terms that scenes and walls were given under.
    """

    store_id: str = ""
    segments: tuple[Segment, ...] = ()
    loads: tuple[str, ...] = ()
    labels: str = ""

    def replaced(self, old: Iterable[Segment], new: Iterable[Segment]) -> "Manifest":
        """The same with some segments taken out and others put in."""
        gone = {segment.segment_id for segment in old}
        kept = [segment for segment in self.segments if segment.segment_id not in gone]
        return replace(self, segments=(*kept, *(segment for segment in new if segment.rows)))


@dataclass
class PaymentLog:
    """The log in one folder, which need not exist yet."""

    folder: Path
    _cached: tuple[tuple[int, int], Manifest] | None = field(default=None, repr=False)
    _known: dict[str, Hashes] = field(default_factory=dict, repr=False)

    # -- reading ------------------------------------------------------------------------------------

    @property
    def staging(self) -> Path:
        return self.folder / "staging"

    @property
    def spill(self) -> Path:
        return self.folder / "spill"

    def manifest(self) -> Manifest:
        """The manifest now; an empty one where nothing was ever written.

        Raises:
            StoreError: it cannot be read, or was written by another format.
        """
        path = self.folder / "manifest.json"
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if self._cached is None or self._cached[0] != stamp:
                self._cached = (stamp, _parsed(json.loads(path.read_bytes()), path))
        except FileNotFoundError:
            return Manifest()
        except (OSError, ValueError) as error:
            raise StoreError(f"the payment log {str(path)!r} cannot be read: {error}") from error
        return self._cached[1]

    def segments(self) -> tuple[Segment, ...]:
        return self.manifest().segments

    def path_of(self, segment: Segment) -> Path:
        return self.folder / "segments" / segment.segment_id

    def contains(self, payments: Hashes) -> npt.NDArray[np.bool_]:
        """Whether each payment hash is in the log; bool, shape of `payments`."""
        wanted = np.asarray(payments, dtype=np.uint64)
        order = np.argsort(wanted) if len(wanted) > 1 else np.arange(len(wanted))
        ordered, found = wanted[order], np.zeros(len(wanted), dtype=bool)
        for known in self._all_known():
            at = np.searchsorted(known, ordered)
            found |= known[np.minimum(at, len(known) - 1)] == ordered
        out = np.empty_like(found)
        out[order] = found
        return out

    def _all_known(self) -> list[Hashes]:
        """Sorted hashes of every live segment, memory-mapped."""
        for _ in range(10):
            segments = self.segments()
            try:
                known = {
                    s.segment_id: self._known.get(s.segment_id, _mapped(self.path_of(s))) for s in segments
                }
            except FileNotFoundError:  # replaced between reading the manifest and opening the segment
                self._cached = None
                continue
            self._known = known
            return [hashes for hashes in known.values() if len(hashes)]
        raise StoreError(f"a segment of the payment log {str(self.folder)!r} is missing; restore a backup")

    def stats(self) -> dict[str, int]:
        """Counts for people: segments, payments, bytes on disk."""
        segments = self.segments()
        sizes = (f.stat().st_size for s in segments for f in self.path_of(s).rglob("*") if f.is_file())
        return {"segments": len(segments), "payments": sum(s.rows for s in segments), "bytes": sum(sizes)}

    def belongs_to(self, store: GraphStore) -> None:
        """Raises StoreMismatch when the log's indices are those of another store."""
        mine, theirs = self.manifest().store_id, store.meta("store_id")
        if mine and mine != theirs:
            raise StoreMismatch(
                f"the payment log {str(self.folder)!r} was written with another store than "
                f"{without_secret(store.address)}; set CIRCLES_STORE to the store it belongs to, or "
                "CIRCLES_HOME to another folder"
            )

    def check(self, store: GraphStore) -> list[str]:
        """Sentences about what is wrong in the log; empty when all is well."""
        from graph.segments import problems

        try:
            self.belongs_to(store)
            return [
                *problems(self, store),
                *(f"load {load} is not finished" for load in self._unfinished(store)),
            ]
        except StoreError as error:
            return [str(error)]

    def _unfinished(self, store: GraphStore) -> list[str]:
        return [load.load_id for load in store.loads("logged")]

    def files(self, buckets: Iterable[int] | None = None) -> Iterator[Path]:
        """Parquet files of all segments, or of some buckets only."""
        names = None if buckets is None else [f"bucket={bucket:02d}" for bucket in buckets]
        for segment in self.segments():
            folder = self.path_of(segment)
            for part in (
                sorted(folder.glob("bucket=*")) if names is None else (folder / name for name in names)
            ):
                yield from sorted(part.glob("month=*/*.parquet"))

    def aggregate(
        self,
        users: npt.NDArray[np.int64] | None = None,
        until: int | None = None,
        extra: Mapping[str, npt.NDArray[Any]] | None = None,
        *,
        mask: "Mask | None" = None,
        memory: str = "1GB",
        threads: int | None = None,
    ) -> dict[str, UserEdges]:
        """Add up payments into `paid` and `bought` edges; see `graph.aggregate` for the rules.

        Args:
            users: only these, increasing; each is in the answer even without edges. None: all who have any.
            until: epoch seconds; later payments are left out.
            extra: columns of `GraphStore.inbox()`; those the log knows already are passed over.
            mask: what people muted, which is in no edge.
        """
        from graph.aggregate import Adder

        with Adder(self, memory=memory, threads=threads) as adder:
            return adder.add_up(users=users, until=until, extra=extra, mask=mask)

    # -- writing, under home.lock("load") -----------------------------------------------------------

    def commit(self, manifest: Manifest) -> None:
        """Replace the manifest, durably; segments that it no longer names are removed."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged = self.folder / f".manifest-{secrets.token_hex(4)}"
        with staged.open("w", encoding="utf-8") as file:
            json.dump({"format": FORMAT, **asdict(manifest)}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(staged, self.folder / "manifest.json")
        sync(self.folder)
        self._drop_dead_segments()

    def clean(self) -> None:
        """Remove what a load that ended early has left."""
        self._drop_dead_segments()
        for path in self.folder.glob(".manifest-*"):
            path.unlink()
        shutil.rmtree(self.staging, ignore_errors=True)
        for path in self.spill.glob("*-*"):
            if not Path("/proc", path.name.partition("-")[0]).exists():
                shutil.rmtree(path, ignore_errors=True)

    def _drop_dead_segments(self) -> None:
        live = {segment.segment_id for segment in self.segments()}
        folder = self.folder / "segments"
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in live:
                shutil.rmtree(path)

    def forget(self, user: int) -> int:
        """Remove all rows of one user, durably; returns how many there were."""
        from graph.segments import without_user

        manifest = self.manifest()
        replaced = {s: new for s in manifest.segments if (new := without_user(self, s, user)) is not None}
        if replaced:
            self.commit(manifest.replaced(replaced, replaced.values()))
        return sum(old.rows - new.rows for old, new in replaced.items())

    def compact(self) -> int:
        """Merge the small segments into one when there are several; returns how many went in."""
        from graph.segments import merged

        manifest = self.manifest()
        small = [segment for segment in manifest.segments if segment.rows < SMALL]
        if len(small) < 2:
            return 0
        self.commit(manifest.replaced(small, [merged(self, small)]))
        return len(small)


def _mapped(folder: Path) -> Hashes:
    return mapped(folder / "payments.npy")


def _parsed(value: dict[str, Any], path: Path) -> Manifest:
    if value.get("format") != FORMAT:
        raise StoreError(f"{path}: payment log format {value.get('format')!r}; expected {FORMAT}")
    return Manifest(
        store_id=value["store_id"],
        segments=tuple(Segment(**segment) for segment in value["segments"]),
        loads=tuple(value["loads"]),
        labels=value["labels"],
    )


def empty_rows(length: int = 0) -> Rows:
    """Rows of zeros to fill in."""
    return np.zeros(length, dtype=ROW)


def rows_of(columns: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> Rows:
    """Rows from the columns of `GraphStore.inbox()`, where None is no product or no quantity."""
    rows = empty_rows(len(columns["payment"]))
    for name in ROW.names or ():
        if name == "declared":
            rows[name] = UNDECLARED
        elif name in ("product", "quantity"):
            rows[name] = [NONE if v is None or v != v or v < 0 else v for v in columns[name]]
        else:
            rows[name] = columns[name]
    return rows
