"""Merchants and products as the app writes them, and as they are kept."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool

from api.schemas.general import Id, Model, Scene
from api.schemas.own_circles import Headers
from api.services.payment_records import CONTROL
from graph.schema import MERCHANT_KINDS

MOST_LETTERS = 4000  # of a name, as in files
# Control characters, and marks that turn the text after them around: no name has them on purpose.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")


def readable(text: str) -> str:
    """The text, without blanks around it; refused when nothing is left, or something in it cannot be seen."""
    text = text.strip()
    if not text or _UNSEEN.search(text):
        raise ValueError("text of one line, without control characters")
    return text


def opaque(id_: str) -> str:
    """An id as it is; refused where files and payments refuse it too."""
    if CONTROL.search(id_):
        raise ValueError("an id without control characters")
    return id_


Plain = AfterValidator(readable)
PlainId = Annotated[Id, AfterValidator(opaque)]
Text = Annotated[str, Field(max_length=MOST_LETTERS), Plain]
City = Annotated[str, Field(max_length=200), Plain]
Category = Annotated[
    str,
    Field(max_length=256, description="English or Chinese; decides the scene and the wall of payments"),
    Plain,
]
Sensitive = Annotated[StrictBool, Field(description="behind the wall whatever its category; only ever up")]


class MerchantPath(Model):
    merchant_id: PlainId


class ProductPath(Model):
    product_id: PlainId


class ThingHead(Headers):
    """Headers of a request that writes a merchant or a product."""

    if_match: Annotated[str, Field(max_length=200)] | None = Field(
        None, alias="If-Match", description="the `ETag` that the change is made from; `*` for any"
    )
    if_none_match: Literal["*"] | None = Field(
        None, alias="If-None-Match", description="`*`: only where nothing is said of it yet"
    )


class MerchantBody(Model):
    """What the app says of a merchant; absent means unchanged."""

    name: Text | None = None
    kind: Literal[MERCHANT_KINDS] | None = None  # type: ignore[valid-type]
    category: Category | None = None
    scene: Scene | None = Field(None, description="for payments whose categories name no scene")
    city: City | None = None
    sensitive: Sensitive | None = None


class ProductBody(Model):
    """What the app says of a product; absent means unchanged."""

    name: Text | None = None
    category: Category | None = None
    merchant_id: PlainId | None = Field(None, description="who makes or sells it")
    sensitive: Sensitive | None = None


class PlacedOut(Model):
    """Where payments stand that come from now on and say nothing themselves."""

    scene: Scene
    walled: bool = Field(description="kept from everybody but the person who paid")


class ThingOut(Model):
    name: str | None
    category: str | None
    sensitive: bool
    payments: PlacedOut
    job_id: str | None = Field(
        None, description="of a change that earlier payments have to follow: the job that sees to it"
    )


class MerchantThingOut(ThingOut):
    merchant_id: str
    kind: str | None
    scene: str | None
    city: str | None


class ProductThingOut(ThingOut):
    product_id: str
    merchant_id: str | None


def said(body: MerchantBody | ProductBody) -> dict[str, Any]:
    """What a body says, without what it leaves as it is."""
    return {name: value for name, value in body.model_dump().items() if value is not None}
