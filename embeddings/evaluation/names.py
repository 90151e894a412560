"""Names of methods as somebody gave them."""

from collections.abc import Collection
from pathlib import Path

from graph.errors import InputError


def check_names(names: Collection[str], known: Collection[str]) -> None:
    """Raises InputError when one is unknown, or none is named."""
    for name in names:
        if name not in known:
            raise InputError(f"method {name!r} is not known; methods are {', '.join(known)}")
    if not names:
        raise InputError(f"no method is named; methods are {', '.join(known)}")


def check_lists(lists: Path | None, names: Collection[str], ours: str) -> None:
    """Raises InputError when lists are wanted of a method that is not asked."""
    if lists is not None and ours not in names:
        raise InputError(f"lists are our answers, but {ours!r} is not among the methods; add it")
