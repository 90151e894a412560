"""Reasons in words, English and Chinese: only ever what the person themself did.

How strong the sentence is depends on how often; how much of the score it explains is in `share`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

OFTEN, SOMETIMES = 8, 3  # payments; about monthly or more, and more than by chance, over a year of purchases


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


def strength_of(count: int) -> int:
    """0 often, 1 now and then, 2 seldom; things of one strength share a sentence."""
    return 0 if count >= OFTEN else 1 if count >= SOMETIMES else 2


@lru_cache(maxsize=10_000)
def sentence(kind: str, labels: tuple[str, ...], strength: int) -> Sentence:
    """Put a reason into words.

    Args:
        kind: category (of goods), place (category of merchants), product, merchant, circle,
            popular or open.
        labels: display names of what the person did, the strongest first; none for popular and open.
        strength: see `strength_of`.
    """
    english, chinese = _PHRASES[kind][strength]
    shown = [pretty(label) for label in labels]
    if kind == "circle":
        named = [f"“{label}”" for label in shown]
    else:
        named = [part for label in labels for part in _inside(kind, label)]
    text = english.format(_listed(named, ", ", " and "))
    return Sentence(text, _filled(chinese, _listed(named, "、", "、")), tuple(shown))


def _inside(kind: str, label: str) -> list[str]:
    """How a label stands inside a sentence: `COOKIES/CONES` as cookies, cones; names as they are."""
    if kind == "merchant" or not _shouts(label):
        return [pretty(label)]
    return [part.strip() for part in " ".join(label.lower().split()).split("/") if part.strip()]


def _listed(parts: Sequence[str], comma: str, last: str) -> str:
    """`a, b and c`."""
    return last.join(part for part in (comma.join(parts[:-1]), *parts[-1:]) if part)


def pretty(label: str) -> str:
    """A label that does not shout: `BAKING MIXES` becomes `Baking Mixes`; others stay as they are."""
    text = " ".join(label.split())
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
