"""Read the files of a table, whatever their format.

What is wrong with a whole file is an InputError, raised before anything is changed; what is wrong with one
row is told with its line and left to `loaders/checks.py` to count.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from loaders.files import Batch, TableFile, wanted_columns
from loaders.parquet import memory_batches, memory_header, parquet_batches, parquet_header, parquet_rows
from loaders.text import csv_batches, csv_header, json_batches

_BATCHES = {"parquet": parquet_batches, "memory": memory_batches, "csv": csv_batches, "jsonl": json_batches}
_HEADERS = {"parquet": parquet_header, "memory": memory_header, "csv": csv_header}


def batches(file: TableFile) -> Iterator[Batch]:
    """All rows of a file, in its order.

    Raises:
        InputError: the file is missing, empty, cut off, in another encoding, lacks a required column or has
            a column of a type that can not be meant.
    """
    yield from _BATCHES[file.format](file)


def ahead(items: Iterator[Batch]) -> Iterator[Batch]:
    """The same, with the next one being read while the caller works on this one."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def ignored_columns(file: TableFile) -> tuple[str, ...]:
    """Columns of a file that are not ours and that no mapping names."""
    if file.format not in _HEADERS:
        return ()
    wanted = {name for names in wanted_columns(file).values() for name in names}
    return tuple(name for name in _HEADERS[file.format](file) if name not in wanted)


def num_rows(files: Sequence[TableFile]) -> int:
    """Rows of files that say so; 0 when one of them has to be read to know.

    Raises:
        InputError: a file is not what it seems.
    """
    return 0 if any(file.format != "parquet" for file in files) else sum(map(parquet_rows, files))
