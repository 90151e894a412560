"""What the columns of the interchange tables are, beyond their names in `graph/schema.py`."""

from enum import StrEnum

from graph.schema import MERCHANT_KINDS, THEME_KINDS, CircleState, Purpose


class Kind(StrEnum):
    """How a column is read and checked."""

    PAYMENT = "payment"  # an id that only payments have: hashed, never kept
    ID = "id"
    TEXT = "text"
    CHOICE = "choice"  # one of a few words
    SCENE = "scene"  # one of SCENES; others are passed over, since real data has its own
    CURRENCY = "currency"
    FLAG = "flag"
    MOMENT = "moment"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    WEIGHT = "weight"


CODED = frozenset({Kind.ID, Kind.TEXT, Kind.CHOICE, Kind.SCENE, Kind.CURRENCY, Kind.FLAG})
NUMBERS = frozenset({Kind.AMOUNT, Kind.QUANTITY, Kind.WEIGHT})
REFUND_COLUMN = "refund"  # a column of a stranger's file that says which payments are refunds

_BY_NAME = {
    "payment_id": Kind.PAYMENT,
    "scene": Kind.SCENE,
    "currency": Kind.CURRENCY,
    "quantity": Kind.QUANTITY,
    "amount": Kind.AMOUNT,
    "weight": Kind.WEIGHT,
    "kind": Kind.CHOICE,
    "state": Kind.CHOICE,
    "purpose": Kind.CHOICE,
    "since": Kind.MOMENT,
    "at": Kind.MOMENT,
    "sensitive": Kind.FLAG,
    "verified": Kind.FLAG,
    "adult": Kind.FLAG,
    "granted": Kind.FLAG,
    REFUND_COLUMN: Kind.TEXT,
}
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("merchants", "kind"): MERCHANT_KINDS,
    ("circles", "state"): tuple(CircleState),
    ("themes", "kind"): THEME_KINDS,
    ("consents", "purpose"): tuple(Purpose),
}


def kind_of(column: str) -> Kind:
    """Kind of a column of any table."""
    if column in _BY_NAME:
        return _BY_NAME[column]
    if column.endswith("_at"):
        return Kind.MOMENT
    return Kind.ID if column.endswith("_id") else Kind.TEXT
