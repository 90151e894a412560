"""Check a batch row by row: every row is good, or has one reason why it is refused."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import SCENES, TABLES
from loaders.coded import Coded, coded, nothing
from loaders.currencies import MINOR_DIGITS
from loaders.files import Batch
from loaders.kinds import CHOICES, CODED, Kind, kind_of
from loaders.mapping import Reading
from loaders.parsing import MISSING, Parser

LONGEST_ID, LONGEST_TEXT = 256, 4000  # characters
MOST = 1_000_000_000  # of an amount or a quantity
# Ids are opaque: quotes, tabs and line breaks are legal. What is left here no system gives on purpose.
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_YES, _NO = ("true", "1", "yes", "y", "t", "是"), ("false", "0", "no", "n", "f", "否")
_DAY_S = 86_400
_MOST_REASONS = 255  # of one batch; further ones count as the last

Bool = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Checked:
    """A batch after the checks; values of refused rows mean nothing.

    codes: ids, texts, choices, scenes and currencies. flags: int8, 1 yes, 0 no, -1 absent. numbers:
    float64, nan absent. moments: int64 epoch seconds, MISSING absent. payments: uint64 hashes.
    reason: uint8 (n,), 0 for a good row, else 1 + position in `reasons`.
    notes: what was passed over in good rows.
    """

    lines: Int64
    reason: npt.NDArray[np.uint8]
    reasons: list[str]
    codes: dict[str, Coded] = field(default_factory=dict)
    flags: dict[str, npt.NDArray[np.int8]] = field(default_factory=dict)
    numbers: dict[str, Float] = field(default_factory=dict)
    moments: dict[str, Int64] = field(default_factory=dict)
    payments: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    notes: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def good(self) -> Bool:
        return np.asarray(self.reason == 0)

    def code(self, column: str) -> Coded:
        """An optional column, all absent when the file does not have it."""
        return self.codes.get(column) or nothing(len(self))

    def moment(self, column: str) -> Int64:
        return self.moments.get(column, np.full(len(self), MISSING))

    def number(self, column: str) -> Float:
        return self.numbers.get(column, np.full(len(self), np.nan))

    def refuse(self, mask: Bool, why: str) -> None:
        """Refuse rows as far as they are still good."""
        fresh = mask & (self.reason == 0)
        if not fresh.any():
            return
        if why not in self.reasons:
            if len(self.reasons) == _MOST_REASONS:
                why = self.reasons[-1]
            else:
                self.reasons.append(why)
        self.reason[fresh] = 1 + self.reasons.index(why)

    def refused(self) -> Iterator[tuple[int, str]]:
        """Line and reason of each refused row."""
        for i in np.flatnonzero(self.reason).tolist():
            yield int(self.lines[i]), self.reasons[self.reason[i] - 1]


class Checker:
    """Checks the batches of one table.

    Args:
        now: epoch seconds; moments more than a day later are refused.
    """

    def __init__(self, table: str, parser: Parser, *, now: int) -> None:
        self.table = table
        self._parser = parser
        self._latest = now + _DAY_S

    def check(self, batch: Batch, reading: Reading) -> Checked:
        """Check one batch; a row keeps the first reason found, in the order of the table's columns."""
        parsed = self._parser.parse(batch.columns, reading)
        out = Checked(batch.lines, np.zeros(len(batch), dtype=np.uint8), [])
        for why in sorted(set(batch.broken.values())):
            out.refuse(
                np.isin(np.arange(len(batch)), [at for at, w in batch.broken.items() if w == why]), why
            )
        order = [name for name in (*TABLES[self.table], "refund") if name in batch.columns]
        for name in order:
            kind = kind_of(name)
            if kind in CODED:
                self._coded(out, name, kind, coded(batch.columns[name]))
            elif kind is Kind.PAYMENT:
                _payment_ids(out, name, batch.columns[name])
                out = _with_payments(out, parsed[name])
            elif kind is Kind.MOMENT:
                self._moment(out, name, batch.columns[name], parsed[name])
            else:
                self._number(out, name, kind, batch.columns[name], parsed[name], reading)
        _check_table(self.table, out)
        return out

    def _coded(self, out: Checked, name: str, kind: Kind, column: Coded) -> None:
        if TABLES[self.table].get(name):
            out.refuse(column.absent(), f"{name} is missing")
        if kind is Kind.ID:
            _ids(out, name, column)
        elif kind is Kind.CHOICE:
            known = CHOICES[self.table, name]
            out.refuse(column.where(~_is_in(column.values, known)), f"{name} is none of {', '.join(known)}")
        elif kind is Kind.SCENE:
            column = _known_scenes(out, name, column)
        elif kind is Kind.CURRENCY:
            column = _upper(column)
            unknown = ~_is_in(column.values, tuple(MINOR_DIGITS))
            out.refuse(column.where(unknown), f"{name} is not in ISO 4217")
        elif kind is Kind.TEXT:
            long = np.asarray(pc.greater(pc.utf8_length(column.values), LONGEST_TEXT))
            out.refuse(column.where(long), f"{name} is longer than {LONGEST_TEXT} characters")
        if kind is Kind.FLAG:
            out.flags[name] = _flag(out, name, column)
        else:
            out.codes[name] = column

    def _moment(self, out: Checked, name: str, column: pa.Array, values: Int64) -> None:
        absent = _absent(column)
        if TABLES[self.table].get(name):
            out.refuse(absent, f"{name} is missing")
        unread = values == MISSING
        out.refuse(unread & ~absent, f"{name} is not a date and time")
        out.refuse(~unread & (values < 0), f"{name} is before 1970")
        out.refuse(values > self._latest, f"{name} is in the future")
        out.moments[name] = values

    def _number(
        self, out: Checked, name: str, kind: Kind, column: pa.Array, values: Float, reading: Reading
    ) -> None:
        out.refuse(~np.isfinite(values) & ~_absent(column), f"{name} is not a number")
        size = np.nan_to_num(np.abs(values))
        out.refuse(size > MOST * (10_000 if kind is Kind.AMOUNT else 1), f"{name} is beyond {MOST:,}")
        if kind is Kind.QUANTITY and not reading.refund.negative_quantity:
            out.refuse(values < 0, f"{name} is negative")
        if kind is Kind.WEIGHT:
            out.refuse(values <= 0, f"{name} is not above zero")
        out.numbers[name] = values


def _with_payments(out: Checked, payments: npt.NDArray[np.uint64]) -> Checked:
    return Checked(**{**vars(out), "payments": payments})


def _absent(column: pa.Array) -> Bool:
    """Rows without a value; empty text is none."""
    if pa.types.is_dictionary(column.type):
        return coded(column).absent()
    absent = np.asarray(column.is_null())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        absent = absent | np.asarray(pc.fill_null(pc.equal(pc.binary_length(column), 0), True))
    return absent


def _ids(out: Checked, name: str, column: Coded) -> None:
    long = np.asarray(pc.greater(pc.utf8_length(column.values), LONGEST_ID))
    out.refuse(column.where(long), f"{name} is longer than {LONGEST_ID} characters")
    odd = np.asarray(pc.match_substring_regex(column.values, _CONTROL))
    out.refuse(column.where(odd), f"{name} has control characters")


def _payment_ids(out: Checked, name: str, column: pa.Array) -> None:
    """Ids that come once each: looked at as one block of bytes before looking at each."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.string())
    out.refuse(_absent(column), f"{name} is missing")
    if not len(column):
        return
    lengths = np.asarray(pc.fill_null(pc.binary_length(column), 0))
    if lengths.max() > LONGEST_ID:
        long = np.asarray(pc.fill_null(pc.greater(pc.utf8_length(column), LONGEST_ID), False))
        out.refuse(long, f"{name} is longer than {LONGEST_ID} characters")
    if _has_control_bytes(column):
        odd = np.asarray(pc.fill_null(pc.match_substring_regex(column, _CONTROL), False))
        out.refuse(odd, f"{name} has control characters")


def _has_control_bytes(column: pa.Array) -> bool:
    data = column.buffers()[2]
    content = np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8)
    return bool(len(content)) and bool((content < 32).any() or (content == 127).any())


def _is_in(values: pa.Array, known: tuple[str, ...]) -> Bool:
    return np.asarray(pc.is_in(values, value_set=pa.array(known, type=pa.string())))


def _known_scenes(out: Checked, name: str, column: Coded) -> Coded:
    """Other scenes than ours count as none."""
    known = _is_in(column.values, SCENES)
    for value, rows in zip(
        column.values.to_pylist(),
        np.bincount(column.codes[column.codes >= 0], minlength=len(known)),
        strict=True,
    ):
        if value not in SCENES:
            out.notes[f"{name} {value[:40]!r} is none of {', '.join(SCENES)}; passed over"] += int(rows)
    codes = np.where(column.where(~known), -1, column.codes).astype(np.int32)
    return Coded(codes, column.values)


def _upper(column: Coded) -> Coded:
    return coded(
        pa.DictionaryArray.from_arrays(
            pa.array(column.codes, mask=column.absent()),
            pc.utf8_upper(pc.utf8_trim_whitespace(column.values)),
        )
    )


def _flag(out: Checked, name: str, column: Coded) -> npt.NDArray[np.int8]:
    values = pc.utf8_lower(pc.utf8_trim_whitespace(column.values))
    yes, no = _is_in(values, _YES), _is_in(values, _NO)
    out.refuse(column.where(~(yes | no)), f"{name} is neither yes nor no")
    return column.numbers(np.where(yes, 1, 0).astype(np.int8), -1).astype(np.int8)


def _check_table(table: str, out: Checked) -> None:
    """What two columns say together."""
    if table == "themes":
        kinds, targets = out.code("kind"), out.code("target_id")
        scene = kinds.where(_is_in(kinds.values, ("scene",)))
        out.refuse(scene & targets.where(~_is_in(targets.values, SCENES)), "target_id is no scene")
    elif table == "links":
        one, two = out.code("user_id").texts(), out.code("other_user_id").texts()
        same = np.fromiter((a == b for a, b in zip(one, two, strict=True)), dtype=bool, count=len(out))
        out.refuse(same, "a person cannot be linked to themself")
    elif table == "memberships":
        joined, left = out.moment("joined_at"), out.moment("left_at")
        out.refuse((left != MISSING) & (left < joined), "left_at is before joined_at")
