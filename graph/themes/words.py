"""Words of themes and of names, made comparable: without case, width and plural; Chinese by characters.

Pure functions. A name is a line of tokens; a word of a theme is found in a name when its tokens stand there
next to each other. Each Chinese character is a token of its own: no dictionary decides what is a word.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph.schema import PRIVATE_SCENES, SCENES

_TOKEN = re.compile(r"[a-z0-9]+|[^\W\d_a-z]")
ALIASES = Path(__file__).parent.parent / "policy" / "aliases.toml"
Tokens = tuple[str, ...]


@dataclass(frozen=True)
class Aliases:
    """What means the same. groups: tokens -> all forms of the same meaning; scenes: tokens -> scene."""

    groups: Mapping[Tokens, frozenset[Tokens]]
    scenes: Mapping[Tokens, str]

    def forms(self, word: str) -> frozenset[Tokens]:
        """The word itself and all that means the same; empty for a word without letters and digits."""
        own = tokens(word)
        return self.groups.get(own, frozenset()) | {own} if own else frozenset()

    def scene(self, word: str) -> str | None:
        """The scene that a word names; None for none, and for those that are no merchant's business."""
        return self.scenes.get(tokens(word))


def tokens(text: str) -> Tokens:
    """`COOKIES/CONES` as (cooky, cone); `咖啡 Beans` as (咖, 啡, bean)."""
    return tuple(_singular(token) for token in _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()))


def stands_in(form: Tokens, name: Tokens) -> bool:
    """Whether the tokens of a form stand next to each other in a name."""
    return any(name[i : i + len(form)] == form for i in range(len(name) - len(form) + 1))


@cache
def read_aliases(path: Path = ALIASES) -> Aliases:
    """Read the reviewed list; a scene that is no merchant's business is a mistake in it."""
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    groups: dict[Tokens, frozenset[Tokens]] = {}
    for words in given["words"].values():
        together = frozenset(tokens(word) for word in words)
        for form in together:
            groups[form] = groups.get(form, frozenset()) | together
    if wrong := given["scenes"].keys() - set(SCENES) | given["scenes"].keys() & set(PRIVATE_SCENES):
        raise ValueError(f"{path.name}: {', '.join(sorted(wrong))} is no scene that a theme can name")
    scenes = {tokens(word): scene for scene, words in given["scenes"].items() for word in (scene, *words)}
    return Aliases(groups, scenes)


def _singular(token: str) -> str:
    """A rough singular, the same for names and for words: berries, dishes, toys, but not glass."""
    if len(token) < 4 or not token.endswith("s") or token.endswith("ss"):
        return token
    if token.endswith("ies"):
        return token[:-3] + "y"
    if token.endswith(("ches", "shes", "xes", "sses", "zes", "oes")):
        return token[:-2]
    return token[:-1]
