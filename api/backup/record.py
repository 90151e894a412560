"""When a home was last backed up, and where to: `backup.json` in the home, for `circles doctor`."""

import json
from pathlib import Path
from typing import Any

from embeddings.registry import replace_text

NAME = "backup.json"


def keep_record(home: Path, *, moment: int, folder: Path, fingerprint: str | None) -> None:
    text = json.dumps({"moment": moment, "folder": str(folder.resolve()), "fingerprint": fingerprint})
    replace_text(home / NAME, text)


def read_record(home: Path) -> dict[str, Any] | None:
    """None where no backup was ever made, or nothing can be read of it."""
    try:
        record = json.loads((home / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return (
        record if isinstance(record, dict) and {"moment", "folder", "fingerprint"} <= record.keys() else None
    )
