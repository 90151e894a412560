"""What making portraits works with, and the files it finds."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from graph.errors import StoreError
from graph.home import Home
from graph.policy.values import Policy
from graph.portraits.weeks import PortraitWeek, weeks
from graph.stores.base import GraphStore

log = logging.getLogger(__name__)

STAGED = ".made"  # folder of what is made and not yet published
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class House:
    """Parts of a service.

    key: of the pseudonyms, from which the key of lots is made. utc_offset_hours: where people live.
    progress: told stage, done, total.
    """

    home: Home
    store: GraphStore
    policy: Policy
    key: bytes
    utc_offset_hours: int
    memory: str = "1GB"
    threads: int | None = None
    progress: Progress = lambda stage, done, total: None

    @property
    def staged(self) -> Path:
        return self.home.portraits / STAGED

    def newest(self) -> PortraitWeek | None:
        """The newest week that is published, opened; the caller closes it."""
        return newest_in(self.home.portraits)

    def waiting(self) -> PortraitWeek | None:
        """What was made and not yet published, opened; the caller closes it."""
        return newest_in(self.staged)


def newest_in(folder: Path) -> PortraitWeek | None:
    """The newest week of a folder that is whole; damaged ones are set aside, so that a build mends them."""
    for name in reversed(weeks(folder)):
        path = folder / f"{name}.sqlite"
        try:
            week = PortraitWeek.open(path)
            week.check()
            return week
        except StoreError as error:
            aside = path.replace(path.with_suffix(".damaged"))
            log.warning("%s; set aside as %s, and what was only in it is counted and paid anew", error, aside)
    return None
