"""Request and response types of links between circles, messages passed on, flows and health."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.forms import FormQuery, also_as
from api.schemas.general import Id, Model, PageQuery, UserPath, Whole
from api.schemas.own_circles import AlarmOut

Topic = Annotated[str, Field(min_length=1, max_length=64)]
MessageRef = Annotated[
    str,
    Field(
        min_length=1,
        max_length=128,
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="the app's id of the message; never its text",
    ),
]


class CircleLinkPath(Model):
    circle_link_id: Id


class CircleLinksQuery(PageQuery):
    circle_id: Id | None = Field(None, description="only links of this circle")


class CircleLinkBody(Model):
    """What is proposed: messages of `from` reach the members of `to`."""

    source: Id = Field(alias="from")
    target: Id = Field(alias="to")
    topics: list[Topic] = Field(min_length=1, max_length=10)
    rate: int = Field(ge=1, strict=True, description="messages in seven days, at most")


class RelayBody(Model):
    link_id: Id
    topic: Topic
    message_ref: MessageRef


class MutePath(UserPath):
    kind: Literal["circles", "owners", "merchants", "categories", "scenes", "payments"] = Field(
        description="`circles`, `owners`: whose messages; the others: which of the person's own payments"
    )
    id: Id = Field(
        description="a circle; a merchant (`owners`, `merchants`); a category as the catalogue has it; a "
        "scene; the app's id of a payment"
    )


class LimitQuery(Model):
    limit: Whole | None = Field(None, ge=1)


class HealthQuery(FormQuery):
    window: str | None = Field(None, description="the last month of it: 2026-10; the newest if absent")


class FlowsQuery(Model):
    direction: Literal["in", "out", "net"] = "in"
    window: str | None = Field(None, description="a month that has ended: 2026-10; the newest if absent")


class AcceptedOut(Model):
    source: bool = Field(alias="from")
    target: bool = Field(alias="to")


class CircleLinkOut(Model):
    link_id: str
    source: str = Field(alias="from")
    target: str = Field(alias="to")
    topics: list[str]
    rate: int
    state: Literal["proposed", "open", "closed"]
    carries: bool = Field(description="open, and neither circle is closed or quarantined")
    accepted: AcceptedOut = Field(description="by whoever runs the circle now")
    proposed_at: str
    opened_at: str | None = None
    closed_at: str | None = None


class CircleLinksOut(Model):
    items: list[CircleLinkOut]
    next_cursor: str | None = None


class RelayOut(Model):
    """What was passed on; who receives it is not told."""

    relay_id: str
    link_id: str
    topic: str


class ReceivedOut(Model):
    relay_id: str
    message_ref: str
    topic: str
    source: str = Field(alias="from", description="the circle it comes from")
    circle_id: str = Field(description="the person's circle that it was passed on to")
    at: str


class RelaysOut(Model):
    rec_id: str
    user_id: str
    items: list[ReceivedOut]
    next_cursor: str | None = None
    why_empty: str | None = None


class MutedOut(Model):
    """What a person muted: senders of messages, and payments that count for nothing."""

    circles: list[str]
    owners: list[str]
    merchants: list[str]
    categories: list[str]
    scenes: list[str]
    payments: list[str] = Field(description="first 16 hexadecimal digits of the MD5 of each payment's id")


class MutesOut(MutedOut):
    user_id: str


class Told(Model):
    """A number about a group, or why it is not told; hidden is never zero."""

    v: float | None = None
    hidden: Literal["minimum", "complement", "consent", "budget"] | None = None


class FlowOut(Model):
    circle_id: str = Field(description="the circle at the other end of an open link")
    people: Told


class FlowsOut(Model):
    circle_id: str
    direction: Literal["in", "out", "net"]
    window: str
    items: list[FlowOut]
    why_empty: str | None = None


class RelatedItem(Model):
    circle_id: str
    name: str | None
    scene: str | None
    score: float = Field(description="mean of the parts that are known")
    members: Told = Field(description="share of this circle's members in both; a lower edge")
    theme: float = Field(description="likeness of themes, in five steps")
    behaviour: float | None = Field(None, description="nearness in the published version, in five steps")


class RelatedOut(Model):
    circle_id: str
    version: str
    items: list[RelatedItem]


class HealthMonth(Model):
    month: str
    joins: Told
    leaves: Told
    newcomer_share: Told = Field(description="of the members at its end; lower edge of a step")


class RetentionRow(Model):
    joined: str
    stayed: list[Told] = Field(description="share at the end of that month, a month later, ...; lower edges")


class CircleHealthOut(Model):
    model_config = also_as("text/csv")

    circle_id: str
    state: str
    alarm: AlarmOut | None = Field(None, description="a take-over alarm; only for the operator")
    months: list[HealthMonth]
    retention: list[RetentionRow]
