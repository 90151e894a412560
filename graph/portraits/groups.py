"""Groups of fans as they can be named: by how they come, and what they buy more than others do.

An id says the rule, never who is in it: `near.dining` are regulars whose leading interest is a category of
dining, `near.dining:COFFEE` those whose leading interest is coffee. Pure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from graph.errors import InputError
from graph.policy.lattice import NAMED_SCENES
from graph.policy.portraits import CLOSENESS
from graph.policy.scenes import is_sensitive, place
from graph.policy.values import Policy
from graph.portraits.body import Body
from graph.schema import PRIVATE_SCENES

OTHER = "other"  # the scene of interests without one, and of people without a leading interest


@dataclass(frozen=True)
class Group:
    """Fans of one closeness and scene; with a category, those of one interest."""

    closeness: str
    scene: str
    category: str | None = None

    @property
    def id(self) -> str:
        return f"{self.closeness}.{self.scene}" + (f":{self.category}" if self.category else "")

    @property
    def parent(self) -> str | None:
        return Group(self.closeness, self.scene).id if self.category else None


@dataclass(frozen=True)
class GroupCounts:
    """Noisy counts by closeness and scene.

    scenes: those that some interest has, and OTHER. sizes: int64, scales: float64 of the noise in each;
    shape (3, num_scenes).
    """

    scenes: tuple[str, ...]
    sizes: npt.NDArray[np.int64]
    scales: npt.NDArray[np.float64]


def read_group(text: str) -> Group:
    """A group that can be taken apart, from its id.

    Raises:
        InputError: it is not `closeness.scene` of what is offered.
    """
    closeness, _, scene = text.partition(".")
    if closeness not in CLOSENESS or scene not in NAMED_SCENES:
        closenesses, scenes = ", ".join(CLOSENESS), ", ".join(NAMED_SCENES)
        raise InputError(f"group is {text!r}; expected one of {closenesses}, a dot, and one of {scenes}")
    return Group(closeness, scene)


@lru_cache(maxsize=64)
def scenes_of(policy: Policy, categories: tuple[str, ...]) -> tuple[str | None, ...]:
    """The scene of each category; None for one that is no merchant's business.

    Labels are chosen without these when portraits are made; the policy may have changed since.
    """
    return tuple(_scene_of(policy, category) for category in categories)


def places_of(scenes: Sequence[str | None]) -> Mapping[str, list[int]]:
    """Scene -> places of its categories among the cells of `interests`; the last place, none, is in OTHER."""
    named = [*scenes, OTHER]
    return {scene: at for scene in NAMED_SCENES if (at := [i for i, s in enumerate(named) if s == scene])}


def count_groups(body: Body, scenes: Sequence[str | None]) -> GroupCounts:
    """How many fans of each closeness have their leading interest in each scene.

    There are two estimates: the sum of a scene's own cells, and all fans of the closeness less the cells of
    other scenes. A scene of 190 categories out of 200 is known far better the second way. They are weighed by
    how much noise each has, which numbers of labels decide, never counts.
    """
    cells, places = body.counts["interests"], places_of(scenes)
    people = body.counts["standing"][: len(CLOSENESS)]
    in_all, in_cell = body.scale("standing"), body.scale("interests")
    sizes, scales = [], []
    for at in places.values():
        direct = cells[:, at].sum(axis=1)
        rest = people - cells.sum(axis=1) + direct
        own, other = in_cell**2 * len(at), in_all**2 + in_cell**2 * (cells.shape[1] - len(at))
        sizes.append(np.rint((direct * other + rest * own) / (own + other)).astype(np.int64))
        scales.append(np.full(len(CLOSENESS), math.sqrt(own * other / (own + other))))
    return GroupCounts(tuple(places), np.stack(sizes, axis=1), np.stack(scales, axis=1))


def _scene_of(policy: Policy, category: str) -> str | None:
    scene = place(policy, product_category=category).scene
    return None if is_sensitive(policy, category) or scene in PRIVATE_SCENES else scene
