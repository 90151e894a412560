"""Keep the SQL that a dataframe expression compiles to, so that a short load need not compile it again.

Importing Ibis and compiling takes longer than adding up a day's payments. What is kept belongs to one
version of Ibis and to the source of the expression; anything else is compiled anew.
"""

import hashlib
import os
import secrets
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path


def sql(folder: Path | None, source: Path, key: object, compile_: Callable[[], str]) -> str:
    """SQL of one expression.

    Args:
        folder: where it is kept; None keeps nothing.
        source: module that defines the expression.
        key: what else decides it; its repr is hashed.
        compile_: makes the SQL.
    """
    if folder is None:
        return compile_()
    engines = (version("ibis-framework"), version("duckdb"))
    mark = hashlib.sha256(repr((engines, source.read_bytes(), key)).encode()).hexdigest()[:24]
    path = folder / f"{mark}.sql"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = compile_()
    _write(path, text)
    return text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = path.with_name(f".{secrets.token_hex(8)}")
    staged.write_text(text, encoding="utf-8")
    os.replace(staged, path)
