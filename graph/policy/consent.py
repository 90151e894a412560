"""May this person be used for this purpose, now? Absent means no."""

from collections.abc import Collection

from graph.schema import Purpose


def permits(granted: Collection[str], purpose: Purpose) -> bool:
    """Whether the purposes a person granted include this one. No purpose implies another."""
    return purpose.value in granted
