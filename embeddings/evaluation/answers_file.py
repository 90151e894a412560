"""Our answers as a Parquet file, so that anybody can score them with code of their own."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.evaluation.ranking import Ranked
from graph.errors import StoreError
from graph.snapshot import Snapshot

LIST_SIZE = 100


def write_answers(path: Path, snapshot: Snapshot, users: npt.NDArray[np.int64], ranked: Ranked) -> None:
    """Write lists as `user_id, rank, circle_id, score`, ranks from 1; by user and rank.

    Raises:
        StoreError: the file cannot be written; there is none then.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows, places = np.nonzero(ranked.circles >= 0)
    user_ids = [snapshot.users[int(user)] if user >= 0 else "" for user in users]
    circle_ids = list(snapshot.circles)
    of_users = pa.DictionaryArray.from_arrays(rows.astype(np.int32), user_ids)
    of_circles = pa.DictionaryArray.from_arrays(ranked.circles[rows, places].astype(np.int32), circle_ids)
    table = pa.table(
        {
            "user_id": of_users.cast(pa.string()),
            "rank": pa.array(places + 1, pa.int32()),
            "circle_id": of_circles.cast(pa.string()),
            "score": pa.array(ranked.scores[rows, places], pa.float32()),
        }
    )
    write_whole(path, lambda staging: pq.write_table(table, staging, compression="zstd"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file that then appears at `path` whole or not at all.

    Raises:
        StoreError: it cannot be written, for instance because no space is left.
    """
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(staging)
        os.replace(staging, path)
    except OSError as error:
        staging.unlink(missing_ok=True)
        raise StoreError(
            f"{str(path)!r} cannot be written: {error.strerror or error}; nothing was kept; "
            "free some space or name another file"
        ) from error
