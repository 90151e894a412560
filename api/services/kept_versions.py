"""Versions other than the one served, for lists that began with them; the last few stay open."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from api.services.shelf import Shelves
from api.versions import Served, Versions
from embeddings.registry import Registry
from graph.errors import IncompatibleVersion

MOST_OPEN = 3  # their arrays are mapped, not read


class PinnedVersion(Versions):
    """One version that stays the current one, whatever is published."""

    def __init__(self, versions: Path, served: Served) -> None:
        super().__init__(versions)
        self._pinned = served

    def current(self) -> Served:
        return self._pinned


@dataclass(frozen=True)
class Pinned:
    """A version with shelves of its own, so that those of the served one stay."""

    versions: PinnedVersion
    shelves: Shelves = field(default_factory=Shelves)


class KeptVersions:
    """The versions of one folder by name."""

    def __init__(self, versions: Path) -> None:
        self._registry = Registry(versions)
        self._open: dict[str, Pinned] = {}
        self._lock = threading.Lock()

    def of(self, name: str) -> Pinned:
        """One version.

        Raises:
            NotFound: it is not kept any more. IncompatibleVersion: it cannot be read.
        """
        self._registry.manifest(name)  # an open one may have been removed since
        with self._lock:
            found = self._open.pop(name, None)
            if found is None:
                found = Pinned(PinnedVersion(self._registry.versions, self._served(name)))
            self._open[name] = found  # the last one used is the last to go
            if len(self._open) > MOST_OPEN:
                del self._open[next(iter(self._open))]
            return found

    def _served(self, name: str) -> Served:
        try:
            return Served.of(self._registry.open(name))
        except (OSError, ValueError, KeyError) as error:
            raise IncompatibleVersion(f"version {name} cannot be read ({error})") from error
