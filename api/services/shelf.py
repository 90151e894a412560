"""The circles of one version as they are now: which may be recommended, and what they are called.

Circles that came after the version have no row in it and wait for the next one.
"""

import math
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import orjson

from api.services.allowed import Mask
from api.versions import Served
from graph.policy.eligibility import RECOMMENDABLE, is_ready, ready_at
from graph.policy.topics import risky_topic
from graph.policy.values import Policy
from graph.schema import SCENES
from graph.snapshot import STATES
from graph.stores.base import Circle, GraphStore

Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Shelf:
    """Circles by row of a version; None for one that the store no longer has. Made anew when any changes.

    recommendable: bool (num_circles,), open or proposed, waited long enough, of no risky topic.
    scenes: int8 (num_circles,), -1 unknown.
    num_members: int64 (num_circles,), for rules only, never for an answer; may be a little old.
    by_index: the store's index -> circle, also for circles that the version does not know.
    kept_off: why circles are not recommendable -> how many: `gone`, `not_open`, `waiting`, `risky`.
    """

    circles: list[Circle | None]
    recommendable: Bool
    scenes: npt.NDArray[np.int8]
    num_members: npt.NDArray[np.int64]
    by_index: dict[int, Circle]
    kept_off: Mapping[str, int] = field(default_factory=dict)
    _heads: dict[int, bytes] = field(default_factory=dict, repr=False)
    _masks: dict[tuple[str | None, int | None], Mask] = field(default_factory=dict, repr=False)

    def in_scene(self, scene: str) -> Bool:
        return np.asarray(self.scenes == SCENES.index(scene))

    def head(self, row: int) -> bytes:
        """How a circle begins in JSON, after its bracket and up to its score; made once."""
        if row not in self._heads:
            circle = self.circles[row]
            assert circle is not None  # only what is there is told
            told = {"circle_id": circle.circle_id, "name": circle.name, "scene": circle.scene}
            self._heads[row] = orjson.dumps(told)[1:-1] + b',"score":'
        return self._heads[row]

    def shown(self, scene: str | None = None, *, below: int | None = None) -> Mask:
        """Recommendable circles, made once: of a scene, of fewer members than `below`, or all."""
        found = self._masks.get((scene, below))
        if found is None:
            rows = self.recommendable.copy()
            if scene is not None:
                rows &= self.in_scene(scene)
            if below is not None:
                rows &= self.num_members < below
            found = self._masks[scene, below] = Mask.of(rows)
        return found


class Shelves:
    """The shelf of the version and the store that were asked for last; built again when either changed.

    One thread builds it and the others wait for it: to read a hundred circles about as many thousand things
    takes a tenth of a second and tens of megabytes, which four threads at once would each take.
    """

    def __init__(self) -> None:
        self._kept: tuple[str, int, float, Shelf] | None = None
        self._lock = threading.Lock()

    def live(
        self, served: Served, store: GraphStore, policy: Policy, now: int, seq: int | None = None
    ) -> Shelf:
        """The shelf as the store has it now.

        Args:
            seq: the store's `circles_seq` of this moment, where it is known.
        """
        found = self._found(served, store.circles_seq() if seq is None else seq, now)
        if found is not None:
            return found
        with self._lock:
            seq = store.circles_seq()  # before the circles, so that a change in between is read next time
            return self._found(served, seq, now) or self._make(served, store, seq, policy, now)

    def _found(self, served: Served, seq: int, now: int) -> Shelf | None:
        kept = self._kept
        return (
            kept[3] if kept is not None and kept[:2] == (served.version.name, seq) and now < kept[2] else None
        )

    def _make(self, served: Served, store: GraphStore, seq: int, policy: Policy, now: int) -> Shelf:
        shelf = shelf_of(served, {circle.index: circle for circle in store.circles()}, policy, now)
        self._kept = (served.version.name, seq, _next_ready(shelf.circles, policy, now), shelf)
        return shelf


def shelf_of(served: Served, by_index: dict[int, Circle], policy: Policy, now: int) -> Shelf:
    """Put live circles into the rows of a version."""
    circles = [by_index.get(index) for index in served.version.circle_store_index.tolist()]
    return _shelf(circles, by_index, policy, now)


def published_shelf(served: Served, policy: Policy, now: int) -> Shelf:
    """The shelf as it was when the version was cut, for when the store does not answer."""
    version = served.version
    waiting = version.manifest.get("waiting", {})
    states, scenes = version.circle_state.tolist(), version.circle_scene.tolist()
    circles: list[Circle | None] = [
        Circle(
            index=-1,
            circle_id=circle_id,
            name=version.label("circle", row),
            description=None,
            owner_id=None,
            scene=SCENES[scenes[row]] if scenes[row] >= 0 else None,
            created_at=waiting.get(circle_id),
            state=STATES[states[row]],
            theme=(),
            num_members=0,
        )
        for row, circle_id in enumerate(version.circles)
    ]
    return _shelf(circles, {}, policy, now)


def _shelf(circles: list[Circle | None], by_index: dict[int, Circle], policy: Policy, now: int) -> Shelf:
    kept_off = [why_not_shown(c, policy, now) for c in circles]
    scenes = [SCENES.index(c.scene) if c is not None and c.scene in SCENES else -1 for c in circles]
    members = [0 if c is None else c.num_members for c in circles]
    return Shelf(
        circles,
        np.array([why is None for why in kept_off], dtype=bool),
        np.array(scenes, dtype=np.int8),
        np.array(members, dtype=np.int64),
        by_index,
        Counter(why for why in kept_off if why is not None),
    )


def why_not_shown(circle: Circle | None, policy: Policy, now: int) -> str | None:
    """Why nobody is shown a circle: see `Shelf.kept_off`; None for one that may be shown."""
    if circle is None:
        return "gone"
    if circle.state not in RECOMMENDABLE:
        return "not_open"
    if not is_out(circle, policy, now):
        return "waiting"
    return "risky" if is_risky(circle, policy) else None


def may_be_shown(circle: Circle, policy: Policy, now: int) -> bool:
    """Open or proposed, no longer new, and about nothing that no circle may be about."""
    return is_out(circle, policy, now) and not is_risky(circle, policy)


def is_out(circle: Circle, policy: Policy, now: int) -> bool:
    """Open or proposed, and no longer new."""
    return circle.state in RECOMMENDABLE and is_ready(circle.created_at, now, policy.lifecycle.waiting_days)


def is_risky(circle: Circle, policy: Policy) -> bool:
    """About something that no circle may be about."""
    return risky_topic(policy.risky, spoken_texts(circle)) is not None


def spoken_texts(circle: Circle) -> list[str | None]:
    """What a circle says of itself: name, description, words and the categories of its theme."""
    categories = [target.target_id for target in circle.theme if target.kind == "category"]
    return [circle.name, circle.description, *circle.words, *categories]


def _next_ready(circles: Sequence[Circle | None], policy: Policy, now: int) -> float:
    """When the next waiting circle has waited long enough."""
    days = policy.lifecycle.waiting_days
    moments = [ready_at(circle.created_at, days) for circle in circles if circle is not None]
    return min((moment for moment in moments if moment > now), default=math.inf)
