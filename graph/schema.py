"""Names that every part shares: nodes, edges, scenes, purposes, interchange tables."""

from enum import StrEnum

LABELS = ("User", "Merchant", "Product", "Circle")

# Order is part of the file formats (a scene is stored as its index): append only.
SCENES = ("shopping", "entertainment", "finance", "dining", "concerts", "fitness", "credit", "other")
PRIVATE_SCENES = ("finance", "credit")  # never reach a merchant


class Purpose(StrEnum):
    """What a person can consent to; each is off until granted, and separate from the others."""

    CIRCLES = "circles"
    LINKS = "links"
    PORTRAITS = "portraits"


# By which door a decision about consent came: the app's key, the person's own key or token, this machine's
# command line, a table of a load, or `--assume-consent`, where nobody was asked.
DOORS = ("service", "member", "command line", "file", "assumed")


class CircleState(StrEnum):
    """Life of a circle. Only `open` and `proposed` circles are ever recommended."""

    PROPOSED = "proposed"
    OPEN = "open"
    QUARANTINED = "quarantined"
    CLOSED = "closed"


THEME_KINDS = ("merchant", "product", "category", "scene")
MERCHANT_KINDS = ("store", "brand", "institution")

# Interchange tables: column -> required. Ids are opaque strings, times are UTC.
TABLES: dict[str, dict[str, bool]] = {
    "merchants": {
        "merchant_id": True,
        "name": False,
        "kind": False,
        "category": False,
        "scene": False,
        "city": False,
        "sensitive": False,
    },
    "products": {
        "product_id": True,
        "name": False,
        "category": False,
        "merchant_id": False,
        "sensitive": False,
    },
    "users": {"user_id": True, "verified": False, "adult": False, "city": False},
    "circles": {
        "circle_id": True,
        "name": False,
        "description": False,
        "owner_id": False,
        "scene": False,
        "created_at": False,
        "state": False,
    },
    "themes": {"circle_id": True, "kind": True, "target_id": True, "weight": False},
    "payments": {
        "payment_id": True,
        "user_id": True,
        "merchant_id": True,
        "product_id": False,
        "quantity": False,
        "amount": False,
        "currency": False,
        "scene": False,
        "paid_at": True,
    },
    "memberships": {"user_id": True, "circle_id": True, "joined_at": False, "left_at": False},
    "links": {"user_id": True, "other_user_id": True, "since": False},
    "consents": {"user_id": True, "purpose": True, "granted": True, "at": False},
}
