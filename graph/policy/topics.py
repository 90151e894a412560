"""Topics that no circle may be about: found in its name, description, words and categories.

`policy.toml` lists them, in English and Chinese. A word of Latin letters matches a whole word, with `*` at
its end the beginning of one; Chinese matches anywhere, also where spaces and signs were put between. A list
of words catches the careless and not the cunning: reports, the alarm and the operator are for those.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

Topics = tuple[tuple[str, tuple[str, ...]], ...]  # name of the topic -> its patterns, casefolded


def risky_topic(topics: Topics, texts: Iterable[str | None]) -> str | None:
    """The first topic that one of the texts is about, None when none is.

    Args:
        texts: name, description, words, categories of a circle; None and empty ones say nothing.
    """
    return _topic_of(topics, tuple(text for text in texts if text))


@lru_cache(maxsize=100_000)  # the circles of a shelf are looked through again whenever one of them changes
def _topic_of(topics: Topics, texts: tuple[str, ...]) -> str | None:
    plain = [_plain(text) for text in texts]
    words = [re.findall(r"[a-z0-9]+", text) for text in plain]
    single = {word for found in words for word in found}
    phrases = "\n".join(f" {' '.join(found)} " for found in words)
    squeezed = "\n".join(re.sub(r"[\W_]+", "", text) for text in plain if not text.isascii())
    for topic, known in _sorted(topics):
        if known.speak_of(single, phrases, squeezed):
            return topic
    return None


@dataclass(frozen=True)
class _Patterns:
    """Patterns of a topic by how they are looked for."""

    whole: frozenset[str]
    beginnings: tuple[str, ...]
    phrases: tuple[str, ...]
    anywhere: tuple[str, ...]

    def speak_of(self, words: Collection[str], phrases: str, squeezed: str) -> bool:
        return (
            not self.whole.isdisjoint(words)
            or any(word.startswith(self.beginnings) for word in words)
            or any(phrase in phrases for phrase in self.phrases)
            or any(part in squeezed for part in self.anywhere)
        )


@lru_cache(maxsize=8)
def _sorted(topics: Topics) -> list[tuple[str, _Patterns]]:
    return [(topic, _patterns_of(patterns)) for topic, patterns in topics]


def _patterns_of(patterns: Iterable[str]) -> _Patterns:
    latin = [p for p in patterns if p.isascii()]
    single = [p for p in latin if " " not in p]
    return _Patterns(
        whole=frozenset(p for p in single if not p.endswith("*")),
        beginnings=tuple(p[:-1] for p in single if p.endswith("*")),
        phrases=tuple(f" {p[:-1]}" if p.endswith("*") else f" {p} " for p in latin if " " in p),
        anywhere=tuple(p for p in patterns if not p.isascii()),
    )


def _plain(text: str) -> str:
    """Without case, width and marks that are not seen."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded if folded.isascii() else "".join(c for c in folded if unicodedata.category(c) != "Cf")
