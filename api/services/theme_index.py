"""What previews of themes are made from, kept for a worker: names of things, and the people of a snapshot."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph import snapshot as snapshots
from graph.errors import NotFound
from graph.home import Home
from graph.policy.values import Policy
from graph.snapshot import Snapshot
from graph.stores.base import GraphStore
from graph.themes.index import ThemeIndex, index_of

INDEX_S = 600  # an index of names may be this old where only a name or category changed


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
        self._index: tuple[tuple[str | None, tuple[int, int]], int, ThemeIndex] | None = None
        self._people: SnapshotPeople | None = None

    def index(self, store: GraphStore, store_id: str | None, policy: Policy, now: int) -> ThemeIndex:
        """Made anew when there are new shops or products, or after `INDEX_S`."""
        made_of, kept = (store_id, store.num_things()), self._index
        if kept is None or kept[0] != made_of or not 0 <= now - kept[1] < INDEX_S:
            index = index_of(store.nodes("Merchant"), store.nodes("Product"), policy)
            self._index = kept = (made_of, now, index)
        return kept[2]

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
