"""Tables of an interchange folder, written out for a test."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_tables(folder: Path, tables: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """One CSV file a table, its first row the header; returns the folder."""
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    return folder
