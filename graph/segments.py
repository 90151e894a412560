"""Write, read and rewrite segments of the payment log: Parquet by bucket and month, and sorted hashes.

A segment exists once the manifest names it. Until then its folder is only a folder, and a writer that dies
leaves nothing behind but that.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from graph.durable import sync
from graph.errors import StoreConflict
from graph.log import NONE, ROW, Hashes, PaymentLog, Rows, Segment, bucket_of, empty_rows
from graph.schema import SCENES
from graph.stores.base import GraphStore

FLUSH_ROWS = 5_000_000  # rows in memory before they are written: 165 MB, and once more while sorting
_PATIENCE = 10  # times that a log which is rewritten meanwhile is read again
_WRITERS = 4  # threads that encode and write files
_NULLABLE = ("product", "quantity")
_DAY_S = 86_400


class SegmentWriter:
    """Collect rows in any order and write them as one segment.

    Args:
        log: the log it will belong to; nothing in it changes until `log.commit`.
    """

    def __init__(self, log: PaymentLog, segment_id: str | None = None) -> None:
        self.segment_id = segment_id or secrets.token_hex(8)
        self.folder = log.folder / "segments" / self.segment_id
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        self._waiting: list[Rows] = []
        self._num_waiting = 0
        self._parts = 0
        self._rows = 0
        self._max_band = 0
        self._hashes: list[Hashes] = []

    def add(self, rows: Rows) -> None:
        self._waiting.append(rows)
        self._num_waiting += len(rows)
        if self._num_waiting >= FLUSH_ROWS:
            self._flush()

    def close(self) -> Segment:
        """Write what waits, make all of it durable, and say what it is."""
        self._flush()
        hashes = np.concatenate(self._hashes) if self._hashes else np.zeros(0, dtype=np.uint64)
        hashes.sort()
        np.save(self.folder / "payments.npy", hashes)
        sync_tree(self.folder)
        return Segment(self.segment_id, self._rows, self._max_band)

    def _flush(self) -> None:
        if not self._num_waiting:
            return
        rows = np.concatenate(self._waiting)
        self._waiting, self._num_waiting = [], 0
        self._hashes.append(rows["payment"].copy())
        self._rows += len(rows)
        self._max_band = max(self._max_band, int(rows["band"].max()))
        written: list[Future[None]] = []
        with ThreadPoolExecutor(_WRITERS) as pool:
            for part, month, bucket in _parts(rows):
                folder = self.folder / f"bucket={bucket:02d}" / f"month={month}"
                folder.mkdir(parents=True, exist_ok=True)
                written.append(pool.submit(write_rows, part, folder / f"{self._parts:04d}.parquet"))
        for file in written:
            file.result()
        self._parts += 1


def _parts(rows: Rows) -> Iterator[tuple[Rows, np.datetime64, int]]:
    """Rows of one bucket and month at a time, sorted by user."""
    days = rows["paid_at"] // _DAY_S
    month_of = np.arange(int(days.max()) + 1).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    bucket = bucket_of(rows["user"]).astype(np.int64)
    place = bucket << 12 | month_of[days]  # months since 1970 stay below 2**12 while seconds fit 32 bits
    order = _order(place, rows["user"])
    rows, place = rows[order], place[order]
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        key = int(place[start])
        yield rows[start:end], np.datetime64(key & 0xFFF, "M"), key >> 12


def _order(place: npt.NDArray[np.int64], user: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """Order by place, then user.

    Sorting whole numbers is many times quicker than sorting positions by them, so the position goes into
    the number where it fits: 16 bits of place, and 48 for user and position.
    """
    row_bits = max(len(user) - 1, 1).bit_length()
    user_bits = int(user.max()).bit_length()
    if user_bits + row_bits > 47:
        return np.lexsort((user, place))
    keys = place << (user_bits + row_bits) | user.astype(np.int64) << row_bits | np.arange(len(user))
    keys.sort()
    return keys & ((1 << row_bits) - 1)


def write_rows(rows: Rows, path: Path) -> None:
    """Write rows as one Parquet file."""
    columns = {}
    for name in ROW.names or ():
        values = np.ascontiguousarray(rows[name])
        columns[name] = pa.array(values, mask=values == NONE if name in _NULLABLE else None)
    # Hashes do not compress and dictionaries of them would only cost time.
    pq.write_table(
        pa.table(columns), path, compression="lz4", use_dictionary=["merchant", "band", "scene", "declared"]
    )


def read_rows(path: Path) -> Rows:
    """Read one Parquet file of rows."""
    return _as_rows(pq.read_table(path, partitioning=None))


def _as_rows(table: pa.Table) -> Rows:
    rows = empty_rows(table.num_rows)
    for name in ROW.names or ():
        column = table[name].fill_null(NONE) if name in _NULLABLE else table[name]
        rows[name] = column.to_numpy()
    return rows


def rows_of_user(log: PaymentLog, user: int) -> Rows:
    """All payments of one person in the log, of one manifest; in no order. Rows of a file are sorted by user.

    Raises:
        StoreConflict: the log was rewritten again and again while it was read.
    """
    bucket = int(bucket_of(np.array([user]))[0])
    for _ in range(_PATIENCE):
        try:
            return np.concatenate([empty_rows(), *(_rows_of(path, user) for path in log.files([bucket]))])
        except FileNotFoundError:  # replaced between reading the manifest and opening the file
            continue
    raise StoreConflict("the payment log was rewritten while it was read; try again")


def _rows_of(path: Path, user: int) -> Rows:
    """Rows of one user in one file, whose other columns are read only where there are any."""
    with pa.memory_map(str(path)) as source:
        file = pq.ParquetFile(source)
        owner = _plain(file.read(columns=["user"], use_threads=False)["user"], ROW["user"])
        first, last = np.searchsorted(owner, [user, user + 1])
        rows = empty_rows(int(last - first))
        if len(rows):
            table = file.read(use_threads=False).slice(int(first), len(rows))
            for name in ROW.names or ():
                rows[name] = _plain(table[name], ROW[name])
        return rows


def _plain(column: pa.ChunkedArray, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    """Values of a column, NONE where null; Arrow's own way imports pandas, which takes half a second."""
    parts = [np.zeros(0, dtype=kind)]
    for chunk in column.chunks:
        validity, data = chunk.buffers()
        part = slice(chunk.offset, chunk.offset + len(chunk))
        if pa.types.is_boolean(chunk.type):
            values = _bits(data)[part]
        else:
            values = np.frombuffer(data, dtype=kind, count=part.stop)[part]
        parts.append(values if validity is None else np.where(_bits(validity)[part], values, NONE))
    return np.concatenate(parts).astype(kind)


def _bits(buffer: pa.Buffer) -> npt.NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(buffer, dtype=np.uint8), bitorder="little").astype(bool)


def segment_files(log: PaymentLog, segment: Segment) -> list[Path]:
    """Parquet files of one segment."""
    return sorted(log.path_of(segment).glob("bucket=*/month=*/*.parquet"))


def without_user(log: PaymentLog, segment: Segment, user: int) -> Segment | None:
    """A new segment without one user's rows, or None when there are none in it."""
    bucket = log.path_of(segment) / f"bucket={int(bucket_of(np.array([user]))[0]):02d}"
    return rewritten(
        log, segment, sorted(bucket.glob("month=*/*.parquet")), lambda rows: rows[rows["user"] != user]
    )


def rewritten(
    log: PaymentLog, segment: Segment, files: Sequence[Path], edit: Callable[[Rows], Rows]
) -> Segment | None:
    """A new segment with some files edited; all others are the same files, linked.

    Args:
        edit: takes the rows of one file; returns rows of the same users and months, perhaps fewer.

    Returns:
        The new segment, not yet committed, or None when no file changes.
    """
    changed: dict[Path, tuple[Rows, Hashes]] = {}
    for path in files:
        before = read_rows(path)
        after = edit(before.copy())
        if len(after) != len(before) or not np.array_equal(after, before):
            gone = np.setdiff1d(before["payment"], after["payment"])
            changed[path] = (after, gone)
    return _copied(log, segment, changed) if changed else None


def _copied(log: PaymentLog, segment: Segment, changed: dict[Path, tuple[Rows, Hashes]]) -> Segment:
    writer = SegmentWriter(log)
    old, new = log.path_of(segment), writer.folder
    for path in segment_files(log, segment):
        target = new / path.relative_to(old)
        rows = changed[path][0] if path in changed else None
        if rows is not None and not len(rows):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if rows is None:
            os.link(path, target)
        else:
            write_rows(rows, target)
    gone = np.concatenate([hashes for _, hashes in changed.values()])
    known = np.load(old / "payments.npy")
    np.save(new / "payments.npy", np.setdiff1d(known, gone, assume_unique=True) if len(gone) else known)
    sync_tree(new)
    return Segment(writer.segment_id, segment.rows - len(gone), segment.max_band)


def merged(log: PaymentLog, segments: Iterable[Segment]) -> Segment:
    """One new segment with the rows of several."""
    writer = SegmentWriter(log)
    for segment in segments:
        for path in segment_files(log, segment):
            writer.add(read_rows(path))
    return writer.close()


def sync_tree(folder: Path) -> None:
    """Make a folder with all that is in it durable; many files wait for the disk together."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sync, files))
    for path in folder.rglob("*"):
        if path.is_dir():
            sync(path)
    sync(folder)
    sync(folder.parent)


def problems(log: PaymentLog, store: GraphStore) -> Iterator[str]:
    """Sentences about segments that do not hold together, or that name nodes which do not exist."""
    known = {
        name: np.asarray(store.nodes(name.title())["index"], dtype=np.int64)
        for name in ("user", "merchant", "product")
    }
    for segment in log.segments():
        where = f"log segment {segment.segment_id}"
        try:
            yield from (f"{where}: {problem}" for problem in _segment_problems(log, segment, known))
        except (OSError, pa.ArrowException, ValueError) as error:
            yield f"{where} cannot be read: {error}"


def _segment_problems(
    log: PaymentLog, segment: Segment, known: Mapping[str, npt.NDArray[np.int64]]
) -> Iterator[str]:
    num_rows, hashes = 0, [np.zeros(0, dtype=np.uint64)]
    found: set[str] = set()
    for path in segment_files(log, segment):
        rows = read_rows(path)
        num_rows += len(rows)
        hashes.append(rows["payment"])
        if (rows["scene"] >= len(SCENES)).any():
            found.add("a scene that does not exist")
        if len(np.unique(bucket_of(rows["user"]))) > 1:
            found.add("users of two buckets in one file")
        for name, indices in known.items():
            named = np.unique(rows[name])
            if not np.isin(named[named != NONE], indices).all():
                found.add(f"a {name} that the store does not have")
    yield from (f"it has {what}" for what in sorted(found))
    if num_rows != segment.rows:
        yield f"{num_rows} rows; the manifest says {segment.rows}"
    if not np.array_equal(np.sort(np.concatenate(hashes)), np.load(log.path_of(segment) / "payments.npy")):
        yield "the list of known payments does not fit the rows"
