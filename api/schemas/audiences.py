"""Request and response types of audiences, and of members' invitations."""

from typing import Any, Literal

from pydantic import Field

from api.schemas.general import Id, Model, When

Cell = dict[str, Any]


class AudienceWish(Model):
    """What is asked of an audience."""

    target_fit: float = Field(description="share of the invited who are to fit, 0.05 to 0.95")
    confidence: float = Field(0.95, description="how sure the promise is to be, 0.5 to 0.99")
    max_size: int | None = Field(None, description="most people; at most `audiences.max_size` of the policy")
    holdout: float | None = Field(None, description="share kept back by lot to compare with, 0 to 0.5")
    valid_days: int | None = Field(None, description="how long it may be sent, and its hold-out is kept back")
    pilot: bool = Field(False, description="random people instead of the best, to learn how they answer")


class AudiencePath(Model):
    audience_id: Id


class InvitationPath(Model):
    invitation_id: Id


class SendBody(Model):
    message_ref: str = Field(min_length=1, max_length=200, description="the app's own reference of a message")
    send_at: When = None


class ReplyBody(Model):
    response: Literal["accept", "decline"]
    user_id: Id | None = Field(None, description="with a service key: the account that answers")


class AudienceOut(Model):
    """An audience for its owner; never who is in it."""

    audience_id: str
    circle_id: str
    state: str
    preview: bool
    asked: dict[str, Any]
    created_at: str
    valid_until: str
    examples: dict[str, list[str]]
    problem: str | None = None
    sending: dict[str, Any] | None = None
    size: str | None = Field(None, description="a band, such as `200 to 500`")
    pilot: bool | None = None
    fits: str | None = Field(None, description="what counts as fitting")
    proved_by: Literal["purchases", "joins"] | None = Field(None, description="`fits` as a code")
    certificate: dict[str, Any] | None = Field(None, description="the promise that was asked for")
    strongest: dict[str, Any] | None = Field(None, description="the strongest promise that can be made")
    lack: Literal["few_outcomes", "low_fit", "falling", "no_theme"] | None = None
    why: str | None = Field(None, description="why what was asked for cannot be promised; `lack` is its code")
    what_helps: str | None = None
    note: str | None = None
    note_code: Literal["nearly_everybody", "too_small"] | None = None
    funnel: dict[str, Any] | None = Field(None, description="everybody, by what keeps them out")
    job_id: str | None = None


class SentOut(Model):
    audience_id: str
    state: str
    invited: Cell
    not_before: str | None = Field(None, description="nothing is sent before this moment")


class ResultsOut(Model):
    """Joins of the invited beside those kept back; everything hidden says why."""

    audience_id: str
    week: str
    basis: str
    invited: Cell
    joined: Cell
    declined: Cell
    holdout: Cell
    holdout_joined: Cell
    lift: dict[str, Any]
    pilot: bool | None = None
    as_of: str | None = None


class InvitationItem(Model):
    invitation_id: str
    circle_id: str
    name: str | None
    message_ref: str | None
    sent_at: str
    expires_at: str
    state: Literal["open"]


class InvitationsOut(Model):
    rec_id: str
    user_id: str
    items: list[InvitationItem]
    why_empty: str | None = None


class ReplyOut(Model):
    invitation_id: str
    circle_id: str
    state: Literal["accepted", "declined"]
