"""Request and response types: what `/openapi.json` says, and what requests are checked against.

Answers are built as plain dictionaries and not validated again on their way out; the tests hold every answer
to these models.
"""

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool
from pydantic.json_schema import DEFAULT_REF_TEMPLATE

from graph.schema import DOORS, SCENES, Purpose

Scene = Literal[SCENES]  # type: ignore[valid-type]
Id = Annotated[str, Field(min_length=1, max_length=256)]
_DIGITS = re.compile(r"-?[0-9]+")


def written_plainly(value: Any) -> Any:
    """Refuse what only Python takes for a whole number: `1_0`, ` 1`, `1.0`, digits of other scripts."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("a whole number, in digits")
    return value


Whole = Annotated[int, BeforeValidator(written_plainly)]
When = Annotated[datetime | None, Field(description="RFC 3339; now when absent")]


class Model(BaseModel):
    """Base of all: unknown fields are refused, and the JSON schema is made once.

    flask-openapi3 asks for the schema of a query model at every request; made anew each time, that costs
    more than the rest of the request (measured: 430 of 537 microseconds).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return _schema(cls, args, tuple(sorted(kwargs.items())))


@cache
def _schema(model: type[Model], args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    given = {"ref_template": DEFAULT_REF_TEMPLATE} | dict(kwargs)
    return super(Model, model).model_json_schema(*args, **given)


# -- requests -----------------------------------------------------------------------------------------


def split(value: Any) -> Any:
    """Allow `exclude=a,b` beside `exclude=a&exclude=b`."""
    return [p for v in value for p in str(v).split(",") if p] if isinstance(value, list) else value


class UserPath(Model):
    user_id: Id = Field(description="the app's own account id")


class ConsentPath(UserPath):
    purpose: Purpose


class CirclePath(Model):
    circle_id: Id


class JobPath(Model):
    job_id: Id


class ModelPath(Model):
    version: Id


class ModelsPath(Model):
    a: Id
    b: Id


class RecommendationPath(Model):
    rec_id: Id


class CirclesQuery(Model):
    limit: Annotated[Whole, Field(ge=1, description="refused over the maximum, never clipped")] | None = None
    exclude: Annotated[list[Id], BeforeValidator(split)] = Field(
        [], max_length=1000, description="circle ids to leave out; repeated or separated by commas"
    )
    cursor: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="`next_cursor` of the page before; everything else as it was asked there"
    )
    scene: Scene | None = Field(None, description="only circles of this scene")
    explain: bool = Field(True, description="whether each circle carries its reasons")
    mode: Literal["personal", "non_profiling"] = Field(
        "personal", description="`non_profiling` uses nothing of the person: the same list for everybody"
    )


class PageQuery(Model):
    """Which part of a list."""

    limit: Annotated[Whole, Field(ge=1, description="refused over the maximum, never clipped")] | None = None
    cursor: Annotated[str, Field(max_length=600, description="`next_cursor` of the page before")] | None = (
        None
    )


class LinkPath(Model):
    link_id: Id = Field(description="the handle from the list of links")


class LinksQuery(Model):
    limit: Annotated[Whole, Field(ge=1, description="refused over the maximum, never clipped")] | None = None
    cursor: Annotated[str, Field(max_length=64, description="`next_cursor` of the page before")] | None = None
    state: Literal["suggested", "connected"] = Field(
        "suggested", description="this week's suggestions, or everybody the user is linked with"
    )


class LinkQuery(Model):
    user_id: Id | None = Field(None, description="whom the handle was made for; needed with a service key")


class LinkResponse(Model):
    """What a person says to a suggestion; a decline, a block and a report are for good."""

    response: Literal["accept", "decline", "block", "report"]
    user_id: Id | None = Field(None, description="who answers; needed with a service key")


class Granted(Model):
    granted: StrictBool  # what somebody agreed to is never guessed from another value


class UserBody(Model):
    """What the app says about an account; absent means unchanged."""

    verified: StrictBool | None = Field(None, description="the real name was seen")
    adult: StrictBool | None = None
    city: Annotated[str, Field(max_length=200)] | None = None


class TrainingBody(Model):
    """How to train; the defaults are those of `circles train`."""

    seed: int = Field(0, ge=0, le=2**31 - 1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    budget: float | None = Field(None, ge=1, le=86400, description="seconds for the graph network")
    gnn: bool = Field(True, description="false: graph filters, themes and popularity only")
    feedback: Literal["all", "organic", "weighted"] = Field(
        "all", description="which memberships count; see `circles train --help`"
    )


class PaymentRecord(Model):
    """One payment; checked by the rules of files, see `api/services/payment_records.py`."""

    payment_id: Id
    user_id: Id
    merchant_id: Id
    product_id: Id | None = None
    quantity: float | str | None = None
    amount: float | str | None = Field(None, description="major units; negative is a refund; kept as a band")
    currency: str | None = Field(None, description="ISO 4217")
    scene: str | None = Field(None, description=f"one of {', '.join(SCENES)}; others count as none")
    paid_at: str = Field(description="RFC 3339; UTC when it names no zone")


class EventRecord(Model):
    """Something a person did with circles; kept once by `event_id`."""

    event_id: Id
    kind: Literal["join", "leave", "dismiss", "exposure", "click", "report"]
    user_id: Id
    circle_id: Id
    rec_id: Id | None = Field(None, description="the list it answers; an exposure needs one")
    position: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        None,
        description="of an exposure: where the circle was seen, 1 is the first; as in the list if absent",
    )
    at: When = None


# -- responses ----------------------------------------------------------------------------------------


class Problem(Model):
    """RFC 9457; `code` is stable, `instance` is the request id."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    errors: list[dict[str, str]] | None = None


class ReasonOut(Model):
    kind: Literal["category", "merchant", "product", "circle", "popular", "open"]
    text: str
    text_zh: str
    labels: list[str] = Field(description="names of what the person themself did, the strongest first")
    share: float = Field(ge=0, le=1, description="part of the score")


class CircleItem(Model):
    circle_id: str
    name: str | None
    scene: str | None
    score: float
    state: str
    exploration: bool = Field(False, description="drawn by lot, so that what is rarely shown is tried too")
    reasons: list[ReasonOut] | None = None


class CirclesAnswer(Model):
    rec_id: str
    user_id: str
    version: str
    as_of: str
    personalised: bool
    degraded: bool = Field(description="the store is down: the list is the published one, not checked live")
    reason: Literal["consent_missing", "non_profiling", "store_unavailable", "nothing_known"] | None = Field(
        None, description="why the list is not personal"
    )
    note: str | None = None
    items: list[CircleItem]
    next_cursor: str | None = Field(None, description="where there is more; for the same question")
    why_empty: str | None = None


class LinkReasonOut(Model):
    text: str
    text_zh: str


class LinkItem(Model):
    """One suggestion or link as its viewer may see it."""

    link_id: str = Field(description="a handle for this viewer and week only")
    state: Literal["suggested", "accepted", "connected"]
    other: str | None = Field(None, description="pseudonym of the other one; only once both accepted")
    band: Literal["some", "good", "strong"] | None = None
    reason: LinkReasonOut | None = None
    weight: float | None = Field(None, ge=0, le=1, description="service keys only")
    uncertainty: float | None = Field(None, ge=0, le=1, description="service keys only")
    calibrated: bool | None = Field(None, description="service keys only; false before anybody accepted")


class LinksAnswer(Model):
    rec_id: str
    user_id: str
    week: str = Field(description="Monday of the week that the list holds for")
    until: str
    items: list[LinkItem]
    next_cursor: str | None = None
    why_empty: str | None = None


class LinkAnswer(Model):
    link_id: str
    state: Literal["accepted", "connected", "declined", "blocked", "reported"]
    other: str | None = None


class Rejected(Model):
    index: int
    problem: str


class BatchAnswer(Model):
    accepted: int
    duplicates: int
    rejected: list[Rejected]


class UserOut(Model):
    user_id: str
    verified: bool
    adult: bool
    city: str | None
    consents: dict[str, bool]


class ConsentOut(Model):
    user_id: str
    purpose: str
    granted: bool


class DecisionOut(Model):
    granted: bool
    at: str | None = Field(description="null where nobody was asked")
    door: Literal[DOORS] | None = Field(  # type: ignore[valid-type]
        description="how it came: `service` the app's key, `member` the person's own key or token, `file` a "
        "load, `assumed` a data set whose people were not asked; null for one of before this was kept"
    )


class PurposeOut(Model):
    purpose: Purpose
    granted: bool = Field(description="off until somebody grants it")
    history: list[DecisionOut] = Field(description="the oldest first")


class ConsentsOut(Model):
    user_id: str
    items: list[PurposeOut]


class Counted(Model):
    """A group size, or why it is not shown; never zero for hidden."""

    v: int | None = Field(None, description="rounded, or the lower edge of a step")
    hidden: Literal["minimum"] | None = None


class ThemeOut(Model):
    kind: str
    label: str
    weight: float


class CircleOut(Model):
    circle_id: str
    name: str | None
    description: str | None
    theme: list[ThemeOut]
    scene: str | None
    state: str
    owner_id: str | None
    members: Counted


class JobOut(Model):
    job_id: str
    kind: Literal["train", "promote", "forget", "audience", "catalogue", "lists"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    created_at: str
    started_at: str | None = None
    ended_at: str | None = None
    result: dict[str, Any] | None = None
    problem: str | None = None


class ErasureKey(Model):
    key_id: str
    since: str
    public_key: str = Field(description="Ed25519, RFC 8032, as 64 hex digits")
    distrusted_at: str | None = Field(
        None, description="from when on nothing is believed that it signed, at whatever moment"
    )


class ErasureKeysOut(Model):
    items: list[ErasureKey]


class ModelOut(Model):
    version: str
    current: bool
    state: str
    as_of: str
    published_at: str | None = None
    policy_id: str
    metrics: dict[str, Any]


class ModelsOut(Model):
    items: list[ModelOut]
    next_cursor: str | None = None


class ModelCardOut(ModelOut):
    """One version whole: its card, what it is made of, and what the gate found."""

    card: dict[str, Any] | None = Field(None, description="purpose, data, limits; see embeddings/README.md")
    counts: dict[str, int]
    weights: dict[str, list[float]]
    gate: dict[str, Any] | None = Field(None, description="the report of the last promotion that was tried")


class ModelDiffOut(Model):
    """How the second version differs from the first."""

    before: str
    after: str
    about: dict[str, Any]
    counts: dict[str, Any]
    metrics: dict[str, Any]
    weights: dict[str, Any]
    circles: dict[str, int]
    lists: dict[str, Any]


class ServedOut(Model):
    served: str


class RecommendationOut(Model):
    """A receipt; the person appears only under the pseudonym."""

    rec_id: str
    user: str
    version: str
    snapshot_id: str | None
    policy_id: str
    at: str
    content: dict[str, Any]
    withheld: dict[str, int] = Field(
        {},
        description="circles that are not told: the person withdrew `consent` or `muted` payments since, or "
        "`not_known` while the store is away",
    )
    events: list[dict[str, Any]] | None = Field(
        None, description="exposures and what followed that name this list; null while the store is away"
    )


class Health(Model):
    status: Literal["ok"]


class Ready(Model):
    status: Literal["ready", "not_ready", "stopping"]
    missing: list[str]
    notes: list[str]
    version: str | None = None
