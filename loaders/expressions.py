"""Read text as numbers, moments and payment hashes: one dataframe expression over a table named `batch`.

Text that cannot be read becomes MISSING or nan, never an error.
"""

from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import udf

from loaders.kinds import Kind, kind_of
from loaders.mapping import EPOCHS, Reading

MISSING = -(2**63)  # of moments; of numbers it is nan
_NUMBER = r"^\s*[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})\s*$"
_OFFSET = r"(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)"
_ISO = rf"^\d{{4}}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{{1,9}})?)? ?{_OFFSET}?)?$"
_ZONED = rf":.*{_OFFSET}$"
_NO_SECONDS = rf"^(.{{10}}.\d\d:\d\d) ?{_OFFSET}?$"
_LOCAL, _UTC = ibis.dtype("timestamp"), ibis.dtype("timestamp('UTC')")


@udf.scalar.builtin(signature=((ibis.dtype("string"),), ibis.dtype("uint64")))
def payment_hash(id): ...  # type: ignore[no-untyped-def]


@udf.scalar.builtin(name="try_strptime", signature=((ibis.dtype("string"), ibis.dtype("string")), _LOCAL))
def local_time(text, pattern): ...  # type: ignore[no-untyped-def]


@udf.scalar.builtin(name="try_strptime", signature=((ibis.dtype("string"), ibis.dtype("string")), _UTC))
def zoned_time(text, pattern): ...  # type: ignore[no-untyped-def]


@udf.scalar.builtin(name="timezone", signature=((ibis.dtype("string"), _LOCAL), _UTC))
def in_zone(zone, local): ...  # type: ignore[no-untyped-def]


@udf.scalar.builtin(name="epoch_us", signature=((_UTC,), ibis.dtype("int64")))
def microseconds(moment): ...  # type: ignore[no-untyped-def]


def expression(schema: ibis.Schema, reading: Reading) -> ir.Table:
    """All columns of a table named `batch`, read by their kinds."""
    batch = ibis.table(schema, name="batch")
    readers = {Kind.PAYMENT: _hash, Kind.MOMENT: _moment}
    return batch.select(
        **{name: readers.get(kind_of(name), _number)(batch[name], reading) for name in schema.names}
    )


def _hash(column: Any, reading: Reading) -> ir.Value:
    return payment_hash(column.cast("string")).fill_null(0)


def _number(column: Any, reading: Reading) -> ir.Value:
    text = column.cast("string")
    if reading.decimal == ",":
        text = text.replace(".", "").replace(",", ".")
    number = text.re_search(_NUMBER).ifelse(text.strip(), None).try_cast("float64")
    return number.fill_null(float("nan"))


def _moment(column: Any, reading: Reading) -> ir.Value:
    pattern = reading.date_format
    if pattern in EPOCHS:
        number = _number(column, Reading())
        return (
            number.isnan().ifelse(None, number / EPOCHS[pattern]).floor().try_cast("int64").fill_null(MISSING)
        )
    if isinstance(column, ir.TimestampValue):
        moment = in_zone(reading.time_zone, column)
    elif pattern is None:
        moment = _iso(column.strip(), reading.time_zone)
    elif "%z" in pattern:
        moment = zoned_time(column.strip(), pattern)
    else:
        moment = in_zone(reading.time_zone, local_time(column.strip(), pattern))
    return (microseconds(moment) // 10**6).fill_null(MISSING)


def _iso(text: Any, zone: str) -> ir.Value:
    text = text.re_search(_ISO).ifelse(text.re_replace(_NO_SECONDS, r"\1:00\2"), None)
    text = text.re_replace(" (Z|[+-])", r"\1")
    local = in_zone(zone, text.try_cast("timestamp"))
    return text.re_search(_ZONED).ifelse(text.try_cast("timestamp('UTC')"), local)
