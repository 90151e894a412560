"""What a load did, counted: for people, for machines, and for the entry that the store keeps of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from loaders.currencies import MINOR_DIGITS

MICROS = 1_000_000  # amounts are added up in millionths of a major unit, exactly
NO_CURRENCY = "none"
FATES = ("read", "loaded", "duplicates", "refused")


@dataclass(frozen=True)
class Progress:
    """How far a stage is; total 0 when it is not known."""

    stage: str
    done: int
    total: int


@dataclass
class FileTally:
    """Rows of one file of one table; `reasons` counts the refused ones."""

    table: str
    file: str
    read: int = 0
    duplicates: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    ignored_columns: tuple[str, ...] = ()

    @property
    def refused(self) -> int:
        return sum(self.reasons.values())

    @property
    def loaded(self) -> int:
        return self.read - self.duplicates - self.refused

    def as_row(self) -> dict[str, Any]:
        counts = {fate: getattr(self, fate) for fate in FATES}
        return {"table": self.table, "file": self.file, **counts}


class Totals:
    """Amounts by currency and fate; read = loaded + duplicates + refused, to the millionth."""

    def __init__(self) -> None:
        self._micros: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, fate: str, currency: str, micros: npt.NDArray[np.int64]) -> None:
        # High and low halves apart: a billion amounts of a billion would not fit 64 bits.
        high, low = np.divmod(micros, MICROS)
        self.add_sum(fate, currency, int(high.sum()) * MICROS + int(low.sum()))

    def add_sum(self, fate: str, currency: str, micros: int) -> None:
        """Add what was added up elsewhere."""
        self._micros[currency][fate] += micros

    def move(self, source: str, target: str, currency: str, micros: npt.NDArray[np.int64]) -> None:
        self.add(source, currency, -micros)
        self.add(target, currency, micros)

    def as_rows(self) -> list[dict[str, Any]]:
        return [
            {"currency": currency, **{fate: _decimal(fates[fate], currency) for fate in FATES}}
            for currency, fates in sorted(self._micros.items())
            if fates["read"] or any(fates.values())
        ]


def _decimal(micros: int, currency: str) -> str:
    """At least the digits of the minor unit, more only where they say something."""
    value = Decimal(micros).scaleb(-6)
    digits = MINOR_DIGITS.get(currency, 2)
    cut = value.quantize(Decimal(1).scaleb(-digits))
    return str(cut if cut == value else value.normalize())


@dataclass(frozen=True)
class LoadReport:
    """Result of one load.

    files: one tally a file. totals: amounts by currency as exact decimals. touched: distinct users,
    merchants, products and circles named by what was loaded. edges: set, by kind. notes: what was ignored.
    refused_file: one JSON object a refused row, or None.
    """

    load_id: str
    sources: tuple[str, ...]
    already_loaded: bool = False
    dry_run: bool = False
    files: tuple[FileTally, ...] = ()
    totals: tuple[Mapping[str, Any], ...] = ()
    touched: Mapping[str, int] = field(default_factory=dict)
    edges: Mapping[str, int] = field(default_factory=dict)
    walled: int = 0
    refunds: int = 0
    relabelled: int = 0
    notes: tuple[str, ...] = ()
    refused_file: str | None = None
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """As plain values; every table also stands under its own name with its counts."""
        return {
            "load_id": self.load_id,
            "sources": list(self.sources),
            "already_loaded": self.already_loaded,
            "dry_run": self.dry_run,
            "tables": [tally.as_row() for tally in self.files],
            "reasons": [
                {"table": t.table, "file": t.file, "reason": reason, "rows": rows}
                for t in self.files
                for reason, rows in sorted(t.reasons.items())
            ],
            "totals": [dict(row) for row in self.totals],
            **_by_table(self.files, {"walled": self.walled, "refunds": self.refunds}),
            "touched": dict(self.touched),
            "edges": dict(self.edges),
            "relabelled": self.relabelled,
            "notes": list(self.notes),
            "refused_file": self.refused_file,
            "seconds": round(self.seconds, 3),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any], sources: tuple[str, ...]) -> "LoadReport":
        """The report of an earlier load of the same content, as it was told then."""
        files = {(row["table"], row["file"]): FileTally(row["table"], row["file"]) for row in value["tables"]}
        for row in value["tables"]:
            tally = files[row["table"], row["file"]]
            tally.read, tally.duplicates = row["read"], row["duplicates"]
        for row in value["reasons"]:
            files[row["table"], row["file"]].reasons[row["reason"]] = row["rows"]
        return cls(
            load_id=value["load_id"],
            sources=sources,
            already_loaded=True,
            files=tuple(files.values()),
            totals=tuple(value["totals"]),
            touched=value["touched"],
            edges=value["edges"],
            walled=value["payments"]["walled"],
            refunds=value["payments"]["refunds"],
            relabelled=value["relabelled"],
            notes=tuple(value["notes"]),
            refused_file=value["refused_file"],
        )


def _by_table(files: Iterable[FileTally], of_payments: Mapping[str, int]) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {"payments": dict.fromkeys(FATES, 0)}
    for tally in files:
        counts = out.setdefault(tally.table, dict.fromkeys(FATES, 0))
        for fate in FATES:
            counts[fate] += getattr(tally, fate)
    out["payments"] |= of_payments
    return out
