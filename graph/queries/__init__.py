"""Query text, one folder for each kind of store; there is no query text anywhere else.

A file holds blocks that begin with `-- name: x` and end where the next one begins. `{table}` in a block is
filled in by the caller from a fixed list of tables, never from data.
"""

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def load_queries(store: str) -> dict[str, str]:
    """Every named query of one kind of store (`sqlite`), from all its files.

    Raises:
        ValueError: two queries have one name.
    """
    queries: dict[str, str] = {}
    for file in sorted((FOLDER / store).glob("*.sql")):
        names_and_texts = _NAME.split(file.read_text(encoding="utf-8"))[1:]
        for name, text in zip(names_and_texts[::2], names_and_texts[1::2], strict=True):
            if name in queries:
                raise ValueError(f"{file}: query {name!r} exists twice")
            queries[name] = text.strip().removesuffix(";")
    return queries


def migrations(folder: Path = FOLDER / "sqlite" / "migrations") -> list[str]:
    """Scripts `0001_*.sql`, `0002_*.sql`, ... in order; number n leads from schema n - 1 to schema n."""
    return [file.read_text(encoding="utf-8") for file in sorted(folder.glob("[0-9]*.sql"))]


def statements(script: str) -> Iterator[str]:
    """The single statements of a script, so that all of them can run in one transaction."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
