"""The published version that a worker answers from; taken up without a restart.

The pointer `current` is looked at (one stat) at most once a second, and one reference is swapped: an answer
takes that reference once and never mixes two versions.
"""

import logging
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from embeddings.explain import Explainer
from embeddings.registry import Registry, Version
from embeddings.scorer import Scorer
from graph.errors import CirclesError, IncompatibleVersion

log = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
Mark = tuple[int, int] | None


@dataclass(frozen=True)
class Served:
    """A version with what scores and explains from it."""

    version: Version
    scorer: Scorer
    explainer: Explainer

    @classmethod
    def of(cls, version: Version) -> "Served":
        scorer = Scorer(version)
        return cls(version, scorer, Explainer(scorer))

    @cached_property
    def circle_ids(self) -> list[str]:
        """Id of each circle row, decoded once: a receipt names a hundred of them."""
        return list(self.version.circles)

    @cached_property
    def goods(self) -> frozenset[str]:
        """Categories that products have; the others are kinds of places."""
        found = np.unique(self.version.product_category)
        return frozenset(self.version.categories[row] for row in found.tolist() if row >= 0)


class Versions:
    """Whatever version is current in a versions folder."""

    def __init__(self, versions: Path) -> None:
        self._pointer = versions / "current"
        self._registry = Registry(versions)
        self._served: Served | None = None
        self._mark: Mark = None
        self._checked_at = float("-inf")
        self._lock = threading.Lock()

    @property
    def registry(self) -> Registry:
        return self._registry

    def current(self) -> Served:
        """The version to answer from.

        Raises:
            NoPublishedVersion: nothing has been published.
            IncompatibleVersion: the first one found cannot be read. A later one that cannot be read is
                logged, and the answer comes from the one before.
        """
        served, now = self._served, time.monotonic()
        if served is not None and now - self._checked_at < CHECK_EVERY_S:
            return served
        with self._lock:
            self._checked_at = now
            return self._refresh()

    def _refresh(self) -> Served:
        mark = _mark(self._pointer)
        if self._served is None or mark != self._mark:
            try:
                version = self._registry.current()
                self._served = Served.of(version)
                log.info("serving version %s", version.name)
            except (CirclesError, OSError, ValueError, KeyError) as error:
                if self._served is None:
                    raise _usable(error) from error
                log.warning("the new version cannot be served: %s", error)
            self._mark = mark
        return self._served


def _usable(error: Exception) -> CirclesError:
    """Our own errors as they are; anything else is a version whose files are not what they should be."""
    if isinstance(error, CirclesError):
        return error
    return IncompatibleVersion(f"the current version cannot be read ({error}); run `circles train`")


def _mark(pointer: Path) -> Mark:
    try:
        found = pointer.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino
