"""Themes as owners write them, and what they mean in the data."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.general import Id, Model
from graph.themes.meaning import Theme

MAX_WORDS, MAX_IDS = 30, 500
Word = Annotated[str, Field(min_length=1, max_length=60)]


class ThemeBody(Model):
    """What a circle is about; words may be English or Chinese."""

    words: list[Word] = Field([], max_length=MAX_WORDS)
    categories: list[Id] = Field([], max_length=MAX_IDS)
    merchants: list[Id] = Field([], max_length=MAX_IDS)
    products: list[Id] = Field([], max_length=MAX_IDS)
    scenes: list[Id] = Field([], max_length=8)
    exclude: list[Id] = Field(
        [], max_length=MAX_IDS, description="ids of things to leave out, whatever found them"
    )

    def theme(self) -> Theme:
        return Theme(**{name: tuple(values) for name, values in self.model_dump().items()})


class NamedThing(Model):
    id: str
    name: str


class ThingsOut(Model):
    """Things of one kind: how many, and the first of them by name."""

    count: int
    items: list[NamedThing]


class IncludedOut(Model):
    category: ThingsOut
    merchant: ThingsOut
    product: ThingsOut


class ExcludedOut(IncludedOut):
    reason: Literal["sensitive", "finance", "struck out"]


class FoundOut(Model):
    category: int
    merchant: int
    product: int


class WordOut(Model):
    word: str
    state: Literal["found", "nothing", "excluded"] = Field(
        description="`excluded`: all that it found is left out"
    )
    scene: str | None
    found: FoundOut


class UnknownOut(Model):
    kind: str
    id: str


class TypeOut(Model):
    type: str
    things: int


class ThemePreviewOut(Model):
    """The contract of a theme; it names things and never people."""

    words: list[WordOut]
    scenes: list[str]
    included: IncludedOut
    excluded: list[ExcludedOut]
    unknown: list[UnknownOut]
    types: list[TypeOut]
    left_off: int
    people: str | None = Field(description="a band, such as `100 to 200`, of adults who grant `portraits`")
    covers_most: bool | None
    people_note: str | None = None
    note: str | None
