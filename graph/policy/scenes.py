"""Which scene a payment belongs to, and whether it is behind the sensitive wall.

Pure functions of a category, a declared scene and the policy. The product's category decides, else the
merchant's, else the scene that somebody declared; what nobody can name is unknown, and the policy says
whether unknown is sensitive. A walled payment never reaches another person (design, section 6).
"""

import unicodedata
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from graph.policy.values import Policy
from graph.schema import PRIVATE_SCENES, SCENES


@dataclass(frozen=True)
class Placement:
    """Where a payment stands: `scene` is one of SCENES, `walled` keeps it from everybody else."""

    scene: str
    walled: bool


def place(
    policy: Policy,
    *,
    product_category: str | None = None,
    merchant_category: str | None = None,
    declared_scene: str | None = None,
    sensitive: bool = False,
    unknown_category: str | None = None,
) -> Placement:
    """Place one payment.

    Args:
        sensitive: the product or the merchant is flagged as sensitive by its owner.
        unknown_category: overrides the policy's `wall.unknown_category` for public data.

    Returns:
        The scene, and whether the payment is walled. A flag, or one sensitive category of either the
        product or the merchant, is enough for the wall; finer knowledge never opens it.
    """
    categories = [c for c in (product_category, merchant_category) if c]
    walled = sensitive or any(is_sensitive(policy, c) for c in categories)
    named = next((scene for c in categories if (scene := scene_of(policy, c))), None)
    declared = declared_scene if declared_scene in SCENES else None
    scene = named or declared
    if scene is None and not walled:
        walled = (unknown_category or policy.unknown_category) == "sensitive"
    return Placement(scene or ("shopping" if categories else "other"), walled)


@dataclass(frozen=True)
class Rule:
    """What of the policy matched a category: the first pattern, and the list that it stands in."""

    name: str
    pattern: str


@dataclass(frozen=True)
class Verdict:
    """How the policy reads a category, and why.

    state: sensitive, ordinary or unknown. walled: kept from everybody else. scene: None for one that nobody
    named. rule: what matched; None for an unknown one.
    """

    state: str
    walled: bool
    scene: str | None
    rule: Rule | None


def verdict(policy: Policy, category: str, *, unknown_category: str | None = None) -> Verdict:
    """Judge a category alone, as `place` does for payments of nothing else.

    Args:
        unknown_category: overrides the policy's `wall.unknown_category` for public data.
    """
    rule, named = sensitive_rule(policy, category), scene_rule(policy, category)
    scene = None if named is None else named.name
    if rule is not None:
        return Verdict("sensitive", True, scene, rule)
    if named is not None:
        return Verdict("ordinary", False, scene, named)
    return Verdict("unknown", (unknown_category or policy.unknown_category) == "sensitive", None, None)


def is_sensitive(policy: Policy, category: str) -> bool:
    """Whether a category is on a sensitive list; empty text is not."""
    return sensitive_rule(policy, category) is not None


def scene_of(policy: Policy, category: str) -> str | None:
    """The first scene whose patterns match a category, or None for a category that nobody named."""
    rule = scene_rule(policy, category)
    return None if rule is None else rule.name


@lru_cache(maxsize=100_000)
def sensitive_rule(policy: Policy, category: str) -> Rule | None:
    """The first sensitive pattern that matches a category, with its list."""
    return _matching(policy.sensitive, category)


@lru_cache(maxsize=100_000)
def scene_rule(policy: Policy, category: str) -> Rule | None:
    """The first pattern of a scene that matches a category, with its scene."""
    return _matching(policy.scenes, category)


def _matching(lists: tuple[tuple[str, tuple[str, ...]], ...], category: str) -> Rule | None:
    """Whatever its case, its width, and characters that nobody sees."""
    plain = unicodedata.normalize("NFKC", category).casefold().strip()
    text = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    rules = (Rule(name, pattern) for name, patterns in lists for pattern in patterns)
    return next((rule for rule in rules if fnmatchcase(text, rule.pattern)), None)


def is_kept_apart(policy: Policy, category: str | None, scene: str | None, sensitive: bool) -> bool:
    """Whether what is said of one merchant or product keeps its payments from everybody else.

    Flagged, of a sensitive category, or of finance or credit. Something that nobody has named yet is not
    kept apart by what is said of it, but by `wall.unknown_category`, until somebody names it.
    """
    if sensitive or (category and is_sensitive(policy, category)):
        return True
    return ((category and scene_of(policy, category)) or scene) in PRIVATE_SCENES
