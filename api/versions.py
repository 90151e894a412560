"""The published version that a worker answers from; taken up without a restart.

The pointer `current` is read at most once a second, and one reference is swapped: an answer
takes that reference once and never mixes two versions.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from api.observe.metrics import instruments
from api.services.words import Words
from embeddings.explain import Explainer
from embeddings.registry import Registry, Version
from embeddings.scorer import Scorer
from graph.errors import CirclesError, IncompatibleVersion, NoPublishedVersion

log = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
Mark = bytes | None


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
    def words(self) -> Words:
        """Its sentences."""
        return Words(self.version)


class Versions:
    """Whatever version is current in a versions folder.

    Args:
        store_id: gives the identity of the store whose people a version must be about; None where it is not
            known, and then nothing is refused for it.
    """

    def __init__(self, versions: Path, store_id: Callable[[], str | None] = lambda: None) -> None:
        self._pointer = versions / "current"
        self._registry = Registry(versions)
        self._store_id = store_id
        self._served: Served | None = None
        self._mark: Mark = None
        self._checked_at = float("-inf")
        self._lock = threading.Lock()
        self.is_behind = False  # whether another version is served than the pointer names

    @property
    def registry(self) -> Registry:
        return self._registry

    def current(self) -> Served:
        """The version to answer from.

        Raises:
            NoPublishedVersion: nothing has been published.
            IncompatibleVersion: neither the version that `current` names nor the one before it can be read.
                While one is served, another that cannot be read is logged, and answers go on as before.
        """
        served = self._served
        if served is not None and time.monotonic() - self._checked_at < CHECK_EVERY_S:
            return served
        # Who finds another thread reading a large version answers from the one that is there.
        if not self._lock.acquire(blocking=served is None):
            assert served is not None
            return served
        try:
            self._checked_at = time.monotonic()
            return self._refresh()
        finally:
            self._lock.release()

    def _refresh(self) -> Served:
        mark = _mark(self._pointer)
        if self._served is None or mark != self._mark:
            try:
                self._served, self.is_behind = self._opened(self._registry.current), False
            except NoPublishedVersion:
                if self._served is None:
                    raise
                self.is_behind = True  # the pointer is gone
            except CirclesError as error:
                log.warning("the current version cannot be served: %s", error)
                self._served = self._served or self._fallen_back(error)
                self.is_behind = True
            self._mark = mark
            published = datetime.fromisoformat(self._served.version.manifest["created_at"])
            instruments().serving.set(published.timestamp())
            log.info("serving version %s", self._served.version.name)
        return self._served

    def _fallen_back(self, error: CirclesError) -> Served:
        """The version before the current one: it was served once, so that it passed what had to be passed."""
        try:
            return self._opened(self._registry.before)
        except CirclesError as other:
            log.warning("the version before it cannot be served either: %s", other)
            raise error from None

    def _opened(self, read: Callable[[], Version]) -> Served:
        """A version of our store, with its scorer. Raises NoPublishedVersion, IncompatibleVersion."""
        try:
            version = read()
            ours, theirs = self._store_id(), version.manifest.get("store_id")
            if ours and theirs and ours != theirs:
                raise IncompatibleVersion(
                    f"version {version.name} was trained on another store; run `circles train`"
                )
            return Served.of(version)
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise IncompatibleVersion(f"the version cannot be read ({error}); run `circles train`") from error


def _mark(pointer: Path) -> Mark:
    """What the pointer says; its time would not do, since a clock may go back."""
    try:
        return pointer.read_bytes()
    except FileNotFoundError:
        return None
