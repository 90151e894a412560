"""Types of the card: what a person is told of themself."""

from typing import Literal

from pydantic import Field

from api.schemas.between import MutedOut
from api.schemas.general import Model, Scene
from graph.schema import Purpose


class CardQuery(Model):
    days: int = Field(30, ge=1, le=90, description="how far back it says who asked")


class Said(Model):
    text: str
    text_zh: str


class NotUsed(Said):
    payments: int


class ScenePayments(Said):
    scene: Scene
    payments: int


class CardData(Model):
    """Which data there are, as counts; those behind the wall and those muted apart."""

    payments: int = Field(description="that count")
    refunds: int = Field(description="of these")
    walled: NotUsed
    muted: NotUsed
    scenes: list[ScenePayments]
    since: str | None = Field(description="the first payment of all")
    until: str | None


class Mute(Model):
    """What to send to `PUT /v1/users/{user_id}/mutes/{kind}/{id}`."""

    kind: Literal["merchants", "categories", "scenes"]
    id: str


class Habit(Said):
    """Something the person does, the most days first."""

    label: str
    band: Literal["often", "sometimes", "seldom"] = Field(description="by distinct days: 12, 3, fewer")
    mute: Mute


class RestsOn(Model):
    kind: Literal["category", "merchant", "product", "place", "circle", "popular", "open"]
    label: str


class CardCircles(Model):
    """What the person's own list of circles comes from."""

    personalised: bool
    reason: str | None = Field(description="why not; as with the list")
    rests_on: list[RestsOn] = Field(description="what its reasons name, the strongest first")


class Inferred(Model):
    scenes: list[Habit]
    categories: list[Habit]
    merchants: list[Habit]
    circles: CardCircles


class Use(Said):
    purpose: Purpose
    granted: bool
    means: Said = Field(description="what granting it means")


class ByApp(Model):
    """Answers that the app or the person asked for; lists of circles only personal ones."""

    circles: int
    links: int
    relays: int
    invitations: int


class ByOwners(Model):
    invitations: int = Field(description="that the person received")
    owners: list[str] = Field(description="merchants whose circles sent them")
    portraits_seen: int = Field(description="looks at portraits of shops where the person paid")
    merchants: int = Field(description="of how many shops")


class ByOperator(Model):
    receipts_seen: int
    portraits_seen: int


class Asked(Said):
    days: int
    by_app: ByApp
    by_owners: ByOwners
    by_operator: ByOperator


class CardOut(Model):
    user_id: str
    data: CardData
    inferred: Inferred
    uses: list[Use]
    asked: Asked
    muted: MutedOut = Field(description="as `GET /v1/users/{user_id}/mutes`")
