"""Payment logs made by hand: rows from dictionaries, written as the loaders write them."""

from pathlib import Path
from typing import Any

from graph.log import NONE, Manifest, PaymentLog, Rows, empty_rows
from graph.segments import SegmentWriter


def rows(*values: dict[str, Any], **same: Any) -> Rows:
    """Rows from dictionaries; each gets its own payment hash."""
    out = empty_rows(len(values))
    out["product"] = out["quantity"] = NONE
    for i, value in enumerate(values):
        for name, cell in {"payment": i + 1, "band": 1, **same, **value}.items():
            out[name][i] = cell
    return out


def log_of(folder: Path, *parts: Rows) -> PaymentLog:
    """A log with a segment for each part."""
    log = PaymentLog(folder)
    segments = []
    for part in parts:
        writer = SegmentWriter(log)
        writer.add(part)
        segments.append(writer.close())
    log.commit(Manifest(segments=tuple(segments)))
    return log
