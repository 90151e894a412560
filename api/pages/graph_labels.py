"""Where the names in a picture of a graph stand: never on a node, never on each other; pure.

A name is tried at each side of its node, the largest nodes first, against everything that stands already.
What finds no room at one size of letters may find some at half that size: it shows when one zooms in.
"""

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

# Heights of letters in units of the box, one a level: a phone, a desk, zoomed in twice, four times. A phone
# has names of its own; the other levels show those of the ones before as well.
FONTS = (36.0, 20.0, 10.0, 5.0)
_TRIED = (14, 60, 150, 1000)  # nodes that are tried at a level, so that a phone shows few and large names
_LINE = 1.3
_LENGTHS = ((8.0, 6.0), (16.0, 10.0, 7.0))  # of a name at most, in heights of its letters: a phone, others
_GRID = 60.0
_WIDE_BOX = (-118.0, -22.0, 1118.0, 1022.0)
_NARROW_BOX = (-12.0, -12.0, 1012.0, 1012.0)  # a phone shows the square alone

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Label:
    """A name in its place. level: from which on it shows. side: right, left, below, above or middle."""

    text: str
    x: float
    y: float
    side: str
    level: int


@dataclass(frozen=True)
class Wanted:
    """A name that looks for room beside a node. radius: of the node."""

    index: int
    text: str
    x: float
    y: float
    radius: float


@dataclass
class Taken:
    """Boxes that are taken, in a grid so that a new one meets only those close to it."""

    _cells: dict[tuple[int, int], list[Box]] = field(default_factory=lambda: defaultdict(list))

    def add(self, box: Box) -> None:
        for cell in _cells(box):
            self._cells[cell].append(box)

    def is_free(self, box: Box) -> bool:
        return not any(_meet(box, other) for cell in _cells(box) for other in self._cells.get(cell, ()))


def around_nodes(nodes: Iterable[tuple[float, float, float]]) -> Taken:
    """Room that nodes take. nodes: x, y, radius."""
    taken = Taken()
    for x, y, radius in nodes:
        taken.add((x - radius - 2, y - radius - 2, x + radius + 2, y + radius + 2))
    return taken


def put_names(wanted: Sequence[Wanted], taken: Taken, *, is_phone: bool) -> dict[int, Label]:
    """Name as many nodes as have room.

    Args:
        wanted: the most important first.
        taken: is added to.

    Returns:
        Label by index; a node without one has no room at any level.
    """
    labels: dict[int, Label] = {}
    for level in _levels(is_phone):
        for want in wanted[: _TRIED[level]]:
            label = None if want.index in labels else _first_free(want, level, taken)
            if label:
                labels[want.index] = label
    return labels


def put_on_ring(text: str, radius: float, centre: float, taken: Taken, *, is_phone: bool) -> Label | None:
    """Name a ring on its line, as near to the top as there is room."""
    level = _levels(is_phone)[0]
    width, height = width_of(text) * FONTS[level], _LINE * FONTS[level]
    for turn in (step * sign * math.pi / 36 for step in range(37) for sign in (1, -1)):
        x, y = centre + radius * math.sin(turn), centre - radius * math.cos(turn)
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        if _take(box, level, taken):
            return Label(text, round(x, 1), round(y, 1), "middle", level)
    return None


def _levels(is_phone: bool) -> range:
    return range(1) if is_phone else range(1, len(FONTS))


def shortened(text: str, most: float) -> str:
    """A name of at most so many letter heights; what is cut off is marked."""
    if width_of(text) <= most:
        return text
    kept, width = "", 0.6
    for letter in text:
        width += width_of(letter)
        if width > most:
            break
        kept += letter
    return kept.rstrip() + "…"


@lru_cache(maxsize=50_000)  # the same few names in each picture
def width_of(text: str) -> float:
    """About how wide a text is, in heights of its letters; rather too much than too little."""
    return sum(
        1.02 if unicodedata.east_asian_width(c) in "WF" else 0.6 if c.islower() else 0.68 for c in text
    )


def _first_free(want: Wanted, level: int, taken: Taken) -> Label | None:
    """The first side with room for the name, or for its beginning; that room is then taken."""
    for text in dict.fromkeys(shortened(want.text, most) for most in _LENGTHS[min(level, 1)]):
        for side, x, y, box in _sides(replace(want, text=text), FONTS[level]):
            if _take(box, level, taken):
                return Label(text, round(x, 1), round(y, 1), side, level)
    return None


def _take(box: Box, level: int, taken: Taken) -> bool:
    """Take a room, where it is free and inside of what is seen."""
    if not _inside(box, _WIDE_BOX if level else _NARROW_BOX) or not taken.is_free(box):
        return False
    taken.add(box)
    return True


def _sides(want: Wanted, font: float) -> Iterator[tuple[str, float, float, Box]]:
    """Places beside a node, away from the centre first."""
    width, height, gap = width_of(want.text) * font, _LINE * font, want.radius + 3 + font / 6
    x, y = want.x, want.y
    half = height / 2
    places = {
        "right": (x + gap, y, (x + gap, y - half, x + gap + width, y + half)),
        "left": (x - gap, y, (x - gap - width, y - half, x - gap, y + half)),
        "below": (x, y + gap, (x - width / 2, y + gap, x + width / 2, y + gap + height)),
        "above": (x, y - gap, (x - width / 2, y - gap - height, x + width / 2, y - gap)),
    }
    outward = ("right", "left") if x >= 500 else ("left", "right")
    upward = ("below", "above") if y >= 500 else ("above", "below")
    for side in (*upward, *outward) if abs(y - 500) > 1.7 * abs(x - 500) else (*outward, *upward):
        yield side, *places[side]


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    for column in range(int(box[0] // _GRID), int(box[2] // _GRID) + 1):
        for row in range(int(box[1] // _GRID), int(box[3] // _GRID) + 1):
            yield column, row


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _inside(box: Box, bounds: Box) -> bool:
    return bounds[0] <= box[0] and bounds[1] <= box[1] and box[2] <= bounds[2] and box[3] <= bounds[3]
