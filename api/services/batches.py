"""The records of a batch: a JSON array, one JSON object, or one object a line (NDJSON)."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from graph.errors import InputError

MAX_RECORDS = 1000
JSON, NDJSON = "application/json", "application/x-ndjson"


@dataclass
class Outcome:
    """What became of a batch; indices count from 0 in the order of the request."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def reject(self, index: int, problem: str) -> None:
        self.rejected.append({"index": index, "problem": problem})

    def said(self) -> str:
        """What is known before anything is written, for `repeat`."""
        return orjson.dumps(self.answer()).decode()

    def repeat(self, said: str, *, new: int, known: int) -> None:
        """Add what the first request was told: its own words, and how many records were new or known."""
        before = orjson.loads(said)
        self.add(Outcome(before["accepted"] + new, before["duplicates"] + known, before["rejected"]))

    def add(self, part: "Outcome") -> None:
        """Add what became of a part of the batch."""
        self.accepted += part.accepted
        self.duplicates += part.duplicates
        self.rejected += part.rejected

    def answer(self) -> dict[str, Any]:
        rejected = sorted(self.rejected, key=lambda entry: int(entry["index"]))
        return {"accepted": self.accepted, "duplicates": self.duplicates, "rejected": rejected}


def records(body: bytes, *, lines: bool) -> list[Any]:
    """Parse a body into records; each is any JSON value, checked later.

    Args:
        lines: one JSON value a line; empty lines are skipped.

    Raises:
        InputError: the body is not JSON (the message says where), is empty, or holds too many records.
    """
    found = _lines(body) if lines else _array(body)
    if not found:
        raise InputError("the body holds no records; send 1 to 1,000")
    if len(found) > MAX_RECORDS:
        raise InputError(f"the body holds {len(found)} records; send at most {MAX_RECORDS:,} at a time")
    return found


def _array(body: bytes) -> list[Any]:
    value = parse(body)
    return value if isinstance(value, list) else [value]


def _lines(body: bytes) -> list[Any]:
    rows = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    return [parse(line, f"line {number}, ") for number, line in rows]


class NotJson(InputError):
    """The body is not JSON."""

    code = "bad_json"


def parse(text: bytes, where: str = "") -> Any:
    """One JSON value.

    Raises:
        NotJson: with the position of what is wrong, never with the text around it.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        place = f"{where}column {error.colno}" if where else f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"not JSON at {place}: {error.msg}") from None
