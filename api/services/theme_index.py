"""What previews of themes are made from, kept for a worker: names of things, and the people of a snapshot."""

import logging
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph import snapshot as snapshots
from graph.errors import CirclesError, NotFound
from graph.home import Home
from graph.policy.values import Policy
from graph.snapshot import Snapshot
from graph.stores.base import GraphStore
from graph.themes.index import ThemeIndex, index_of

log = logging.getLogger(__name__)

INDEX_S = 600  # an index of names may be this old where only a name or category changed
STALE_S = 2 * INDEX_S  # it is answered from until then, while a new one is made: that takes seconds
MadeOf = tuple[str | None, tuple[int, int]]  # store, and how many shops and products it had


@dataclass(frozen=True)
class SnapshotPeople:
    """The people of a snapshot. index: their places in the store, -1 for those who are gone."""

    folder: str
    snapshot: Snapshot
    index: npt.NDArray[np.int64]
    adult: npt.NDArray[np.bool_]


class Themes:
    """The index of names and the people of the newest snapshot, kept for a worker."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._index: tuple[MadeOf, int, ThemeIndex] | None = None
        self._people: SnapshotPeople | None = None
        self._making = threading.Lock()

    def index(self, store: GraphStore, store_id: str | None, policy: Policy, now: int) -> ThemeIndex:
        """Made anew when there are new shops or products, or after `INDEX_S`, then beside the answers."""
        made_of, kept = (store_id, store.num_things()), self._index
        age = None if kept is None or kept[0] != made_of else now - kept[1]
        if kept is None or age is None or not 0 <= age < STALE_S:
            with self._making:
                if self._index is None or self._index is kept:  # else another request has just made it
                    self._make(store, made_of, policy, now)
        elif age >= INDEX_S and self._making.acquire(blocking=False):
            threading.Thread(
                target=self._make_beside, args=(store, made_of, policy, now), name="themes", daemon=True
            ).start()
        assert self._index is not None
        return self._index[2]

    def _make(self, store: GraphStore, made_of: MadeOf, policy: Policy, now: int) -> None:
        self._index = (made_of, now, index_of(store.nodes("Merchant"), store.nodes("Product"), policy))

    def _make_beside(self, store: GraphStore, made_of: MadeOf, policy: Policy, now: int) -> None:
        try:
            self._make(store, made_of, policy, now)
        except CirclesError as error:
            log.warning("the index of themes cannot be made anew: %s", error)
        finally:
            self._making.release()

    def people(self, store: GraphStore) -> SnapshotPeople | None:
        """None where no snapshot has been cut."""
        try:
            folder = snapshots.latest(self._home.snapshots)
        except NotFound:
            return None
        if self._people is None or self._people.folder != str(folder):
            snapshot = snapshots.load(folder)
            found = store.describe("User", list(snapshot.users))
            adult = np.array([bool(value) for value in found["adult"]], dtype=bool)
            self._people = SnapshotPeople(
                str(folder), snapshot, np.array(found["index"], dtype=np.int64), adult
            )
        return self._people
