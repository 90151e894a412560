"""One payment of a request, checked by the rules of files (`loaders/checks.py`), without a dataframe.

Batches of files are checked by columns with libraries that a worker of the service does not load; a test
holds both to the same verdicts.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graph.errors import RecordError
from graph.log import payment_hash
from graph.schema import SCENES, TABLES
from loaders.currencies import MINOR_DIGITS

LONGEST_ID = 256  # characters
MOST = 1_000_000_000  # of an amount or a quantity
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NUMBER = re.compile(r"\s*[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})\s*")
_OFFSET = r"(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)"
_ISO = re.compile(rf"\d{{4}}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{{1,9}})?)? ?{_OFFSET}?)?", re.ASCII)
_MIDNIGHT = re.compile(r"[T ]24:00(?=(:00(\.0+)?)?( ?[Z+-]|$))")  # of the next day
_DAY_S = 86_400
_IDS = {"payment_id": True, "user_id": True, "merchant_id": True, "product_id": False}


@dataclass(frozen=True)
class Payment:
    """A good record; None is unknown.

    payment: hash of its id. quantity: whole; a little of something is at least one. amount: major units, to
    the millionth. paid_at: epoch seconds.
    """

    payment: int
    user_id: str
    merchant_id: str
    product_id: str | None
    quantity: int | None
    amount: float | None
    scene: str | None
    paid_at: int

    @property
    def is_refund(self) -> bool:
        return self.amount is not None and self.amount < 0


def check(value: Any, *, now: int) -> Payment:
    """Check one JSON value.

    Raises:
        RecordError: names the field and what is wrong with it; never its value.
    """
    if not isinstance(value, Mapping):
        raise RecordError("the record is not a JSON object")
    unknown = sorted(set(value) - set(TABLES["payments"]))
    if unknown:
        raise RecordError(f"{unknown[0][:40]} is no field of a payment")
    ids = {name: _id(name, value.get(name), required) for name, required in _IDS.items()}
    amount = _number("amount", value.get("amount"))
    quantity = _quantity(_number("quantity", value.get("quantity")))
    _currency(value.get("currency"))
    return Payment(
        payment=payment_hash(ids["payment_id"] or ""),
        user_id=ids["user_id"] or "",
        merchant_id=ids["merchant_id"] or "",
        product_id=ids["product_id"],
        quantity=quantity,
        amount=None if amount is None else round(amount, 6),
        scene=_scene(value.get("scene")),
        paid_at=_moment(value.get("paid_at"), latest=now + _DAY_S),
    )


def _id(name: str, value: Any, required: bool) -> str | None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if text is None or text == "":
        if required:
            raise RecordError(f"{name} is missing")
        return None
    if not isinstance(text, str):
        raise RecordError(f"{name} has the wrong type")
    if len(text) > LONGEST_ID:
        raise RecordError(f"{name} is longer than {LONGEST_ID} characters")
    if CONTROL.search(text):
        raise RecordError(f"{name} has control characters")
    return text


def _number(name: str, value: Any) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise RecordError(f"{name} has the wrong type")
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise RecordError(f"{name} is not a number")
    number = float(value)
    if not math.isfinite(number):
        raise RecordError(f"{name} is not a number")
    if abs(number) > MOST:
        raise RecordError(f"{name} is beyond {MOST:,}")
    return number


def _quantity(number: float | None) -> int | None:
    if number is not None and number < 0:
        raise RecordError("quantity is negative")
    return None if number is None else max(round(number), 1) if number else 0


def _currency(value: Any) -> None:
    """Only checked: a band has no currency."""
    text = _plain("currency", value)
    if text is not None and text.strip().upper() not in MINOR_DIGITS:
        raise RecordError("currency is not in ISO 4217")


def _scene(value: Any) -> str | None:
    """Other scenes than ours count as none."""
    text = _plain("scene", value)
    return text if text in SCENES else None


def _plain(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise RecordError(f"{name} has the wrong type")
    return value or None


def _moment(value: Any, *, latest: int) -> int:
    text = _plain("paid_at", value)
    if text is None:
        raise RecordError("paid_at is missing")
    try:
        at = _epoch(text.strip())
    except (ValueError, OverflowError):
        raise RecordError("paid_at is not a date and time") from None
    if at < 0:
        raise RecordError("paid_at is before 1970")
    if at > latest:
        raise RecordError("paid_at is in the future")
    return at


def _epoch(text: str) -> int:
    if not _ISO.fullmatch(text):
        raise ValueError
    midnight, late = _MIDNIGHT.subn("T00:00", text)
    found = datetime.fromisoformat(re.sub(r" (?=[Z+-])", "", midnight))
    whole = math.floor((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    return whole + late * _DAY_S
