"""Payments from their files to the staging area: checked, hashed, banded, without those already known."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.log import NONE, UNDECLARED, Hashes, PaymentLog, Rows, empty_rows
from graph.policy.bands import amount_bands
from graph.policy.values import Policy
from graph.schema import SCENES
from loaders.checks import MOST, Checked, Checker
from loaders.coded import Coded
from loaders.currencies import MINOR_DIGITS
from loaders.files import TableFile
from loaders.mapping import Reading
from loaders.parsing import Parser
from loaders.readers import ahead, batches, ignored_columns
from loaders.refused import Refused
from loaders.report import MICROS, NO_CURRENCY, FileTally, Totals
from loaders.staging import Chunk, Staging

Bool = npt.NDArray[np.bool_]
ID_COLUMNS = {"user": "user_id", "merchant": "merchant_id", "product": "product_id"}


@dataclass
class Intake:
    """Reads the payment files of one load into its staging area.

    known: sorted hashes that the store's inbox holds.
    """

    log: PaymentLog
    staging: Staging
    refused: Refused
    policy: Policy
    parser: Parser
    now: int
    known: Hashes
    tallies: list[FileTally] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    notes: Counter[str] = field(default_factory=Counter)

    def read(self, files: Sequence[TableFile], progress: Callable[[int], None]) -> None:
        """Read all files, then set apart what they repeat.

        Args:
            progress: called with the number of rows read so far.
        """
        num_rows = 0
        for file in files:
            tally = FileTally(file.table, file.name, ignored_columns=ignored_columns(file))
            self.tallies.append(tally)
            checker = Checker("payments", self.parser, now=self.now)
            for batch in ahead(batches(file)):
                self._take(checker.check(batch, file.reading), file, tally)
                num_rows += len(batch)
                progress(num_rows)

    def new_rows(self) -> Iterator[tuple[Chunk, Bool]]:
        """Chunks with the rows that are new, first ones first; counts the repeated ones."""
        repeated = dict(self.staging.repeated())
        for number in range(len(self.staging)):
            chunk = self.staging.chunk(number)
            again = repeated.get(number, np.zeros(len(chunk.rows), dtype=bool))
            yield chunk, ~again

    def count_repeated(self) -> int:
        """Count rows that repeat an earlier row of this load; returns how many rows are new."""
        num_new = 0
        for chunk, new in self.new_rows():
            num_new += int(new.sum())
            self.tallies[chunk.file].duplicates += int((~new).sum())
            for code, name in enumerate((*chunk.currencies, NO_CURRENCY)):
                mask = ~new & (chunk.currency == (code if code < len(chunk.currencies) else -1))
                if mask.any():
                    self.totals.move("loaded", "duplicates", name, chunk.micros[mask])
        return num_new

    def _take(self, checked: Checked, file: TableFile, tally: FileTally) -> None:
        micros = micros_of(checked, file.reading)
        good = checked.good
        duplicate = np.zeros(len(checked), dtype=bool)
        duplicate[good] = self._is_known(checked.payments[good])
        fresh = good & ~duplicate
        self.refused.add(file.name, file.table, checked)
        tally.read += len(checked)
        tally.duplicates += int(duplicate.sum())
        tally.reasons.update(reason for _, reason in checked.refused())
        self.notes.update(checked.notes)
        currency, names = currencies_of(checked.code("currency"))
        self._count(micros, currency, names, {"loaded": fresh, "duplicates": duplicate, "refused": ~good})
        if fresh.any():
            self.staging.add(self._chunk(checked, file.reading, micros, (currency, names), fresh))

    def _is_known(self, payments: Hashes) -> Bool:
        return np.asarray(self.log.contains(payments) | is_among(payments, self.known))

    def _count(
        self,
        micros: npt.NDArray[np.int64],
        currency: npt.NDArray[np.int16],
        names: tuple[str, ...],
        fates: dict[str, Bool],
    ) -> None:
        for code in np.unique(currency).tolist():
            name = names[code] if code >= 0 else NO_CURRENCY
            for fate, mask in {"read": np.ones(len(micros), dtype=bool), **fates}.items():
                self.totals.add(fate, name, micros[mask & (currency == code)])

    def _chunk(
        self,
        checked: Checked,
        reading: Reading,
        micros: npt.NDArray[np.int64],
        currency: tuple[npt.NDArray[np.int16], tuple[str, ...]],
        fresh: Bool,
    ) -> Chunk:
        rows = filled(checked, reading, micros, fresh, self.policy)
        return Chunk(
            rows=rows,
            ids={thing: checked.code(column).values for thing, column in ID_COLUMNS.items()},
            file=len(self.tallies) - 1,
            micros=micros[fresh],
            currency=currency[0][fresh],
            currencies=currency[1],
        )


def is_among(payments: Hashes, ordered: Hashes) -> Bool:
    """Whether each hash is among ordered ones."""
    if not len(ordered):
        return np.zeros(len(payments), dtype=bool)
    at = np.minimum(np.searchsorted(ordered, payments), len(ordered) - 1)
    return np.asarray(ordered[at] == payments)


def filled(
    checked: Checked, reading: Reading, micros: npt.NDArray[np.int64], wanted: Bool, policy: Policy
) -> Rows:
    """Rows of the log for the wanted rows of a batch; user, merchant and product are still codes."""
    rows = empty_rows(int(wanted.sum()))
    rows["payment"] = checked.payments[wanted]
    for thing, column in ID_COLUMNS.items():
        codes = checked.code(column).codes[wanted]
        rows[thing] = np.where(codes < 0, NONE, codes)
    amounts = checked.number("amount")[wanted]
    rows["quantity"] = _quantities(checked.number("quantity")[wanted])
    rows["paid_at"] = checked.moment("paid_at")[wanted]
    known = np.where(np.isnan(amounts), np.nan, micros[wanted] / MICROS)
    rows["band"] = amount_bands(known, policy.amount_bands)
    rows["declared"] = _declared(checked.code("scene"))[wanted]
    rows["refund"] = _refunds(checked, reading)[wanted]
    return rows


def micros_of(checked: Checked, reading: Reading) -> npt.NDArray[np.int64]:
    """Amounts in millionths of a major unit; 0 where there is none or it cannot be read.

    A float64 holds a billion to the millionth exactly enough to round to the right one.
    """
    amounts = checked.number("amount")
    factor = np.full(len(checked), float(MICROS))
    if reading.amount_unit == "minor":
        currency = checked.code("currency")
        digits = np.array([MINOR_DIGITS.get(name, 2) for name in currency.values.to_pylist()], dtype=np.int64)
        factor = 10.0 ** (6 - currency.numbers(digits, 2))
    scaled = amounts * factor
    too_much = np.nan_to_num(np.abs(scaled)) > MOST * MICROS
    checked.refuse(too_much, f"amount is beyond {MOST:,}")
    return np.where(np.isfinite(scaled) & ~too_much, np.rint(scaled), 0).astype(np.int64)


def currencies_of(column: Coded) -> tuple[npt.NDArray[np.int16], tuple[str, ...]]:
    """Codes and names of known currencies; what is no currency counts as none."""
    names = column.values.to_pylist()
    known = [name for name in names if name in MINOR_DIGITS]
    place = np.array([known.index(name) if name in MINOR_DIGITS else -1 for name in names], dtype=np.int16)
    return column.numbers(place, -1).astype(np.int16), tuple(known)


def _quantities(values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint32]:
    """Whole quantities: rounded, but a little of something is at least one."""
    sizes = np.abs(np.nan_to_num(values))
    whole = np.where(sizes > 0, np.maximum(np.rint(sizes), 1), 0)
    return np.where(np.isnan(values), NONE, whole).astype(np.uint32)


def _declared(column: Coded) -> npt.NDArray[np.uint8]:
    index_of = {scene: i for i, scene in enumerate(SCENES)}
    scenes = [index_of.get(value, UNDECLARED) for value in column.values.to_pylist()]
    return column.numbers(np.array(scenes, dtype=np.uint8), UNDECLARED).astype(np.uint8)


def _refunds(checked: Checked, reading: Reading) -> Bool:
    refunds = np.nan_to_num(checked.number("amount")) < 0
    if reading.refund.negative_quantity:
        refunds = refunds | (np.nan_to_num(checked.number("quantity")) < 0)
    if reading.refund.column:
        marked = checked.code("refund")
        named = pa.array(reading.refund.values, type=pa.string())
        refunds = refunds | marked.where(np.asarray(pc.is_in(marked.values, value_set=named)))
    return np.asarray(refunds)
