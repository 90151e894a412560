"""Circles as owners write and see them; reports and alarms as the operator sees them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.schemas.general import CircleOut, Counted, Id, Model, PageQuery, Whole
from api.schemas.themes import ThemeBody
from api.services.own_circles import Wish

Name = Annotated[str, Field(min_length=1, max_length=120)]
Description = Annotated[str, Field(max_length=2000)]
Reason = Annotated[str, Field(min_length=1, max_length=200)]
Rule = Annotated[
    dict[str, Any],
    Field(
        max_length=8,
        description="allow-list: `cities`, `verified`, `adult`, `min_theme_payments`; all else is 422",
    ),
]


class Headers(Model):
    """Base of headers: the others of a request are not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class RevisionHead(Headers):
    """Headers of a request that changes a circle."""

    if_match: str | None = Field(None, alias="If-Match", description="the `ETag` that it is made from")


class CircleEditBody(Model):
    """What changes; absent stays. A theme is given whole."""

    name: Name | None = None
    description: Description | None = None
    scene: Id | None = None
    theme: ThemeBody | None = None
    eligibility: Rule | None = None

    def wish(self) -> Wish:
        theme = None if self.theme is None else self.theme.theme()
        return Wish(self.name, self.description, self.scene, theme, self.eligibility)


class CircleBody(CircleEditBody):
    """A new circle; its owner is the merchant of the key."""

    name: Name
    theme: ThemeBody
    circle_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{1,64}$")] | None = Field(
        None, description="made here when absent"
    )
    owner_id: Id | None = Field(None, description="needed with an operator's key")


class OwnerOut(Model):
    """How a circle stands, for its owner and the operator."""

    revision: int
    created_at: str | None
    recommended_from: str | None = Field(description="when its waiting ends; null for one of unknown age")
    why_not_recommended: str | None = Field(description="`waiting`, `risky`, its state; null when it is")
    reason: str | None = Field(description="why it was closed or kept apart")
    words: list[str]
    targets: int
    eligibility: dict[str, Any] | None


class OwnCircleOut(CircleOut):
    owner: OwnerOut


class CircleDetailOut(CircleOut):
    owner: OwnerOut | None = Field(None, description="only for its owner and the operator")


class AlarmOut(Model):
    level: Literal["watch", "high"]
    reasons: list[Literal["newcomers", "owner", "reports"]]


class CircleLine(Model):
    circle_id: str
    name: str | None
    scene: str | None
    state: str
    owner_id: str | None
    members: Counted
    why_not_recommended: str | None
    alarm: AlarmOut | None = None


class OwnCirclesQuery(Model):
    limit: Annotated[Whole, Field(ge=1)] | None = None
    cursor: Annotated[str, Field(max_length=16)] | None = None
    alarm: bool = Field(False, description="operator: circles with a take-over alarm, the most serious first")


class OwnCirclesOut(Model):
    items: list[CircleLine]
    next_cursor: str | None = None


class QuarantineBody(Model):
    reason: Reason = Field(description="for people; its owner reads it")


class ReportPath(Model):
    report_id: Id


class ReportsQuery(PageQuery):
    state: Literal["waiting", "upheld", "rejected"] | None = "waiting"


class ReportOut(Model):
    """A report; never who made it."""

    report_id: str
    circle_id: str
    people: int = Field(description="how many different people reported this circle")
    state: Literal["waiting", "upheld", "rejected"]
    reported_on: str
    judged_on: str | None


class ReportsOut(Model):
    items: list[ReportOut]
    total: int
    next_cursor: str | None = None
