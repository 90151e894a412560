"""Our answers as Parquet, so that anybody can score them: lists, and labelled pairs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.evaluation.answers_file import write_whole
from embeddings.links.ground import Float64
from embeddings.links.listed import Lists, Question
from embeddings.links.pairs import Pairs
from graph.snapshot import Snapshot


def write_lists(path: Path, snapshot: Snapshot, question: Question, lists: Lists, weights: Float64) -> None:
    rows, places = np.nonzero(lists.others >= 0)
    columns = {
        "user_id": [snapshot.users[int(user)] for user in question.users[rows]],
        "rank": (places + 1).astype(np.int32),
        "other_user_id": [snapshot.users[int(user)] for user in lists.others[rows, places]],
        "weight": weights.reshape(lists.others.shape)[rows, places],
    }
    _write(path, columns)


def write_pairs(path: Path, snapshot: Snapshot, pairs: Pairs, weights: Float64) -> None:
    columns: Mapping[str, Any] = {
        "user_id": [snapshot.users[int(user)] for user in pairs.one],
        "other_user_id": [snapshot.users[int(user)] for user in pairs.other],
        "weight": weights,
    }
    _write(path.with_name(f"{path.name}.pairs"), columns)


def _write(path: Path, columns: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(dict(columns))
    write_whole(path, lambda staging: pq.write_table(table, staging, compression="zstd"))
