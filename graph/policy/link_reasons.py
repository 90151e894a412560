"""Why two strangers are suggested to each other, in words that single out nobody.

A reason speaks of categories and bands, never of a merchant, an amount, a date or a rare category, and it is
the same for both sides. Pure: what is large enough to be spoken of is counted by the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from graph.errors import InputError

MAX_CATEGORIES = 2
MIN_CATEGORY_USERS = 100  # people who agreed to links and go to places of the category
MIN_CATEGORY_MERCHANTS = 20
MIN_TOLD_USERS = 20  # people who agreed to links and fit all that is said, bands too
SEVERAL = 5  # shared merchants of a category from which it is "several"
A_FEW = 3
WEEKEND_SHARE = 0.6  # of the visits of each of the two; a weekend has 2/7 of the days
WEEKDAYS_BELOW = 0.1  # the same share, where both go on weekdays


class Band(StrEnum):
    """How many shared merchants of a category: 3 or 4, or 5 and more. One or two are not spoken of."""

    A_FEW = "a few"
    SEVERAL = "several"


class When(StrEnum):
    """When both mostly go there; nothing finer is ever said."""

    ANY = "any"
    WEEKDAYS = "weekdays"
    WEEKENDS = "weekends"


Said = tuple[tuple[str, Band], ...]


@dataclass(frozen=True, order=True)
class LinkReason:
    """What may be said about a pair.

    categories: up to two names, each with its band, by name; empty: what they share is too rare to be spoken
        of, and the sentence is the same for all such pairs.
    """

    categories: Said = ()
    when: When = When.ANY

    def __post_init__(self) -> None:
        if len(self.categories) > MAX_CATEGORIES or list(self.categories) != sorted(self.categories):
            raise ValueError(f"{self.categories!r}: expected at most {MAX_CATEGORIES} categories, by name")


FALLBACK = LinkReason()


@dataclass(frozen=True)
class CategorySizes:
    """How many people and merchants hide whoever is spoken of; only people who agreed to links count.

    users, merchants: by category. fitting: people of whom it would be true too, by what is said: one or two
    categories with their bands, in order; nobody where it is absent.
    """

    users: Mapping[str, int]
    merchants: Mapping[str, int]
    fitting: Mapping[Said, int] = field(default_factory=dict)

    def may_name(self, category: str) -> bool:
        """Whether a category is large enough to be named at all."""
        return (
            self.users.get(category, 0) >= MIN_CATEGORY_USERS
            and self.merchants.get(category, 0) >= MIN_CATEGORY_MERCHANTS
        )

    def hides(self, *said: tuple[str, Band]) -> bool:
        """Whether what is said is true of enough people."""
        return self.fitting.get(tuple(sorted(said)), 0) >= MIN_TOLD_USERS

    def band_of(self, category: str, number: int) -> Band | None:
        """The widest band up to the number that hides enough people; None where none does."""
        bands = (Band.SEVERAL, Band.A_FEW) if number >= SEVERAL else (Band.A_FEW,)
        return next((band for band in bands if self.hides((category, band))), None)


def choose(
    shared: Mapping[str, int],
    sizes: CategorySizes,
    *,
    weekend_shares: tuple[float, float] | None = None,
) -> LinkReason:
    """The reason of a pair.

    Args:
        shared: category -> merchants of it that both go to. Walled ones must not be in it.
        weekend_shares: part of the visits of each of the two that fell on a weekend; None where unknown.

    Returns:
        Of the categories that are large enough and in which at least three merchants are shared, the two
        that most people share with them: the common ones, so that a rare one is never the reason. What is
        said is true of at least 20 people, bands and all. The fallback where there is nothing to say. The
        order of the two people makes no difference.
    """
    named = [c for c, number in shared.items() if number >= A_FEW and sizes.may_name(c)]
    named.sort(key=lambda category: (-sizes.users[category], category))
    spoken = [(c, band) for c in named if (band := sizes.band_of(c, shared[c])) is not None]
    chosen = spoken[:1]
    chosen += [two for two in spoken[1:] if sizes.hides(spoken[0], two)][: MAX_CATEGORIES - 1]
    if not chosen:
        return FALLBACK
    return LinkReason(tuple(sorted(chosen)), when_of(weekend_shares))


def when_of(shares: tuple[float, float] | None) -> When:
    """When both mostly go; `any` unless it holds for each of the two."""
    if shares is None:
        return When.ANY
    if min(shares) >= WEEKEND_SHARE:
        return When.WEEKENDS
    return When.WEEKDAYS if max(shares) <= WEEKDAYS_BELOW else When.ANY


_WORDS = {
    "en": {
        Band.A_FEW: "a few",
        Band.SEVERAL: "several",
        When.ANY: "",
        When.WEEKDAYS: ", mostly on weekdays",
        When.WEEKENDS: ", mostly at weekends",
    },
    "zh": {
        Band.A_FEW: "几家",
        Band.SEVERAL: "好几家",
        When.ANY: "",
        When.WEEKDAYS: "，大多在工作日",
        When.WEEKENDS: "，大多在周末",
    },
}
_TEMPLATES = {
    "en": ("You both go to {places}{when}.", '{band} places of the kind "{name}"', " and "),
    "zh": ("你们都常去{places}{when}。", "{band}“{name}”", "和"),
}
_FALLBACKS = {"en": "You have interests in common.", "zh": "你们有共同的兴趣。"}
LANGUAGES = tuple(_TEMPLATES)
# Scenes that may be spoken of where no category may: those of spare time, never money.
SPOKEN_SCENES = ("shopping", "entertainment", "dining", "concerts", "fitness")
UNSPOKEN_SCENES = ("finance", "credit")  # no category of theirs is spoken of either
_SCENES = {
    "zh": dict(zip(SPOKEN_SCENES, ("购物", "娱乐", "餐饮", "演出", "健身"), strict=True)),
}


def sentence(reason: LinkReason, language: str, names: Mapping[str, str] | None = None) -> str:
    """A reason for people.

    Args:
        language: `en` or `zh`.
        names: how a category is called in this language; its own name where absent.

    Raises:
        InputError: the language is not spoken.
    """
    if language not in _TEMPLATES:
        raise InputError(f"language {language!r} is not spoken; expected one of {', '.join(LANGUAGES)}")
    if not reason.categories:
        return _FALLBACKS[language]
    whole, part, between = _TEMPLATES[language]
    words = _WORDS[language]
    places = [
        part.format(band=words[band], name=(_SCENES.get(language, {}) | dict(names or {})).get(name, name))
        for name, band in reason.categories
    ]
    return whole.format(places=between.join(places), when=words[reason.when])


def as_records(reasons: Sequence[LinkReason]) -> list[dict[str, object]]:
    """Reasons as plain values for a JSON file."""
    return [{"categories": [[n, str(b)] for n, b in r.categories], "when": str(r.when)} for r in reasons]


def from_records(records: Sequence[Mapping[str, object]]) -> tuple[LinkReason, ...]:
    """The inverse of `as_records`. Raises ValueError, KeyError or TypeError for anything else."""
    return tuple(_read(record["categories"], str(record["when"])) for record in records)


def _read(categories: object, when: str) -> LinkReason:
    if not isinstance(categories, list):
        raise TypeError(f"categories are {categories!r}; expected a list")
    return LinkReason(tuple((str(name), Band(band)) for name, band in categories), When(when))
