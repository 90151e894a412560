"""Lists of circles for payments without a person, and for many people at once."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from api.schemas.general import CircleItem, Id, Model, Scene, Whole
from api.schemas.things import PlainId

MOST_PAYMENTS, MOST_USERS, MOST_LINES = 200, 10_000, 1000


class RecentPayment(Model):
    """What somebody paid for; no amount, and nobody's id."""

    merchant_id: PlainId
    product_id: PlainId | None = None
    quantity: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    scene: Scene | None = None
    paid_at: datetime | None = Field(None, description="RFC 3339, UTC when it names no zone; now when absent")


class RecommendBody(Model):
    """Either `payments` of one person who stays unknown, or `users`, accounts to be answered by a job."""

    payments: Annotated[list[RecentPayment], Field(min_length=1, max_length=MOST_PAYMENTS)] | None = None
    users: Annotated[list[Id], Field(min_length=1, max_length=MOST_USERS)] | None = None
    limit: Annotated[int, Field(ge=1, description="refused over the maximum, never clipped")] | None = None
    exclude: list[Id] = Field([], max_length=1000, description="circle ids to leave out")
    scene: Scene | None = Field(None, description="only circles of this scene")
    explain: bool = Field(True, description="of `payments`: whether each circle carries its reasons")

    @model_validator(mode="after")
    def one_of_two(self) -> Self:
        if (self.payments is None) == (self.users is None):
            raise ValueError("either payments or users")
        return self


class AnonymousAnswer(Model):
    """As for a person, without `rec_id`: nothing of the question or the answer is kept."""

    version: str
    as_of: str
    personalised: bool
    degraded: bool
    reason: str | None = None
    note: str | None = None
    used: int = Field(description="payments that counted; of things unknown or behind the wall none does")
    items: list[CircleItem]
    why_empty: str | None = None


class ResultQuery(Model):
    start: Whole = Field(0, ge=0, description="place of the first account in the request, from 0")
    limit: Whole = Field(MOST_LINES, ge=1, description=f"at most {MOST_LINES}; more is refused")
