"""What a worker does with one file of payments: the door's own readers, checks, pseudonyms and bands.

The same code runs as on one machine, so that a row is read, refused and rounded alike wherever it is read:
Spark's own CSV reader knows no lines, and its dates and numbers are not those of another engine.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.aggregate import connect
from graph.errors import CirclesError
from graph.log import Hashes, PaymentLog
from graph.policy.values import Policy
from loaders.checks import Checked, Checker
from loaders.files import TableFile
from loaders.parsing import Parser
from loaders.payments import ID_COLUMNS, currencies_of, filled, is_among, micros_of
from loaders.pseudonyms import Pseudonyms
from loaders.readers import batches

NEW, KNOWN, REFUSED, NOTE, ERROR = range(5)  # fates
SCHEMA = pa.schema(
    [
        ("file", pa.int32()),  # place among the files
        ("batch", pa.int32()),  # of the file
        ("row", pa.int32()),  # of the batch
        ("line", pa.int64()),  # of the file; of a note how many rows it is about
        ("fate", pa.int8()),
        ("reason", pa.string()),  # of a refused row; text of a note or an error
        ("micros", pa.int64()),
        ("currency", pa.string()),
        ("payment", pa.int64()),  # the hash, as a signed number: Spark knows no other
        ("user", pa.string()),  # pseudonym
        ("user_code", pa.int32()),  # places of ids among the distinct ones of the batch
        ("merchant", pa.string()),
        ("merchant_code", pa.int32()),
        ("product", pa.string()),
        ("product_code", pa.int32()),
        ("quantity", pa.int64()),
        ("paid_at", pa.int64()),
        ("band", pa.int16()),
        ("declared", pa.int16()),
        ("refund", pa.bool_()),
    ]
)
DDL = ", ".join(
    f"{field.name} "
    + {"int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "bool": "boolean"}.get(
        str(field.type), str(field.type)
    )
    for field in SCHEMA
)
_OF_ROWS = ("quantity", "paid_at", "band", "declared", "refund")
_ROWS_AT_ONCE = 65_536  # handed to Spark together


@dataclass(frozen=True)
class FileTask:
    """What every worker has to know.

    log: folder of the payment log, for what is known already. waiting: sorted hashes of the store's inbox.
    """

    files: Sequence[TableFile]
    policy: Policy
    key: bytes
    log: Path
    waiting: Hashes
    now: int
    memory: str

    def __call__(self, numbers: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of the files whose numbers come; what is wrong with a whole file is its one row of `ERROR`."""
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                yield from self._read(number)

    def _read(self, number: int) -> Iterator[pa.RecordBatch]:
        file = self.files[number]
        pseudonyms, log = Pseudonyms(self.key), PaymentLog(self.log)
        with tempfile.TemporaryDirectory(prefix="circles-") as spill:
            connection = connect(Path(spill), self.memory, 1)
            checker = Checker("payments", Parser(connection, self.log / "compiled"), now=self.now)
            try:
                for place, batch in enumerate(batches(file)):
                    checked = checker.check(batch, file.reading)
                    yield from self._rows(checked, file, (number, place), pseudonyms, log)
                    yield from _notes(checked, number)
            except CirclesError as error:
                yield _told(number, ERROR, str(error), 1)
            finally:
                connection.close()

    def _rows(
        self,
        checked: Checked,
        file: TableFile,
        place: tuple[int, int],
        pseudonyms: Pseudonyms,
        log: PaymentLog,
    ) -> Iterator[pa.RecordBatch]:
        micros = micros_of(checked, file.reading)
        good = checked.good
        known = np.zeros(len(checked), dtype=bool)
        hashes = checked.payments[good]
        known[good] = log.contains(hashes) | is_among(hashes, self.waiting)
        new = good & ~known
        codes, names = currencies_of(checked.code("currency"))
        columns: dict[str, Any] = {
            "file": np.full(len(checked), place[0]),
            "batch": np.full(len(checked), place[1]),
            "row": np.arange(len(checked)),
            "line": checked.lines,
            "fate": np.where(good, np.where(known, KNOWN, NEW), REFUSED),
            "reason": _reasons(checked),
            "micros": micros,
            "currency": _texts(codes, pa.array(names, type=pa.string())),
        }
        columns |= self._payments(checked, file, micros, new, pseudonyms)
        made = pa.record_batch([_column(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA)
        for start in range(0, len(checked), _ROWS_AT_ONCE):
            yield made.slice(start, _ROWS_AT_ONCE)

    def _payments(
        self,
        checked: Checked,
        file: TableFile,
        micros: npt.NDArray[np.int64],
        new: npt.NDArray[np.bool_],
        pseudonyms: Pseudonyms,
    ) -> dict[str, pa.Array]:
        """What is kept of new payments; nothing of the others."""
        rows = filled(checked, file.reading, micros, new, self.policy)
        at = pa.array(np.cumsum(new) - 1, mask=~new)  # of each row of the batch, its place among the new
        columns = {name: pa.array(np.ascontiguousarray(rows[name])).take(at) for name in _OF_ROWS}
        columns["payment"] = pa.array(np.ascontiguousarray(rows["payment"]).view(np.int64)).take(at)
        for thing, name in ID_COLUMNS.items():
            column = checked.code(name)
            codes = np.where(new, column.codes, -1)
            values = column.values
            if thing == "user":
                used = np.unique(codes[codes >= 0])
                inside = np.full(len(values), None, dtype=object)
                inside[used] = pseudonyms.of_many(values.take(pa.array(used)).to_pylist())
                values = pa.array(inside, type=pa.string())
            columns[thing] = _texts(codes, values)
            columns[f"{thing}_code"] = pa.array(codes)
        return columns


def _column(values: Any, type_: pa.DataType) -> pa.Array:
    array = values if isinstance(values, pa.Array) else pa.array(values)
    return array.cast(type_)


def _texts(codes: npt.NDArray[np.integer], values: pa.Array) -> pa.Array:
    return values.take(pa.array(codes.astype(np.int64), mask=codes < 0))


def _reasons(checked: Checked) -> pa.Array:
    return _texts(checked.reason.astype(np.int64) - 1, pa.array(checked.reasons, type=pa.string()))


def _notes(checked: Checked, number: int) -> Iterator[pa.RecordBatch]:
    for text, rows in checked.notes.items():
        yield _told(number, NOTE, text, rows)


def _told(number: int, fate: int, text: str, rows: int) -> pa.RecordBatch:
    row = {"file": number, "fate": fate, "reason": text, "line": rows}
    return pa.RecordBatch.from_pylist([row], schema=SCHEMA)
