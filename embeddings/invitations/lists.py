"""Our audiences as Parquet, so that anybody can count who fits."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embeddings.evaluation.answers_file import write_whole
from embeddings.invitations.plan import Case, Plan
from graph.ids import Ids

LIST_SIZE = 100


def write_lists(
    path: Path, users: Ids, names: Sequence[str], plans: Sequence[Plan], cases: Sequence[Case]
) -> None:
    """Write `circle_id, user_id, score, certified`, best first within a circle.

    A certified audience is written whole. Where there is none, the best 100 who may be invited are, and
    where it is smaller, the best of the rest up to 100: uncertified.

    Raises:
        StoreError: the file cannot be written; there is none then.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = list(users)
    columns: dict[str, list[object]] = {"circle_id": [], "user_id": [], "score": [], "certified": []}
    for name, plan, case in zip(names, plans, cases, strict=True):
        certified = len(plan.users) if plan.certificate else 0
        order = np.argsort(-case.scores, kind="stable")
        shown = order[case.invited[order]][: max(LIST_SIZE, certified)]
        columns["circle_id"] += [name] * len(shown)
        columns["user_id"] += [ids[user] for user in shown.tolist()]
        columns["score"] += case.scores[shown].tolist()
        columns["certified"] += [place < certified for place in range(len(shown))]
    table = pa.table(columns)
    write_whole(path, lambda staging: pq.write_table(table, staging, compression="zstd"))
