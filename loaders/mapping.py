"""How to read a stranger's export: a TOML file that says where our columns are in theirs.

`loaders/README.md` has a full example.
"""

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from graph.errors import InputError
from graph.schema import TABLES

EPOCHS = {"epoch_s": 1, "epoch_ms": 1000}
_SHARED = ("encoding", "delimiter", "time_zone", "date_format", "decimal")
_OWN = ("files", "columns", "constants", "refund", "amount_unit")


@dataclass(frozen=True)
class Refund:
    """How a refund looks, besides a negative amount.

    column, values: a column of theirs, and its values in a refund. negative_quantity: a negative quantity
    is a refund of that many.
    """

    column: str | None = None
    values: tuple[str, ...] = ()
    negative_quantity: bool = False


@dataclass(frozen=True)
class Reading:
    """How to read the files of one table.

    columns: our column -> theirs; several of theirs are joined with ":".
    constants: our column -> a value for every row.
    date_format: strptime format, "epoch_s" or "epoch_ms"; None is ISO 8601.
    time_zone: where times without a zone are from.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    delimiter: str = ","
    time_zone: str = "UTC"
    date_format: str | None = None
    decimal: str = "."
    amount_unit: str = "major"
    refund: Refund = Refund()

    def theirs(self, column: str) -> tuple[str, ...]:
        return self.columns.get(column, (column,))


@dataclass(frozen=True)
class Map:
    """A parsed mapping file.

    files: (pattern of a file name, table), in order. readings: by table. content: its bytes, for the
    fingerprint of a load.
    """

    files: tuple[tuple[str, str], ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)
    shared: Reading = Reading()
    content: bytes = b""

    def table_of(self, name: str) -> str | None:
        """Table of a file name, or None when no pattern matches."""
        return next((table for pattern, table in self.files if fnmatchcase(name, pattern)), None)

    def reading(self, table: str) -> Reading:
        return self.readings.get(table, self.shared)


def read_map(path: Path | None) -> Map:
    """Parse and check a mapping file; None is no mapping.

    Raises:
        InputError: it cannot be read, is not TOML, or has a key or value that means nothing here.
    """
    if path is None:
        return Map()
    try:
        content = path.read_bytes()
        values = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise InputError(f"mapping {str(path)!r} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"mapping {str(path)!r} is not TOML: {error}") from error
    return _parsed(values, content, str(path))


def _parsed(values: dict[str, Any], content: bytes, where: str) -> Map:
    _refuse_unknown(values, {*_SHARED, *TABLES}, where)
    shared = {key: values[key] for key in _SHARED if key in values}
    readings, files = {}, []
    for table in TABLES:
        own = values.get(table, {})
        if not isinstance(own, dict):
            raise InputError(f"{where}: {table} is {own!r}; expected a section [{table}]")
        _refuse_unknown(own, {*_SHARED, *_OWN}, f"{where} [{table}]")
        readings[table] = _reading(table, shared | own, f"{where} [{table}]")
        files += [(pattern, table) for pattern in _texts(own.get("files", []), f"{where} [{table}] files")]
    return Map(tuple(files), readings, _reading("", shared, where), content)


def _reading(table: str, values: dict[str, Any], where: str) -> Reading:
    ours = set(TABLES.get(table, ()))
    columns = {
        key: _texts(value if isinstance(value, list) else [value], f"{where} columns.{key}")
        for key, value in _section(values, "columns", ours, where).items()
    }
    constants = {key: str(value) for key, value in _section(values, "constants", ours, where).items()}
    names = {f.name for f in fields(Reading)} - {"columns", "constants", "refund"}
    plain = {key: _text(value, f"{where} {key}") for key, value in values.items() if key in names}
    reading = Reading(columns=columns, constants=constants, refund=_refund(values, where), **plain)
    _check(reading, where)
    return reading


def _check(reading: Reading, where: str) -> None:
    """Refuse now what would otherwise fail at every row."""
    try:
        codecs.lookup(reading.encoding)
    except LookupError:
        raise InputError(
            f"{where}: encoding is {reading.encoding!r}; expected one such as 'gb18030'"
        ) from None
    try:
        ZoneInfo(reading.time_zone)
    except (KeyError, OSError, ValueError):
        raise InputError(
            f"{where}: time_zone is {reading.time_zone!r}; expected one such as 'Asia/Shanghai'"
        ) from None
    if len(reading.delimiter) != 1:
        raise InputError(f"{where}: delimiter is {reading.delimiter!r}; expected one character")
    for name, allowed in (("decimal", (".", ",")), ("amount_unit", ("major", "minor"))):
        if getattr(reading, name) not in allowed:
            raise InputError(f"{where}: {name} is {getattr(reading, name)!r}; expected one of {allowed}")
    if reading.date_format not in (None, *EPOCHS) and "%" not in str(reading.date_format):
        example = datetime(2017, 11, 8, 9, 30).strftime("%d.%m.%Y %H:%M")  # noqa: DTZ001 - only an example
        raise InputError(
            f"{where}: date_format is {reading.date_format!r}; expected epoch_s, epoch_ms or a pattern "
            f"such as '%d.%m.%Y %H:%M' for {example!r}"
        )


def _refund(values: dict[str, Any], where: str) -> Refund:
    found = _section(values, "refund", {"column", "values", "negative_quantity"}, where)
    if not found:
        return Refund()
    if ("column" in found) != ("values" in found):
        raise InputError(f"{where}: refund needs both column and values")
    column = found.get("column")
    return Refund(
        column=None if column is None else _text(column, f"{where} refund.column"),
        values=_texts(found.get("values", []), f"{where} refund.values"),
        negative_quantity=bool(found.get("negative_quantity", False)),
    )


def _section(values: dict[str, Any], name: str, known: set[str], where: str) -> dict[str, Any]:
    found = values.get(name, {})
    if not isinstance(found, dict):
        raise InputError(f"{where}: {name} is {found!r}; expected a section")
    _refuse_unknown(found, known, f"{where} {name}")
    return found


def _refuse_unknown(given: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in sorted(set(given) - known):
        raise InputError(f"{where}: {key!r} means nothing here; known are {', '.join(sorted(known))}")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(f"{where} is {value!r}; expected text")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError(f"{where} is {value!r}; expected a list of texts")
    return tuple(_text(item, where) for item in value)
