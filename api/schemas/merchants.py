"""Request and response types of portraits, fan graphs, peers and search."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from api.schemas.between import Told
from api.schemas.forms import FormQuery, also_as
from api.schemas.general import Id, Model, split

Kind = Literal["group", "circle", "merchant", "category", "scene"]
Ring = Annotated[int, Field(ge=0, le=4, description="0 the merchant, 1 to 3 fans by closeness, 4 the others")]
Step = Annotated[int, Field(ge=1, le=5, description="by shown values alone; 1 for what is hidden")]
Coordinate = Annotated[float, Field(ge=0, le=1000)]
CLOSENESS = "near (regulars), mid (occasional) or far (new)"


class MerchantPath(Model):
    merchant_id: Id


class PortraitQuery(FormQuery):
    closeness: str | None = Field(None, description=f"only fans who are {CLOSENESS}")
    scene: str | None = Field(None, description="only fans whose leading interest is of this scene")


class FanGraphQuery(FormQuery):
    format: str | None = Field(None, description="json, csv, graphml or gexf; by `Accept` when absent")
    expand: Annotated[list[Id], BeforeValidator(split)] = Field(
        [], max_length=30, description="groups to take apart, such as near.dining; repeated or with commas"
    )


class SearchQuery(FormQuery):
    q: str = Field(min_length=1, max_length=100, description="words, the last one perhaps unfinished")
    kinds: Annotated[list[str], BeforeValidator(split)] | None = Field(
        None, description="group, circle, merchant, category, scene; repeated or with commas; all when absent"
    )


class NameOut(Model):
    en: str
    zh: str


class WindowOut(Model):
    """First and last day, and the last week."""

    first: str = Field(alias="from")
    to: str
    week: str


class MetaOut(Model):
    k: int = Field(
        description="smallest group that is ever counted; more where noise could be taken for people"
    )
    window: WindowOut | None = Field(description="the one window there is; null before the first portraits")
    as_of: str | None = Field(description="when the week was made")
    made_at: str | None = Field(description="when this portrait was made; it holds for weeks")
    renewed_after: str | None
    model: str | None = Field(description="the published version, for circles; null where there is none")
    epsilon: float = Field(description="what the whole portrait cost; asking again costs nothing")
    rounding: Literal["2sf"]
    truncated: bool
    hidden_groups: Literal["some", "none"]


class _About(Model):
    meta: MetaOut
    merchant_id: str
    name: NameOut
    why_empty: str | None = None


class OfOut(Model):
    closeness: str | None
    scene: str | None


class StandingOut(Model):
    id: Literal["near", "mid", "far", "lost"]
    name: NameOut
    people: Told
    share: Told = Field(description="of all fans; of lost ones, of those who came in the weeks before")
    peer: float | None = Field(description="the same share among similar merchants together")


class EntryOut(Model):
    id: str
    name: NameOut
    people: Told
    share: Told = Field(description="of the fans that the portrait is about; 0.95 stands for that and more")
    peer: float | None
    index: float | None = Field(description="share / peer")


class BandOut(EntryOut):
    band: int = Field(description="0 not known, then upwards")


class OverlapOut(Model):
    id: str
    name: NameOut
    people: Told
    overlap: Told = Field(description="share of the fans who joined this circle last")
    peer: float | None
    index: float | None
    href: str | None


class RisingOut(Model):
    id: str
    name: NameOut
    now: Told = Field(description="fans for whom it was drawn among what they bought in the last four weeks")
    change: float = Field(description="of the share of fans who buy it, expected in the next four weeks")
    low: float = Field(description="the change lies between low and high in 9 of 10 cases")
    high: float
    around: float = Field(description="the change that is expected among everybody")
    is_rising: bool = Field(description="low is above 0")


class HoursOut(Model):
    days: list[NameOut]
    parts: list[str]
    cells: list[list[Told]] = Field(description="people by day and part of the day when they come most")


class NoteOut(Model):
    code: str = Field(description="the name of an attribute where it is hidden as a whole")
    en: str
    zh: str


class PortraitOut(_About):
    model_config = also_as("text/csv")

    of: OfOut = Field(description="whom people and interests are about; all else is of the closeness")
    people: Told
    change: Told = Field(description="of all fans against the window before, 0.06 for 6 % more")
    standing: list[StandingOut]
    kept: Told = Field(description="share of the fans of the window before who came again")
    scenes: list[EntryOut]
    interests: list[EntryOut] = Field(description="what each buys more than others do, anywhere")
    hours: HoursOut
    spend: list[BandOut] = Field(description="the middle of each fan's payments here, in major units")
    products: list[EntryOut] = Field(description="what each buys here most often")
    covisits: list[EntryOut] = Field(description="where else each goes most often")
    rising: list[RisingOut]
    circles: list[OverlapOut]
    notes: list[NoteOut]


class NodeOut(Model):
    id: str = Field(description="m, closeness.scene, closeness.scene:category, c:circle or s:shop")
    kind: Literal["merchant", "group", "circle", "shop"]
    name: NameOut
    closeness: Literal["near", "mid", "far"] | None
    scene: str | None
    people: Told
    size: Step
    x: Coordinate
    y: Coordinate
    ring: Ring
    community: int
    expandable: bool
    expanded: bool
    parent: str | None
    href: str | None


class EdgeOut(Model):
    source: str
    target: str
    kind: Literal["buys", "overlaps", "covisits", "about", "part"] = Field(
        description="`about` is a public fact; the others are counted"
    )
    strength: Step
    why: NameOut


class LegendOut(Model):
    kind: Literal["group", "circle", "shop"]
    closeness: Literal["near", "mid", "far"] | None
    nodes: int


class CommunityOut(Model):
    id: int
    name: NameOut
    nodes: int


class FanGraphOut(_About):
    model_config = also_as("text/csv", "application/graphml+xml", "application/gexf+xml")

    center: str
    nodes: list[NodeOut]
    edges: list[EdgeOut]
    legend: list[LegendOut]
    communities: list[CommunityOut]


class ChosenByOut(Model):
    name: NameOut
    value: NameOut


class MeasureOut(Model):
    id: Literal["people", "regulars", "new", "kept", "change"]
    name: NameOut
    own: Told
    p25: float | None
    p50: float | None
    p75: float | None


class PeersOut(_About):
    model_config = also_as("text/csv")

    peers_min: int
    number: int = Field(description="of similar merchants; 0 where there are too few")
    chosen_by: list[ChosenByOut]
    measures: list[MeasureOut]


class SearchItem(Model):
    id: str
    kind: Kind
    name: NameOut
    href: str | None


class SearchOut(Model):
    model_config = also_as("text/csv")
    items: list[SearchItem]
