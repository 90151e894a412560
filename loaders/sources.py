"""From what somebody typed to the files of each table.

A source is a folder, a file, a pattern such as "payments-2017-*.csv", or the name of data that a package
brings along.
"""

import glob
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from graph.errors import InputError
from graph.policy.values import Policy
from graph.schema import TABLES
from loaders import completejourney
from loaders.files import TableFile
from loaders.mapping import Map

FORMATS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
COMPRESSIONS = (".gz", ".zst")
_STEM = re.compile(r"([a-z]+)(?:[-_.\d].*)?$")
_HASH_BYTES = 1 << 22


def find(sources: Sequence[str], mapping: Map, policy: Policy) -> list[TableFile]:
    """Files of all sources; within a table in the order of the sources, then by name.

    Raises:
        InputError: a source does not exist, holds no table, or has a table in two formats.
    """
    if not sources:
        raise InputError("no source was given; name a folder, a file or `completejourney`")
    found = []
    for source in sources:
        if source == completejourney.NAME:
            found += completejourney.tables(policy)
        else:
            found += _of_source(source, mapping)
    _refuse_two_formats(found)
    return found


def _of_source(source: str, mapping: Map) -> list[TableFile]:
    path = Path(source)
    if path.is_dir():
        return _of_folder(path, mapping)
    if path.is_file():
        return [_of_file(path, mapping)]
    matching = sorted(glob.glob(source)) if glob.has_magic(source) else []
    if matching:
        return [file for match in matching for file in _of_source(match, mapping)]
    raise InputError(f"{source!r} does not exist; expected a folder, a file or `completejourney`")


def _of_folder(folder: Path, mapping: Map) -> list[TableFile]:
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name in TABLES:
            found += [_file(part, path.name, mapping) for part in sorted(path.iterdir()) if _is_data(part)]
        elif path.is_file() and (table := _table_of(path, mapping)) and _is_data(path):
            found.append(_file(path, table, mapping))
    if not found:
        raise InputError(
            f"folder {str(folder)!r} holds no table; expected files such as payments.parquet or "
            f"merchants.csv (tables: {', '.join(TABLES)}), or a mapping file that names them"
        )
    return found


def _of_file(path: Path, mapping: Map) -> TableFile:
    table = _table_of(path, mapping)
    if table is None:
        raise InputError(
            f"{str(path)!r}: the name says no table; expected one that begins with {', '.join(TABLES)}, "
            'or a mapping file with a section such as [payments] and files = ["*.csv"]'
        )
    return _file(path, table, mapping)


def _table_of(path: Path, mapping: Map) -> str | None:
    if table := mapping.table_of(path.name):
        return table
    stem = _STEM.match(path.name.lower())
    return stem[1] if stem and stem[1] in TABLES else None


def _is_data(path: Path) -> bool:
    """Whether a file inside a folder is meant as data: notes and hidden files are passed over."""
    return path.is_file() and not path.name.startswith((".", "_")) and path.suffix not in ("", ".txt", ".md")


def _file(path: Path, table: str, mapping: Map) -> TableFile:
    *_, first, last = ("", "", *(suffix.lower() for suffix in path.suffixes))
    compression, extension = (last, first) if last in COMPRESSIONS else ("", last)
    if extension not in FORMATS or (compression and FORMATS[extension] == "parquet"):
        known = ", ".join(FORMATS)
        raise InputError(
            f"{str(path)!r}: files of this kind cannot be read; expected {known}, text also with .gz or .zst"
        )
    return TableFile(table, str(path), path, FORMATS[extension], compression, mapping.reading(table))


def _refuse_two_formats(files: Sequence[TableFile]) -> None:
    first: dict[str, TableFile] = {}
    for file in files:
        if first.setdefault(file.table, file).format != file.format:
            raise InputError(
                f"table {file.table} comes in two formats, {first[file.table].name!r} and {file.name!r}; "
                "remove or name one"
            )


def fingerprint(files: Sequence[TableFile], mapping: Map, terms: Sequence[str]) -> str:
    """SHA-256 over the content of all files and everything that decides how it is read."""
    digest = hashlib.sha256(repr((1, mapping.content, *terms)).encode())
    seen: dict[Path, str] = {}
    for file in files:
        if file.path not in seen:
            seen[file.path] = _hash(file.path)
        digest.update(f"{file.table} {file.format}{file.compression} {seen[file.path]}".encode())
    return digest.hexdigest()


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(_HASH_BYTES):
                yield block
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}") from error
