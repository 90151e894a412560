"""What a theme means in the data, before anything is kept or sent: targets, and what is left out and why.

Pure functions over a `ThemeIndex`. Words find categories, shops and products by name, also by an alias in the
other language, and scenes. What is sensitive, or of finance and credit, is never in a theme.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from graph.schema import PRIVATE_SCENES, SCENES
from graph.stores.base import ThemeTarget
from graph.themes.index import KINDS, PRIVATE, ThemeIndex, Thing
from graph.themes.words import Aliases

MAX_TARGETS = 1_000  # of one theme; the first by kind and order of the store
BY_OWNER = "struck out"


@dataclass(frozen=True)
class Theme:
    """A theme as its owner writes it. exclude: ids of things to leave out, whatever their kind."""

    words: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    merchants: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Meant:
    """What one word found. scene: the scene that it names. excluded: how many that it found are left out."""

    word: str
    scene: str | None
    found: tuple[Thing, ...]
    excluded: int

    @property
    def state(self) -> str:
        if self.found or self.scene:
            return "found"
        return "excluded" if self.excluded else "nothing"


@dataclass(frozen=True)
class Meaning:
    """A theme in the data.

    included: things, categories first; what a category has is not repeated. excluded: why -> things left out.
    named: (kind, id) of what the owner named by id. unknown: what nobody has of it. num_left_off: things over
    `MAX_TARGETS`.
    """

    words: tuple[Meant, ...]
    scenes: tuple[str, ...]
    included: tuple[Thing, ...]
    excluded: dict[str, list[Thing]] = field(default_factory=dict)
    named: frozenset[tuple[str, str]] = frozenset()
    unknown: tuple[tuple[str, str], ...] = ()
    num_left_off: int = 0

    @property
    def targets(self) -> tuple[ThemeTarget, ...]:
        """What a circle with this theme is about.

        Products that only their names brought weigh together as much as one category: hundreds of them say
        less than the category that the words mean.
        """
        by_name = [t for t in self.included if t.kind == "product" and (t.kind, t.thing_id) not in self.named]
        weak = {thing.thing_id for thing in by_name}
        share = 1 / max(1, len(by_name))
        things = [
            ThemeTarget(t.kind, t.thing_id, share if t.kind == "product" and t.thing_id in weak else 1.0)
            for t in self.included
        ]
        return (*things, *(ThemeTarget("scene", scene) for scene in self.scenes))


def meaning_of(theme: Theme, index: ThemeIndex, aliases: Aliases) -> Meaning:
    """Look a theme up.

    Returns:
        The words in their order; the rest is the same in whatever order the parts are given.
    """
    struck, left_out = set(theme.exclude), dict[str, list[Thing]]()
    words = tuple(_meant(word, index, aliases, struck, left_out) for word in dict.fromkeys(theme.words))
    named, unknown = _named(theme, index)
    scenes, barred_scenes = _scenes(theme, words, struck)
    unknown += [("scene", scene) for scene in barred_scenes if scene not in PRIVATE_SCENES]
    barred = [
        Thing("scene", scene, scene, None, PRIVATE) for scene in barred_scenes if scene in PRIVATE_SCENES
    ]
    _kept(barred, struck, left_out)
    found = _kept([thing for word in words for thing in word.found], struck, left_out)
    things = {(t.kind, t.thing_id): t for t in (*found, *_kept(named, struck, left_out))}
    included = _without_repeats(things.values())
    excluded = {why: _ordered(_distinct(things)) for why, things in sorted(left_out.items())}
    return Meaning(
        words=words,
        scenes=scenes,
        included=tuple(included[:MAX_TARGETS]),
        excluded=excluded,
        named=frozenset((thing.kind, thing.thing_id) for thing in named),
        unknown=tuple(sorted(set(unknown))),
        num_left_off=max(0, len(included) - MAX_TARGETS),
    )


def _meant(
    word: str, index: ThemeIndex, aliases: Aliases, struck: set[str], left_out: dict[str, list[Thing]]
) -> Meant:
    found = _distinct(thing for form in sorted(aliases.forms(word)) for thing in index.find(form))
    kept = _kept(found, struck, left_out)
    scene = aliases.scene(word)
    return Meant(word, None if scene in struck else scene, tuple(_ordered(kept)), len(found) - len(kept))


def _named(theme: Theme, index: ThemeIndex) -> tuple[list[Thing], list[tuple[str, str]]]:
    """Things that the owner named by id, and those that nobody has."""
    found, unknown = [], []
    given = zip(KINDS, (theme.categories, theme.merchants, theme.products), strict=True)
    for kind, ids in given:
        for id_ in ids:
            thing = index.get(kind, id_)
            if thing is None:
                unknown.append((kind, id_))
            else:
                found.append(thing)
    return found, unknown


def _scenes(theme: Theme, words: Sequence[Meant], struck: set[str]) -> tuple[tuple[str, ...], list[str]]:
    """Scenes of the theme, and those it names that no theme may have."""
    named = {*theme.scenes, *(word.scene for word in words if word.scene)} - struck
    good = [scene for scene in SCENES if scene in named and scene not in PRIVATE_SCENES]
    return tuple(good), sorted(named - set(good))


def _kept(things: Iterable[Thing], struck: set[str], left_out: dict[str, list[Thing]]) -> list[Thing]:
    """Things that may be in the theme; the others are noted with the reason."""
    kept = []
    for thing in things:
        why = thing.barred or (BY_OWNER if thing.thing_id in struck or thing.category in struck else None)
        if why is None:
            kept.append(thing)
        else:
            left_out.setdefault(why, []).append(thing)
    return kept


def _without_repeats(things: Iterable[Thing]) -> list[Thing]:
    """Categories first; a shop or product that a category of the theme has already is not named again."""
    ordered = _ordered(things)
    categories = {thing.thing_id for thing in ordered if thing.kind == "category"}
    return [t for t in ordered if t.kind == "category" or t.category not in categories]


def _ordered(things: Iterable[Thing]) -> list[Thing]:
    kinds = (*KINDS, "scene")
    return sorted(things, key=lambda thing: (kinds.index(thing.kind), thing.thing_id))


def _distinct(things: Iterable[Thing]) -> list[Thing]:
    return list({(thing.kind, thing.thing_id): thing for thing in things}.values())
