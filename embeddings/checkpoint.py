"""The whole state of a training run in one file, written to a temporary name and renamed."""

import logging
import os
from pathlib import Path
from typing import Any

import torch

log = logging.getLogger(__name__)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Replace `path` by this state, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    # It knows things that few people stand behind, which a version never does: for its owner only.
    with open(os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(staging, path)


def load_checkpoint(path: Path, run_id: str) -> dict[str, Any] | None:
    """The state of the same run; None when there is none, or when it belongs to other data or settings."""
    if not path.is_file():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    if state.get("run_id") != run_id:
        log.info("checkpoint %s belongs to other data or settings: starting afresh", path.name)
        return None
    return state
