"""The published lists of one person, in all versions."""

from embeddings.lists import forget
from embeddings.registry import Registry


def forget_lists(registry: Registry, user: str) -> int:
    """Remove the published lists of a person from all versions; returns how many there were."""
    return sum(forget(folder, user) for folder in registry.folders())
