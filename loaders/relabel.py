"""Bring scenes and walls in the log in line with what the catalogue and the policy say now.

A merchant that turns out to be a clinic was a clinic yesterday: the wall goes up for its earlier payments
too. Nothing is remembered about what was said before; rows are compared with what they should be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from graph.log import PaymentLog, Rows, Segment
from graph.segments import rewritten, segment_files
from loaders.placing import Labels

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Relabelled:
    """Segments to be replaced (not committed yet), whose edges change, and how many rows did."""

    replaced: Mapping[Segment, Segment] = field(default_factory=dict)
    users: Int64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    rows: int = 0


def relabel(
    log: PaymentLog,
    labels: Labels,
    changed: Mapping[str, Int64] | None,
    progress: Callable[[int], None],
) -> Relabelled:
    """Write new segments where labels differ.

    Args:
        changed: label -> store indices of the only merchants and products to look at; None: look at all.
        progress: called with the number of segments looked at.
    """
    touched: list[Int64] = [np.zeros(0, dtype=np.int64)]

    def edit(rows: Rows) -> Rows:
        wanted = np.flatnonzero(_concerned(rows, changed))
        if len(wanted):
            part = rows[wanted]
            labels.relabel(part)
            differs = (part["scene"] != rows["scene"][wanted]) | (part["walled"] != rows["walled"][wanted])
            touched.append(part["user"][differs].astype(np.int64))
            rows[wanted] = part
        return rows

    replaced = {}
    for number, segment in enumerate(log.segments(), start=1):
        if (new := rewritten(log, segment, segment_files(log, segment), edit)) is not None:
            replaced[segment] = new
        progress(number)
    users = np.concatenate(touched)
    return Relabelled(replaced, np.unique(users), len(users))


def _concerned(rows: Rows, changed: Mapping[str, Int64] | None) -> npt.NDArray[np.bool_]:
    if changed is None:
        return np.ones(len(rows), dtype=bool)
    return np.isin(rows["merchant"], changed["Merchant"]) | np.isin(rows["product"], changed["Product"])
