"""Refused rows, one JSON object a line, in HOME/refused: file, line and reason.

The row itself is not copied: whoever has the source finds it by its line, and nobody else reads a person's
payments in a forgotten folder.
"""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import TextIO

from loaders.checks import Checked


class Refused:
    """Writes to `HOME/refused/<load_id>.jsonl`, made when the first row is refused, gone after an error."""

    def __init__(self, folder: Path, load_id: str) -> None:
        self._path = folder / f"{load_id}.jsonl"
        self._file: TextIO | None = None

    def __enter__(self) -> "Refused":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            if error is not None:
                self._path.unlink()

    def add(self, file: str, table: str, checked: Checked) -> None:
        """Write the refused rows of a batch."""
        for line, reason in checked.refused():
            self.tell(file, table, line, reason)

    def tell(self, file: str, table: str, line: int, reason: str) -> None:
        """Write one refused row."""
        if self._file is None:
            self._file = self._open()
        row = {"file": file, "line": line, "table": table, "reason": reason}
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")

    @property
    def path(self) -> str | None:
        return None if self._file is None else str(self._path)

    def _open(self) -> TextIO:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        return os.fdopen(handle, "w", encoding="utf-8")
