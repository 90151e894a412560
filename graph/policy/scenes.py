"""Which scene a payment belongs to, and whether it is behind the sensitive wall.

Pure functions of a category, a declared scene and the policy. The product's category decides, else the
merchant's, else the scene that somebody declared; what nobody can name is unknown, and the policy says
whether unknown is sensitive. A walled payment never reaches another person (design, section 6).
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from graph.policy.values import Policy
from graph.schema import SCENES


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


@lru_cache(maxsize=100_000)
def is_sensitive(policy: Policy, category: str) -> bool:
    """Whether a category is on a sensitive list; empty text is not."""
    text = category.casefold().strip()
    return any(fnmatchcase(text, pattern) for _, patterns in policy.sensitive for pattern in patterns)


@lru_cache(maxsize=100_000)
def scene_of(policy: Policy, category: str) -> str | None:
    """The first scene whose patterns match a category, or None for a category that nobody named."""
    text = category.casefold().strip()
    for scene, patterns in policy.scenes:
        if any(fnmatchcase(text, pattern) for pattern in patterns):
            return scene
    return None
