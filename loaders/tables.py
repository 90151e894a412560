"""Read the tables besides payments: whole, as columns of good rows without repetition."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph.schema import TABLES
from loaders.checks import Checked, Checker
from loaders.files import TableFile
from loaders.kinds import CODED, NUMBERS, Kind, kind_of
from loaders.parsing import MISSING, Parser
from loaders.readers import batches, ignored_columns
from loaders.refused import Refused
from loaders.report import FileTally

Columns = dict[str, list[Any]]
# What makes a row the same as an earlier one; the first one counts.
KEYS = {
    "merchants": ("merchant_id",),
    "products": ("product_id",),
    "users": ("user_id",),
    "circles": ("circle_id",),
    "themes": ("circle_id", "kind", "target_id"),
    "memberships": ("user_id", "circle_id", "joined_at"),
    "links": ("user_id", "other_user_id"),
    "consents": ("user_id", "purpose", "at"),
}


@dataclass
class TableReader:
    """Reads tables and keeps count."""

    parser: Parser
    refused: Refused | None
    now: int
    tallies: list[FileTally] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def read(self, table: str, files: Sequence[TableFile]) -> Columns:
        """Good rows of a table: every column of the schema, None where a value is absent."""
        out: Columns = {name: [] for name in TABLES[table]}
        seen: set[tuple[Any, ...]] = set()
        for file in files:
            tally = FileTally(table, file.name, ignored_columns=ignored_columns(file))
            self.tallies.append(tally)
            checker = Checker(table, self.parser, now=self.now)
            for batch in batches(file):
                self._take(checker.check(batch, file.reading), tally, seen, out)
        return out

    def _take(self, checked: Checked, tally: FileTally, seen: set[tuple[Any, ...]], out: Columns) -> None:
        columns = _columns(checked, tally.table)
        keys = list(zip(*(columns[name] for name in KEYS[tally.table]), strict=True))
        if tally.table == "links":
            keys = [tuple(sorted(key)) for key in keys]
        first = [key not in seen and not seen.add(key) for key in keys]  # type: ignore[func-returns-value]
        for name, values in columns.items():
            out[name] += [value for value, kept in zip(values, first, strict=True) if kept]
        tally.read += len(checked)
        tally.duplicates += len(first) - sum(first)
        tally.reasons.update(reason for _, reason in checked.refused())
        self.notes.update(checked.notes)
        if self.refused is not None:
            self.refused.add(tally.file, tally.table, checked)


def _columns(checked: Checked, table: str) -> Columns:
    """Good rows of a batch as Python values."""
    good = checked.good
    return {name: _values(checked, name, good) for name in TABLES[table]}


def _values(checked: Checked, name: str, good: Any) -> list[Any]:
    kind = kind_of(name)
    if kind is Kind.FLAG:
        flags = checked.flags.get(name, np.full(len(checked), -1))[good]
        return [None if flag < 0 else bool(flag) for flag in flags.tolist()]
    if kind in CODED:
        column = checked.code(name)
        texts = [*column.values.to_pylist(), None]
        return [texts[code] for code in column.codes[good].tolist()]
    if kind in NUMBERS:
        return [None if value != value else value for value in checked.number(name)[good].tolist()]
    assert kind is Kind.MOMENT
    return [None if value == MISSING else value for value in checked.moment(name)[good].tolist()]
