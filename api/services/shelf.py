"""The circles of one version as they are now: which may be recommended, and what they are called.

Circles that came after the version have no row in it and wait for the next one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from api.versions import Served
from graph.policy.eligibility import RECOMMENDABLE
from graph.schema import SCENES
from graph.snapshot import STATES
from graph.stores.base import Circle, GraphStore

Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Shelf:
    """Circles by row of a version; None for one that the store no longer has.

    recommendable: bool (num_circles,), open or proposed now. scenes: int8 (num_circles,), -1 unknown.
    by_index: the store's index -> circle, also for circles that the version does not know.
    """

    circles: list[Circle | None]
    recommendable: Bool
    scenes: npt.NDArray[np.int8]
    by_index: dict[int, Circle]

    def in_scene(self, scene: str) -> Bool:
        return np.asarray(self.scenes == SCENES.index(scene))


class Shelves:
    """The shelf of the version and the store that were asked for last; built again when either changed."""

    def __init__(self) -> None:
        self._kept: tuple[str, int, Shelf] | None = None

    def live(self, served: Served, store: GraphStore) -> Shelf:
        """The shelf as the store has it now."""
        seq = store.circles_seq()  # before the circles, so that a change in between is read next time
        kept = self._kept
        if kept is None or kept[:2] != (served.version.name, seq):
            shelf = shelf_of(served, {circle.index: circle for circle in store.circles()})
            self._kept = kept = (served.version.name, seq, shelf)
        return kept[2]


def shelf_of(served: Served, by_index: dict[int, Circle]) -> Shelf:
    """Put live circles into the rows of a version."""
    circles = [by_index.get(index) for index in served.version.circle_store_index.tolist()]
    return _shelf(circles, by_index)


def published_shelf(served: Served) -> Shelf:
    """The shelf as it was when the version was cut, for when the store does not answer."""
    version = served.version
    states, scenes = version.circle_state.tolist(), version.circle_scene.tolist()
    circles: list[Circle | None] = [
        Circle(
            index=-1,
            circle_id=circle_id,
            name=version.label("circle", row),
            description=None,
            owner_id=None,
            scene=SCENES[scenes[row]] if scenes[row] >= 0 else None,
            created_at=None,
            state=STATES[states[row]],
            theme=(),
            num_members=0,
        )
        for row, circle_id in enumerate(version.circles)
    ]
    return _shelf(circles, {})


def _shelf(circles: list[Circle | None], by_index: dict[int, Circle]) -> Shelf:
    recommendable = [c is not None and c.state in RECOMMENDABLE for c in circles]
    scenes = [SCENES.index(c.scene) if c is not None and c.scene in SCENES else -1 for c in circles]
    return Shelf(circles, np.array(recommendable, dtype=bool), np.array(scenes, dtype=np.int8), by_index)
