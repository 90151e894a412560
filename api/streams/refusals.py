"""Refused messages of a stream, one JSON object a line in HOME/refused: partition, offset and reason.

The message itself is not copied. What was refused just before a process died comes again, and is told once:
lines of offsets that are there already are passed over.
"""

import json
import os
from pathlib import Path
from typing import Any

Mark = tuple[int, int]  # offset, and the broker's time of the message: offsets begin anew in a new topic


class Refusals:
    """The file of one partition, of which one consumer at a time is the owner.

    Args:
        folder: made at the first refusal. name: of the file, without its ending.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.jsonl"
        self._told = self._read()

    def _read(self) -> set[Mark]:
        """What is told; a last line that was cut off is taken away."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return set()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(self.path, len(whole))
        rows = map(json.loads, whole.splitlines())
        return {(row["offset"], row["at_ms"]) for row in rows}

    def tell(self, rows: list[dict[str, Any]]) -> int:
        """Write rows with `offset` and `at_ms`, durably; returns how many are new."""
        new = [row for row in rows if (row["offset"], row["at_ms"]) not in self._told]
        if not new:
            return 0
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in new)
            file.flush()
            os.fsync(file.fileno())
        self._told |= {(row["offset"], row["at_ms"]) for row in new}
        return len(new)
