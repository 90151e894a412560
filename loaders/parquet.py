"""Parquet files, and tables that a package brings along."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graph.errors import InputError
from loaders.files import TYPED_ROWS, Batch, TableFile, present_columns, with_constants
from loaders.kinds import CODED, Kind, kind_of
from loaders.mapping import EPOCHS


def parquet_header(file: TableFile) -> tuple[str, ...]:
    """Names of the columns."""
    return tuple(_opened(file, ()).schema_arrow.names)


def parquet_rows(file: TableFile) -> int:
    """Rows of a file, without reading them."""
    return int(_opened(file, ()).metadata.num_rows)


def memory_header(file: TableFile) -> tuple[str, ...]:
    """Names of the columns; a table in memory has no others than ours."""
    return ()


def parquet_batches(file: TableFile) -> Iterator[Batch]:
    """Rows of a Parquet file."""
    schema = _opened(file, ()).schema_arrow
    present = present_columns(file, tuple(schema.names))
    _check_types(file, schema, present)
    theirs = list(dict.fromkeys(name for names in present.values() for name in names))
    coded = [name for ours, (name, *rest) in present.items() if kind_of(ours) in CODED and not rest]
    # Text that repeats stays a dictionary, as it lies in the file: each text is looked at once.
    opened = _opened(file, [name for name in coded if _is_text(schema.field(name).type)])
    start = 1
    try:
        for part in _parts(opened, theirs):
            yield _batch(file, part, present, start)
            start += part.num_rows
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file.name} cannot be read to its end: {error}; is it cut off?") from error


def _parts(opened: pq.ParquetFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Parts of about `TYPED_ROWS` rows: small row groups together, large ones in pieces."""
    waiting: list[int] = []
    num_waiting = 0
    for group in range(opened.num_row_groups):
        num_rows = opened.metadata.row_group(group).num_rows
        if waiting and num_waiting + num_rows > 1.5 * TYPED_ROWS:
            yield from _together(opened, waiting, columns)
            waiting, num_waiting = [], 0
        if num_rows > 1.5 * TYPED_ROWS:
            yield from opened.iter_batches(TYPED_ROWS, row_groups=[group], columns=columns)
        else:
            waiting.append(group)
            num_waiting += num_rows
    if waiting:
        yield from _together(opened, waiting, columns)


def _together(opened: pq.ParquetFile, groups: list[int], columns: list[str]) -> Iterator[pa.RecordBatch]:
    table = opened.read_row_groups(groups, columns=columns)
    yield from table.unify_dictionaries().combine_chunks().to_batches()


def memory_batches(file: TableFile) -> Iterator[Batch]:
    """Rows of a table that a package brings along."""
    assert file.make is not None
    table = file.make()
    present: dict[str, tuple[str, ...]] = {name: (name,) for name in table.column_names}
    start = 1
    for part in table.to_batches(max_chunksize=TYPED_ROWS):
        yield _batch(file, part, present, start)
        start += part.num_rows


def _opened(file: TableFile, coded: list[str] | tuple[str, ...]) -> pq.ParquetFile:
    if file.path.stat().st_size == 0:
        raise InputError(f"{file.name} is empty; expected a Parquet file")
    try:
        return pq.ParquetFile(file.path, read_dictionary=list(coded))
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{file.name} is not a whole Parquet file: {str(error).splitlines()[0]}; is it cut off?"
        ) from error


def _batch(file: TableFile, part: pa.RecordBatch, present: dict[str, tuple[str, ...]], start: int) -> Batch:
    columns = {ours: _joined([part.column(name) for name in theirs]) for ours, theirs in present.items()}
    for name, column in columns.items():
        _check_text(file, name, column)
    lines = np.arange(start, start + part.num_rows, dtype=np.int64)
    return Batch(with_constants(file, columns, part.num_rows), lines)


def _joined(parts: list[pa.Array]) -> pa.Array:
    if len(parts) == 1:
        return parts[0]
    return pc.binary_join_element_wise(*(part.cast(pa.string()) for part in parts), ":")


def _check_text(file: TableFile, name: str, column: pa.Array) -> None:
    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    if not _is_text(values.type):
        return
    try:
        values.validate(full=True)
    except pa.ArrowInvalid as error:
        raise InputError(f"{file.name}: column {name!r} holds text that is not UTF-8") from error


def _is_text(type_: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)
    )


def _check_types(file: TableFile, schema: pa.Schema, present: dict[str, tuple[str, ...]]) -> None:
    for ours, theirs in present.items():
        for name in theirs:
            type_ = schema.field(name).type
            if pa.types.is_dictionary(type_):
                type_ = type_.value_type
            if not (pa.types.is_null(type_) or _is_text(type_) or _fits(type_, kind_of(ours), file)):
                raise InputError(
                    f"{file.name}: column {name!r} has the type {type_}; expected {_EXPECTED[kind_of(ours)]}"
                )


_EXPECTED = {
    Kind.FLAG: "boolean or text",
    Kind.MOMENT: "timestamp, date or text (whole numbers need date_format in a mapping file)",
} | dict.fromkeys((Kind.AMOUNT, Kind.QUANTITY, Kind.WEIGHT), "a number or text")
_EXPECTED |= {kind: "text" for kind in Kind if kind not in _EXPECTED}
_EXPECTED |= dict.fromkeys((Kind.ID, Kind.PAYMENT), "text or whole numbers")


def _fits(type_: pa.DataType, kind: Kind, file: TableFile) -> bool:
    types = pa.types
    if kind in (Kind.ID, Kind.PAYMENT):
        return bool(types.is_integer(type_))
    if kind is Kind.FLAG:
        return bool(types.is_boolean(type_) or types.is_integer(type_))
    if kind is Kind.MOMENT:
        is_epoch = file.reading.date_format in EPOCHS and types.is_integer(type_)
        return bool(types.is_timestamp(type_) or types.is_date(type_) or is_epoch)
    is_number = types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_)
    return bool(is_number and kind in (Kind.AMOUNT, Kind.QUANTITY, Kind.WEIGHT))
