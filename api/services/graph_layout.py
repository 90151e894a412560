"""Where the nodes of a fan graph stand: rings by closeness, sectors by community; pure.

The distance from the centre means something (regulars are nearest, other shops farthest), so nothing is
simulated: each community has a sector, each closeness a band of it, and in there neighbours pull a node
to their side. The same graph gives the same picture, whatever the order it comes in.

Works on what is told of a graph and on nothing else. A hidden node stands after the shown ones of its
sector, by its id; its links do not move it, and it moves nobody.
"""

import cmath
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from graph.policy.portraits import CLOSENESS

BOX, CENTRE = 1000.0, 500.0
# Inner and outer radius of near, mid, far, circles, shops; what is left inside is the merchant's.
BANDS = ((84.0, 178.0), (178.0, 272.0), (272.0, 366.0), (366.0, 432.0), (432.0, 498.0))
CENTRE_RADIUS = 40.0
LARGEST_CELL = 66.0  # as wide as the narrowest band
_TIGHTER = 0.96
_SWEEPS = 4
_TOP = -math.pi / 2  # where the first sector begins; angles grow clockwise, as y grows downwards

Link = tuple[str, str, float]  # two node ids and the strength


@dataclass(frozen=True)
class Spot:
    """What the layout knows of a node. kind: merchant, group, circle or shop."""

    id: str
    kind: str
    closeness: str | None = None
    hidden: bool = False
    community: int = 0

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> "Spot":
        """From a node of a fan graph's answer; its `community` may still be missing."""
        hidden = "hidden" in node["people"]
        return cls(node["id"], node["kind"], node["closeness"], hidden, node.get("community", 0))

    @property
    def band(self) -> int:
        """Place in BANDS."""
        if self.kind == "group":
            return CLOSENESS.index(self.closeness or CLOSENESS[-1])
        return len(CLOSENESS) + ("circle", "shop").index(self.kind)


@dataclass(frozen=True)
class Place:
    """x, y: in the box, one decimal. ring: 0 the merchant, 1 to 3 fans, 4 circles and shops."""

    x: float
    y: float
    ring: int


@dataclass(frozen=True)
class Plan:
    """How much room there is.

    cell: side of one node's room, in units of the box. sectors: community -> first angle and width, radians.
    """

    cell: float
    sectors: Mapping[int, tuple[float, float]]

    def radius(self, size: int) -> float:
        """Of a node of size step 1 to 5; two of the largest leave a fifth of a cell between them."""
        return round(self.cell * (0.17 + 0.0575 * (size - 1)), 1)


def lay_out(spots: Iterable[Spot], links: Iterable[Link]) -> dict[str, Place]:
    """Place every node.

    Args:
        spots: at most a few hundred; one of kind merchant, or none.
        links: between spots; of unknown ids, of the merchant and of hidden spots they are ignored.

    Returns:
        Place by id. No two nodes overlap when drawn with `plan(spots).radius`. O(n log n + links).
    """
    around = sorted((spot for spot in spots if spot.kind != "merchant"), key=lambda spot: spot.id)
    drawn = plan(around)
    slots = _slots(around, drawn)
    ordered = {key: _by_id(group) for key, group in _grouped(around).items()}
    angles = _angles(ordered, slots)
    pulls = _pulls(around, links)
    for _ in range(_SWEEPS):
        for band in range(len(BANDS)):  # one after the other: two that move at once only change places
            for key in (key for key in ordered if key[1] == band):
                ordered[key] = _by_pull(ordered[key], angles, pulls, drawn.sectors[key[0]])
            angles = _angles(ordered, slots)
    places = {spot.id: Place(CENTRE, CENTRE, 0) for spot in spots if spot.kind == "merchant"}
    for key, group in ordered.items():
        for spot, (angle, radius) in zip(group, slots[key], strict=True):
            places[spot.id] = _place(angle, radius, spot.band)
    return places


def plan(spots: Iterable[Spot]) -> Plan:
    """The largest cell with which every sector of every band fits; sizes of people play no part in it."""
    numbers = {key: len(group) for key, group in _grouped(spots).items()}
    cell = LARGEST_CELL
    while sum(_widths(numbers, cell).values()) > math.tau:
        cell *= _TIGHTER
    widths = _widths(numbers, cell)
    whole = sum(widths.values()) or 1.0
    sectors, start = {}, _TOP
    for community in sorted(widths):
        width = widths[community] / whole * math.tau
        sectors[community] = (start, width)
        start += width
    return Plan(cell, sectors)


def _widths(numbers: Mapping[tuple[int, int], int], cell: float) -> dict[int, float]:
    """The least angle that each community needs, by its fullest band."""
    widths: dict[int, float] = defaultdict(float)
    for (community, band), number in numbers.items():
        radii = _rows(band, _most_rows(band, cell))
        needed = next(islice(_thresholds(radii, cell), number - 1, None))[0]
        widths[community] = max(widths[community], needed)
    return widths


def _most_rows(band: int, cell: float) -> int:
    inner, outer = BANDS[band]
    return int((outer - inner) / cell)


def _rows(band: int, number: int) -> list[float]:
    """Radii of so many rows, spread evenly over a band."""
    inner, outer = BANDS[band]
    return [inner + (row + 0.5) * (outer - inner) / number for row in range(number)]


def _thresholds(radii: Sequence[float], cell: float) -> Iterable[tuple[float, int]]:
    """From which angle on one more node fits, and into which row; narrowest first, without end."""

    def of_row(row: int) -> Iterable[tuple[float, int]]:
        number = 0
        while True:
            number += 1
            yield number * cell / radii[row], row

    return merge(*(of_row(row) for row in range(len(radii))))


def _slots(spots: Iterable[Spot], drawn: Plan) -> dict[tuple[int, int], list[tuple[float, float]]]:
    """(community, band) -> angle and radius of as many places as it has nodes, clockwise."""
    return {
        (community, band): sorted(_spread(len(group), band, *drawn.sectors[community], drawn.cell))
        for (community, band), group in _grouped(spots).items()
    }


def _spread(number: int, band: int, start: float, width: float, cell: float) -> Iterable[tuple[float, float]]:
    """Places in as few rows as hold them: a sparse band is one clean ring."""
    for rows in range(1, _most_rows(band, cell) + 1):
        radii = _rows(band, rows)
        taken = list(islice(_thresholds(radii, cell), number))
        if taken[-1][0] <= width * (1 + 1e-9):
            break
    for row, radius in enumerate(radii):
        held = sum(1 for _, place in taken if place == row)
        yield from ((start + (index + 0.5) * width / held, radius) for index in range(held))


def _pulls(spots: Iterable[Spot], links: Iterable[Link]) -> dict[str, list[tuple[str, float]]]:
    """Neighbours by id, in both directions, only of spots that are shown."""
    shown = {spot.id for spot in spots if not spot.hidden}
    pulls: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for source, target, strength in sorted(links):
        if source in shown and target in shown:
            pulls[source].append((target, strength))
            pulls[target].append((source, strength))
    return pulls


def _by_pull(
    spots: Iterable[Spot],
    angles: Mapping[str, float],
    pulls: Mapping[str, list[tuple[str, float]]],
    sector: tuple[float, float],
) -> list[Spot]:
    """The nodes of one sector and band by where their neighbours are; hidden ones after them by id."""
    middle = sector[0] + sector[1] / 2

    def wanted(spot: Spot) -> float:
        pull = sum(strength * cmath.exp(1j * angles[other]) for other, strength in pulls.get(spot.id, ()))
        angle = cmath.phase(pull) if abs(pull) > 1e-9 else angles[spot.id]
        return round(math.remainder(angle - middle, math.tau), 9)

    return sorted(spots, key=lambda spot: (spot.hidden, 0.0 if spot.hidden else wanted(spot), spot.id))


def _angles(
    ordered: Mapping[tuple[int, int], Sequence[Spot]],
    slots: Mapping[tuple[int, int], Sequence[tuple[float, float]]],
) -> dict[str, float]:
    return {
        spot.id: angle
        for key, group in ordered.items()
        for spot, (angle, _) in zip(group, slots[key], strict=True)
    }


def _grouped(spots: Iterable[Spot]) -> dict[tuple[int, int], list[Spot]]:
    """By community and band; without the merchant."""
    grouped: dict[tuple[int, int], list[Spot]] = defaultdict(list)
    for spot in spots:
        if spot.kind != "merchant":
            grouped[spot.community, spot.band].append(spot)
    return grouped


def _by_id(spots: Iterable[Spot]) -> list[Spot]:
    return sorted(spots, key=lambda spot: (spot.hidden, spot.id))


def _place(angle: float, radius: float, band: int) -> Place:
    x, y = CENTRE + radius * math.cos(angle), CENTRE + radius * math.sin(angle)
    return Place(round(x, 1), round(y, 1), min(band, len(CLOSENESS)) + 1)
