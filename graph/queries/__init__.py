"""Query text, one folder for each kind of store; there is no query text anywhere else.

A file holds blocks that begin with `-- name: x` (SQL) or `// name: x` (Cypher) and end where the next one
begins. `{table}`, `{label}` and the like in a block are filled in by the caller from a fixed list, never
from data.
"""

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_NAME = re.compile(r"^(?:--|//) name: (\w+)\n", re.MULTILINE)
_SUFFIXES = {"sqlite": ".sql", "neo4j": ".cypher", "portraits": ".sql"}


@cache
def load_queries(store: str) -> dict[str, str]:
    """Every named query of one kind of store (`sqlite`, `neo4j`, `portraits`), from all its files.

    Raises:
        ValueError: two queries have one name.
    """
    queries: dict[str, str] = {}
    for file in sorted((FOLDER / store).glob(f"*{_SUFFIXES[store]}")):
        names_and_texts = _NAME.split(file.read_text(encoding="utf-8"))[1:]
        for name, text in zip(names_and_texts[::2], names_and_texts[1::2], strict=True):
            if name in queries:
                raise ValueError(f"{file}: query {name!r} exists twice")
            queries[name] = text.strip().removesuffix(";")
    return queries


def migrations(folder: Path = FOLDER / "sqlite" / "migrations") -> list[str]:
    """Scripts `0001_*`, `0002_*`, ... in order; number n leads from schema n - 1 to schema n."""
    return [file.read_text(encoding="utf-8") for file in sorted(folder.glob("[0-9]*"))]


def statements(script: str) -> Iterator[str]:
    """The single statements of an SQL script, so that all of them can run in one transaction."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def cypher_statements(script: str) -> list[str]:
    """The single statements of a Cypher script; one ends with `;` at the end of a line."""
    lines = (line for line in script.splitlines() if not line.lstrip().startswith("//"))
    return [text.strip() for text in "\n".join(lines).split(";\n") if text.strip(" \n;")]
