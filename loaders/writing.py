"""From the staging area to a segment of the log: indices for ids, then scene and wall for every row."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.log import NONE, PaymentLog, Rows, Segment, empty_rows
from graph.segments import SegmentWriter
from loaders.interning import Int64, Interner, Interners, distinct
from loaders.payments import Intake
from loaders.placing import Labels
from loaders.recovery import Told
from loaders.staging import THINGS

UInt32 = npt.NDArray[np.uint32]


MOST_PAIRS = 500_000  # rows of a segment whose pairs are kept in memory
CHUNKS_AT_ONCE = 4  # whose ids are looked up together, and whose rows are in memory: 130 MB


@dataclass(frozen=True)
class Written:
    """A segment that is not committed yet.

    users: whose payments are in it. pairs: kind -> user << 32 | merchant or product, increasing; None for
    a segment with many rows. walled, refunds: how many of its rows are.
    """

    segment: Segment
    users: Int64
    pairs: dict[str, Int64] | None
    walled: int
    refunds: int


def write_segment(
    log: PaymentLog,
    intake: Intake,
    interners: Interners,
    labels: Labels,
    *,
    told: Told,
    segment_id: str | None = None,
) -> Written:
    """Write the new payments of an intake."""
    writer = SegmentWriter(log, segment_id)
    users = [np.zeros(0, dtype=np.int64)]
    few: list[Rows] = []
    walled = refunds = num_rows = 0
    for rows in _indexed(intake, interners, told):
        labels.relabel(rows)
        writer.add(rows)
        users.append(distinct(rows["user"]))
        walled += int(rows["walled"].sum())
        refunds += int(rows["refund"].sum())
        num_rows += len(rows)
        few = [*few, rows] if num_rows <= MOST_PAIRS else []
    pairs = _pairs(few) if num_rows <= MOST_PAIRS else None
    return Written(writer.close(), distinct(np.concatenate(users)), pairs, walled, refunds)


def _pairs(parts: list[Rows]) -> dict[str, Int64]:
    """Who paid where and who bought what."""
    rows = np.concatenate([empty_rows(), *parts])
    user = rows["user"].astype(np.int64) << 32
    has_product = rows["product"] != NONE
    return {
        "paid": np.unique(user | rows["merchant"]),
        "bought": np.unique((user | rows["product"])[has_product]),
    }


def _indexed(intake: Intake, interners: Interners, told: Told) -> Iterator[Rows]:
    """New rows, chunk by chunk, with indices for their ids."""
    chunks = intake.new_rows()
    done, total = 0, len(intake.staging)
    while group := list(islice(chunks, CHUNKS_AT_ONCE)):
        parts = [chunk.rows[new] for chunk, new in group]
        for thing in THINGS:
            named = [_used(rows[thing]) for rows in parts]
            ids = [
                chunk.ids[thing].take(pa.array(used)) for (chunk, _), used in zip(group, named, strict=True)
            ]
            indices = np.split(
                _indices(getattr(interners, thing), ids), np.cumsum([len(i) for i in ids])[:-1]
            )
            for rows, used, index in zip(parts, named, indices, strict=True):
                rows[thing] = _replaced(rows[thing], used, index)
        yield from parts
        done += len(group)
        told("writing the log", done, total)


def _used(codes: UInt32) -> Int64:
    """Positions of ids that occur; only these become nodes."""
    return distinct(codes[codes != NONE])


def _indices(interner: Interner, ids: list[pa.StringArray]) -> Int64:
    """Indices of ids, where different chunks name the same ones: each is looked up once."""
    encoded = pa.concat_arrays(ids).dictionary_encode()
    return np.asarray(interner.of(encoded.dictionary.to_pylist())[encoded.indices.to_numpy()])


def _replaced(codes: UInt32, used: Int64, index: Int64) -> UInt32:
    index_of = np.full(int(used.max(initial=-1)) + 2, NONE, dtype=np.uint32)
    index_of[used] = index
    return index_of[np.minimum(codes, len(index_of) - 1)]
