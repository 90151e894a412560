"""Answers that are made again."""

from typing import Literal

from pydantic import Field

from api.schemas.general import Model


class ReplayedItem(Model):
    position: int
    circle_id: str
    score: float


class ReplayOut(Model):
    """An earlier answer as it may be shown today."""

    rec_id: str
    state: Literal["replayed", "version_gone", "erased"] = Field(
        description="`version_gone`: its version is not kept; `erased`: its person was forgotten"
    )
    version: str | None = None
    at: str | None = None
    kind: Literal["circles", "links", "invitations", "relays"] | None = None
    same: bool | None = Field(None, description="all of it may be shown today")
    remade: bool | None = Field(
        None,
        description="asked again for that moment, the version gives the same list to the last bit; false "
        "where payments, joins, showings, circles or the policy changed since",
    )
    items: list[ReplayedItem] | None = Field(
        None, description="circles of the list, without what is withheld"
    )
    shown: int | None = Field(None, description="of links, invitations and messages only how many")
    withheld: dict[str, int] | None = Field(None, description="why not -> how many")
