"""Reasons in words, English and Chinese: only ever what the person themself did.

How strong the sentence is depends on how often; how much of the score it explains is in `share`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from embeddings.registry import Version
from embeddings.told import KINDS, OPEN, PARTS, POPULAR, unspoken
from embeddings.told import Sentence as Told

MOST_PARTS, MOST_SENTENCES = 10_000, 10_000  # kept by a worker: some MB
MOST_LETTERS = 120  # of a name, as of a circle that is made on a page
# What draws nothing: control characters, no characters at all, and what turns the text after it around.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")


_ENDS = [b'],"share":' + orjson.dumps(parts / PARTS) + b"}," for parts in range(1024)]
_LAST = [end[:-1] + b"]" for end in _ENDS]  # of the last sentence of a circle


@dataclass(frozen=True)
class Sentence:
    """One reason for people; `labels` are the names of what the person did, as shown."""

    text: str
    text_zh: str
    labels: tuple[str, ...]


# kind -> from the strongest to the weakest (English, Chinese); {} is the label
_PHRASES = {
    "category": (
        ("You often buy {}", "你常买{}"),
        ("You buy {}", "你会买{}"),
        ("You have bought {}", "你买过{}"),
    ),
    "product": (
        ("You often buy {}", "你常买{}"),
        ("You buy {}", "你会买{}"),
        ("You have bought {}", "你买过{}"),
    ),
    "place": (
        ("You often go to this kind of place: {}", "你常去这类地方：{}"),
        ("You go to this kind of place: {}", "你会去这类地方：{}"),
        ("You have been to this kind of place: {}", "你去过这类地方：{}"),
    ),
    "merchant": (
        ("You often go to {}", "你常去{}"),
        ("You go to {}", "你会去{}"),
        ("You have been to {}", "你去过{}"),
    ),
    "circle": (("Because you joined {}", "因为你加入了{}"),) * 3,
    "popular": (("Popular with many members", "受很多成员欢迎"),) * 3,
    "open": (("Open to everyone", "对所有人开放"),) * 3,
}


class Words:
    """Sentences of one version. Keeps the parts made last: many people are told of the same things."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._part = lru_cache(maxsize=MOST_PARTS)(self._make_part)
        self._spelt = lru_cache(maxsize=MOST_SENTENCES)(self._spell)

    def listed(self, told: Sequence[Told]) -> list[dict[str, Any]]:
        """Reasons of one circle, for people and programs."""
        return [self._said(things) | {"share": parts / PARTS} for things, parts in told]

    def spelt(self, told: Sequence[Told]) -> list[bytes]:
        """The same as JSON, in parts that are there already and that others are told too."""
        if not told:
            return [b"[]"]
        spelt, said = self._spelt, [b"["]
        for things, parts in told:
            said += (spelt(things), _ENDS[parts])
        said[-1] = _LAST[told[-1][1]]
        return said

    def _spell(self, things: tuple[int, ...]) -> bytes:
        """A sentence up to its share."""
        one = self._part(things[0])
        if len(things) == 1:
            return one.alone + one.text_zh + one.label
        two = self._part(things[1])
        if one.is_blank or two.is_blank:
            return orjson.dumps(self._said(things))[: -len("]}")]
        return one.text + two.more_text + one.text_zh + two.more_text_zh + one.label + two.more_label

    def _said(self, things: tuple[int, ...]) -> dict[str, Any]:
        kind, strength, _ = unspoken(things[0])
        labels = tuple(label for thing in things if (label := self._label(thing)) is not None)
        words = sentence(KINDS[kind], labels, strength)
        return {
            "kind": _told_kind(KINDS[kind]),
            "text": words.text,
            "text_zh": words.text_zh,
            "labels": list(words.labels),
        }

    def _make_part(self, thing: int) -> "Part":
        kind, strength, _ = unspoken(thing)
        return part_of(KINDS[kind], self._label(thing), strength)

    def _label(self, thing: int) -> str | None:
        """Display name of a spoken thing; none of what is popular or open."""
        kind, _, row = unspoken(thing)
        if kind in (POPULAR, OPEN):
            return None
        touch = "product_category" if KINDS[kind] in ("category", "place") else KINDS[kind]
        return self._version.label(touch, row)


class Part(NamedTuple):
    """What one thing adds to the JSON of a sentence: alone, as the first of two, as the second of two.

    is_blank: its label has nothing to read.
    """

    alone: bytes
    text: bytes
    text_zh: bytes
    label: bytes
    more_text: bytes
    more_text_zh: bytes
    more_label: bytes
    is_blank: bool


def part_of(kind: str, label: str | None, strength: int) -> Part:
    """The parts of a thing, so that two of them are what `sentence` makes of both labels."""
    said = sentence(kind, () if label is None else (label,), strength)
    named = [] if label is None else _named(kind, label)
    begin = b'{"kind":' + orjson.dumps(_told_kind(kind)) + b',"text":"'
    label_json = b"".join(orjson.dumps(shown) for shown in said.labels)
    more = "".join(f", {name}" for name in named[:-1]) + "".join(f" and {name}" for name in named[-1:])
    return Part(
        alone=begin + _inner(said.text),
        text=begin + _inner(_PHRASES[kind][strength][0].format(", ".join(named))),
        text_zh=b'","text_zh":"' + _inner(said.text_zh),
        label=b'","labels":[' + label_json,
        more_text=_inner(more),
        more_text_zh=_inner("".join(f"、{name}" for name in named)),
        more_label=b"," + label_json,
        is_blank=not all(named),
    )


def _told_kind(kind: str) -> str:
    return "category" if kind == "place" else kind


def _inner(text: str) -> bytes:
    """A text inside a JSON string."""
    return orjson.dumps(text)[1:-1]


def sentence(kind: str, labels: tuple[str, ...], strength: int) -> Sentence:
    """Put a reason into words.

    Args:
        kind: category (of goods), place (category of merchants), product, merchant, circle,
            popular or open.
        labels: display names of what the person did, the strongest first; none for popular and open.
        strength: see `embeddings.told.strength_of`.
    """
    english, chinese = _PHRASES[kind][strength]
    shown = [pretty(label) for label in labels]
    named = [part for label in labels for part in _named(kind, label)]
    text = english.format(_listed(named, ", ", " and "))
    return Sentence(text, _filled(chinese, _listed(named, "、", "、")), tuple(shown))


def _named(kind: str, label: str) -> list[str]:
    """How a label stands inside a sentence: `COOKIES/CONES` as cookies, cones; names as they are."""
    if kind == "circle":
        return [f"“{pretty(label)}”"]
    if kind == "merchant" or not _shouts(label):
        return [pretty(label)]
    return [part.strip() for part in " ".join(label.lower().split()).split("/") if part.strip()]


def _listed(parts: Sequence[str], comma: str, last: str) -> str:
    """`a, b and c`."""
    return last.join(part for part in (comma.join(parts[:-1]), *parts[-1:]) if part)


def plain(name: str) -> str:
    """A name on one line of at most MOST_LETTERS, with nothing in it that changes the text around it."""
    text = " ".join(_UNSEEN.sub(" ", name).split())
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1].rstrip() + "…"


def pretty(label: str) -> str:
    """A plain label that does not shout: `BAKING MIXES` becomes `Baking Mixes`; others stay as they are."""
    text = plain(label)
    return " ".join(_capitalised(word) for word in text.split(" ")) if _shouts(text) else text


def _shouts(text: str) -> bool:
    letters = [c for c in text if c.isalpha() and c.upper() != c.lower()]
    return len(letters) > 3 and all(c.isupper() for c in letters)


def _capitalised(word: str) -> str:
    return "/".join(part[:1].upper() + part[1:].lower() for part in word.split("/"))


def _filled(phrase: str, text: str) -> str:
    """Latin letters inside a Chinese sentence take a space, unless punctuation stands before them."""
    spaced = f" {text}" if text[:1].isascii() and not phrase.startswith("：", phrase.find("{}") - 1) else text
    return phrase.format(spaced)
