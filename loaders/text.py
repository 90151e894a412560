"""CSV and JSON lines, plain or compressed, in any encoding, with the line of every row."""

import codecs
import csv
import gzip
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa

from graph.errors import InputError
from loaders.files import TEXT_ROWS, Batch, TableFile, present_columns, wanted_columns, with_constants
from loaders.kinds import NUMBERS, Kind, kind_of

Row = dict[str, str | None]
_BLOCK = 1 << 20


# -- CSV ----------------------------------------------------------------------------------------------


def csv_header(file: TableFile) -> tuple[str, ...]:
    """Names of the columns, in the order of the file."""
    with _text(file) as lines:
        return _header(file, csv.reader(lines, delimiter=file.reading.delimiter))


def csv_batches(file: TableFile) -> Iterator[Batch]:
    """Rows of a CSV file; empty cells are absent values, empty lines are no rows."""
    with _text(file) as lines:
        reader = csv.reader(lines, delimiter=file.reading.delimiter)
        header = _header(file, reader)
        present = present_columns(file, header)
        places = {ours: [header.index(name) for name in theirs] for ours, theirs in present.items()}
        maker = _Maker(file, list(places))
        for line, cells in _csv_rows(reader):
            if isinstance(cells, str):
                maker.broken(line, cells)
            elif len(cells) != len(header):
                maker.broken(line, f"the row has {len(cells)} columns, the header has {len(header)}")
            else:
                maker.add(line, [_joined([cells[i] or None for i in at]) for at in places.values()])
            if maker.is_full:
                yield maker.batch()
        yield maker.batch()


def _csv_rows(reader: Any) -> Iterator[tuple[int, list[str] | str]]:
    """Line where each row begins, and its cells, or why it has none."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, f"the row is not CSV: {error}"
            continue
        if cells:
            yield line, cells


def _header(file: TableFile, reader: Any) -> tuple[str, ...]:
    try:
        header = tuple(name.strip() for name in next(reader, []))
    except csv.Error as error:
        raise InputError(f"{file.name}: the header is not CSV: {error}") from error
    if not header:
        raise InputError(f"{file.name} is empty; expected a header and rows")
    twice = sorted({name for name in header if header.count(name) > 1 and name})
    if twice:
        raise InputError(f"{file.name}: column {twice[0]!r} is there twice; expected each name once")
    return header


# -- JSON lines ---------------------------------------------------------------------------------------


def json_batches(file: TableFile) -> Iterator[Batch]:
    """Rows of a file with one JSON object a line; absent keys and null are absent values."""
    wanted = wanted_columns(file)
    maker = _Maker(file, list(wanted))
    kinds = {ours: kind_of(ours) for ours in wanted}
    num_lines = 0
    with _text(file) as lines:
        for line in lines:
            num_lines += 1
            if line.strip():
                _add_json(maker, num_lines, line, wanted, kinds)
            if maker.is_full:
                yield maker.batch()
    if not num_lines:
        raise InputError(f"{file.name} is empty; expected one JSON object a line")
    yield maker.batch()


def _add_json(
    maker: "_Maker", number: int, line: str, wanted: dict[str, tuple[str, ...]], kinds: dict[str, Kind]
) -> None:
    try:
        value = json.loads(line, parse_float=_Number, parse_int=_Number, parse_constant=_Number)
    except (ValueError, RecursionError):
        return maker.broken(number, "the line is not JSON")
    if not isinstance(value, dict):
        return maker.broken(number, "the line is not a JSON object")
    cells = []
    for ours, theirs in wanted.items():
        parts = [value.get(name) for name in theirs]
        wrong = next((part for part in parts if not _fits(part, kinds[ours])), None)
        if wrong is not None:
            return maker.broken(number, f"{ours} has the wrong type")
        cells.append(_joined([_json_text(part) for part in parts]))
    return maker.add(number, cells)


class _Number(str):
    """The digits of a JSON number, exactly as written."""

    __slots__ = ()


def _fits(value: Any, kind: Kind) -> bool:
    if value is None or type(value) is str:
        return True
    if isinstance(value, _Number):
        whole = value.lstrip("-").isdigit()
        return (
            kind in NUMBERS or kind is Kind.MOMENT or (kind in (Kind.ID, Kind.PAYMENT, Kind.FLAG) and whole)
        )
    return isinstance(value, bool) and kind is Kind.FLAG


def _json_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or value == "" else str(value)


# -- shared -------------------------------------------------------------------------------------------


def _joined(parts: Sequence[str | None]) -> str | None:
    if len(parts) == 1:
        return parts[0]
    return None if None in parts else ":".join(cast(Sequence[str], parts))


class _Maker:
    """Collects rows of text into batches."""

    def __init__(self, file: TableFile, columns: list[str]) -> None:
        self._file = file
        self._columns = columns
        self._clear()

    def _clear(self) -> None:
        self._rows: list[Sequence[str | None]] = []
        self._lines: list[int] = []
        self._broken: dict[int, str] = {}
        self._nothing = [None] * len(self._columns)

    @property
    def is_full(self) -> bool:
        return len(self._rows) >= TEXT_ROWS

    def add(self, line: int, cells: Sequence[str | None]) -> None:
        self._rows.append(cells)
        self._lines.append(line)

    def broken(self, line: int, why: str) -> None:
        self._broken[len(self._rows)] = why
        self.add(line, self._nothing)

    def batch(self) -> Batch:
        """What was collected, and begin anew."""
        cells = list(zip(*self._rows, strict=True)) if self._rows else [()] * len(self._columns)
        columns = {name: self._array(values) for name, values in zip(self._columns, cells, strict=True)}
        batch = Batch(
            with_constants(self._file, columns, len(self._rows)),
            np.array(self._lines, dtype=np.int64),
            self._broken,
        )
        self._clear()
        return batch

    def _array(self, values: Sequence[str | None]) -> pa.Array:
        try:
            return pa.array(values, type=pa.string())
        except UnicodeEncodeError:  # JSON can spell halves of characters that no text has
            return pa.array([self._whole(i, value) for i, value in enumerate(values)], type=pa.string())

    def _whole(self, position: int, value: str | None) -> str | None:
        try:
            (value or "").encode("utf-8")
        except UnicodeEncodeError:
            self._broken[position] = "a text is not Unicode"
            return None
        return value


@contextmanager
def _text(file: TableFile) -> Iterator[Iterator[str]]:
    """The lines of a file, decoded; errors name the byte."""
    encoding = "utf-8-sig" if codecs.lookup(file.reading.encoding).name == "utf-8" else file.reading.encoding
    newline = "" if file.format == "csv" else "\n"
    try:
        with _bytes(file) as raw, io.TextIOWrapper(raw, encoding=encoding, newline=newline) as lines:
            yield lines
    except UnicodeError:
        raise InputError(_where_not_text(file, encoding)) from None
    except (EOFError, OSError, pa.ArrowException) as error:
        raise InputError(f"{file.name} cannot be read to its end: {error}; is it cut off?") from error


def _bytes(file: TableFile) -> BinaryIO:
    if file.compression == ".gz":
        return cast(BinaryIO, gzip.open(file.path, "rb"))
    if file.compression == ".zst":
        return cast(BinaryIO, io.BufferedReader(_ZstdRaw(file), _BLOCK))
    return file.path.open("rb")


class _ZstdRaw(io.RawIOBase):
    """Arrow's Zstandard stream as one that the standard library can read text from."""

    def __init__(self, file: TableFile) -> None:
        self._stream = pa.input_stream(str(file.path), compression="zstd", buffer_size=_BLOCK)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        got = self._stream.read(len(buffer))
        buffer[: len(got)] = got
        return len(got)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _where_not_text(file: TableFile, encoding: str) -> str:
    """A sentence that names the first byte which the encoding does not know."""
    decoder, start = codecs.getincrementaldecoder(encoding)(), 0
    with _bytes(file) as raw:
        while True:
            block = raw.read(_BLOCK)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeError as error:
                at = start - waiting + (error.start if isinstance(error, UnicodeDecodeError) else 0)
                break
            if not block:
                at = start
                break
            start += len(block)
    name = encoding.removesuffix("-sig").upper()
    return (
        f"{file.name}: byte {at + 1} is not {name}; if the file is in another encoding, say so in a mapping "
        'file, such as encoding = "gb18030"'
    )
