"""A fan graph as it is drawn: marks, lines, rings, names, legend and rows of the table; pure, no Flask.

From a graph's answer and from what the address asks to see. Words are the template's; only names come
from the answer. What is hidden has one size and one place, whatever it would be, and so do its names.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.pages.graph_labels import Label, Wanted, around_nodes, put_names, put_on_ring
from api.pages.view_state import KINDS, ViewState
from api.services.graph_layout import BANDS, CENTRE, CENTRE_RADIUS, Plan, Spot, plan
from graph.policy.portraits import CLOSENESS

_BEND = 0.25  # how far a line is drawn to the centre, of its length and of its distance from there


@dataclass(frozen=True)
class Mark:
    """A node as it is drawn.

    sort: one of KINDS, or merchant. r: radius. room: radius of the area that takes a click.
    community: number for people, from 1; None where there is one alone. ties: of the strongest link, 0 to 5.
    """

    index: int
    id: str
    kind: str
    sort: str
    name: str
    people: Mapping[str, Any]
    x: float
    y: float
    r: float
    room: float
    size: int
    community: int | None
    ties: int
    expandable: bool
    expanded: bool
    href: str | None

    @property
    def hidden(self) -> str | None:
        """Why the number of people is not told."""
        reason = self.people.get("hidden")
        return str(reason) if reason else None

    @property
    def short(self) -> str:
        """Its name where the ring says how close it is: of `Regulars · Dining` the interest."""
        return self.name.rpartition(" · ")[2]

    @property
    def square(self) -> tuple[float, float, float]:
        """Left, top and side, for shops."""
        return round(self.x - self.r * 0.88, 1), round(self.y - self.r * 0.88, 1), round(self.r * 1.76, 1)

    @property
    def handle(self) -> str:
        """A plus, or a minus where it is taken apart already."""
        arm = self.r * 0.4
        across = f"M{self.x - arm:.1f} {self.y:g}h{2 * arm:.1f}"
        return across if self.expanded else f"{across}m{-arm:.1f} {-arm:.1f}v{2 * arm:.1f}"

    @property
    def hexagon(self) -> str:
        """Its outline as a path, for circles."""
        half, side = round(self.r * 0.87, 1), self.r
        return (
            f"M{self.x:g} {self.y - side:.1f}l{half:g} {side / 2:.1f}v{side:.1f}l{-half:g} {side / 2:.1f}"
            f"l{-half:g} {-side / 2:.1f}v{-side:.1f}z"
        )


@dataclass(frozen=True)
class Sector:
    """A community's part of the picture. d: outline. x, y: of its number."""

    number: int
    name: str
    nodes: int
    d: str
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """Everything that a template draws.

    marks: the merchant first, then by ring. lines: (kind, strength, path), weakest first. joints: links for
    the script, as places in `marks`. legend: (sort, number of nodes, whether it is left out). linked: places
    of what is brought out, and chosen_lines the path of the chosen mark's links.
    """

    merchant: Mark | None
    marks: Sequence[Mark]
    lines: Sequence[tuple[str, int, str]]
    joints: str
    rings: Sequence[float]
    sectors: Sequence[Sector]
    labels: Sequence[tuple[int, Label]]
    ring_labels: Sequence[Label]
    legend: Sequence[tuple[str, int, bool]]
    chosen: Mark | None
    linked: frozenset[int]
    chosen_lines: str
    truncated: bool

    @property
    def rows(self) -> list[Mark]:
        """As a table lists them: the most people first, what is hidden last and by its id."""
        return sorted(self.marks, key=lambda mark: (-(mark.people.get("v") or 0), mark.id))


def draw(answer: Mapping[str, Any], view: ViewState, language: str, ring_names: Mapping[str, str]) -> Drawing:
    """Make a drawing.

    Args:
        answer: of `api.services.fan_graph`.
        ring_names: one of KINDS -> what its ring is called.
    """
    room = plan(Spot.of(node) for node in answer["nodes"])
    many = len(answer["communities"]) > 1
    marks = _marks(answer, view, room, language, many)
    place = {mark.id: mark.index for mark in marks}
    edges = [edge for edge in answer["edges"] if edge["source"] in place and edge["target"] in place]
    chosen = next((mark for mark in marks if mark.id == view.group), None)
    own = [edge for edge in edges if chosen and chosen.id in (edge["source"], edge["target"])]
    sectors = _sectors(answer["communities"], room, language) if many else []
    rings = {name: text for name, text in ring_names.items() if any(mark.sort == name for mark in marks)}
    ring_labels, labels = _labels(marks, sectors, rings)
    return Drawing(
        merchant=next((mark for mark in marks if mark.kind == "merchant"), None),
        marks=marks,
        lines=_lines(edges, marks, place),
        joints=_joints(edges, place),
        rings=[band[1] for band in BANDS],
        sectors=sectors,
        ring_labels=ring_labels,
        labels=labels,
        legend=_legend(answer["nodes"], view),
        chosen=chosen,
        linked=_brought_out(own, marks, place, view),
        chosen_lines="".join(_line(marks[place[e["source"]]], marks[place[e["target"]]]) for e in own),
        truncated=answer["meta"]["truncated"],
    )


def _sort(node: Mapping[str, Any]) -> str:
    return str(node["closeness"] if node["kind"] == "group" else node["kind"])


def _marks(answer: Mapping[str, Any], view: ViewState, room: Plan, language: str, many: bool) -> list[Mark]:
    """Nodes that the view does not leave out, from the centre outwards and round each ring."""
    ties: dict[str, int] = defaultdict(int)
    for edge in answer["edges"]:
        for end in (edge["source"], edge["target"]):
            ties[end] = max(ties[end], edge["strength"])
    nodes = sorted((node for node in answer["nodes"] if _sort(node) not in view.hide), key=_round_the_rings)
    return [
        Mark(
            index=index,
            id=node["id"],
            kind=node["kind"],
            sort=_sort(node),
            name=node["name"][language],
            people=node["people"],
            x=node["x"],
            y=node["y"],
            r=CENTRE_RADIUS if node["kind"] == "merchant" else room.radius(node["size"]),
            room=CENTRE_RADIUS if node["kind"] == "merchant" else round(room.cell / 2, 1),
            size=node["size"],
            community=node["community"] + 1 if many and node["kind"] != "merchant" else None,
            ties=ties[node["id"]],
            expandable=node["expandable"],
            expanded=node["expanded"],
            href=node["href"],
        )
        for index, node in enumerate(nodes)
    ]


def _round_the_rings(node: Mapping[str, Any]) -> tuple[int, float, float, str]:
    turn = math.atan2(node["x"] - CENTRE, CENTRE - node["y"]) % math.tau
    band = -1 if node["kind"] == "merchant" else Spot.of(node).band
    return band, round(turn, 6), math.hypot(node["x"] - CENTRE, node["y"] - CENTRE), node["id"]


def _lines(
    edges: Iterable[Mapping[str, Any]], marks: Sequence[Mark], place: Mapping[str, int]
) -> list[tuple[str, int, str]]:
    """One path for all links of one kind and strength: a browser draws twenty paths sooner than 900 lines."""
    paths: dict[tuple[int, str], list[str]] = defaultdict(list)
    for edge in edges:
        one, other = marks[place[edge["source"]]], marks[place[edge["target"]]]
        paths[edge["strength"], edge["kind"]].append(_line(one, other))
    return [(kind, strength, "".join(paths[strength, kind])) for strength, kind in sorted(paths)]


def _brought_out(
    own: Iterable[Mapping[str, Any]], marks: Iterable[Mark], place: Mapping[str, int], view: ViewState
) -> frozenset[int]:
    """The chosen node and its neighbours; or a whole ring, where a closeness is selected."""
    if view.group in CLOSENESS:
        return frozenset(mark.index for mark in marks if mark.sort == view.group)
    return frozenset(place[end] for edge in own for end in (edge["source"], edge["target"]))


def _joints(edges: Iterable[Mapping[str, Any]], place: Mapping[str, int]) -> str:
    """`3:7,9 4:7`: node 3 is linked with 7 and 9, and node 4 with 7."""
    ends: dict[int, set[int]] = defaultdict(set)
    for edge in edges:
        one, other = sorted((place[edge["source"]], place[edge["target"]]))
        ends[one].add(other)
    return " ".join(f"{one}:{','.join(map(str, sorted(ends[one])))}" for one in sorted(ends))


def _line(one: Mark, other: Mark) -> str:
    """Straight to the merchant, else bent a little to the centre, so that rings stay free."""
    start, end = f"M{one.x:.0f} {one.y:.0f}", f"{other.x:.0f} {other.y:.0f}"
    if "merchant" in (one.kind, other.kind):
        return f"{start}L{end}"
    x, y = (one.x + other.x) / 2, (one.y + other.y) / 2
    far = math.hypot(x - CENTRE, y - CENTRE) or 1.0
    kept = 1 - _BEND * min(1.0, math.hypot(one.x - other.x, one.y - other.y) / far)
    return f"{start}Q{CENTRE + kept * (x - CENTRE):.0f} {CENTRE + kept * (y - CENTRE):.0f} {end}"


def _labels(
    marks: Sequence[Mark], sectors: Iterable[Sector], ring_names: Mapping[str, str]
) -> tuple[list[Label], list[tuple[int, Label]]]:
    """Names of rings, and of nodes: the merchant first, then by size, what is hidden last and by id alone."""
    ordered = sorted(
        marks, key=lambda mark: (mark.kind != "merchant", bool(mark.hidden), -mark.size, mark.id)
    )
    wanted = [Wanted(mark.index, mark.short, mark.x, mark.y, mark.r) for mark in ordered]
    on_rings: list[Label] = []
    names: list[tuple[int, Label]] = []
    for is_phone in (True, False):
        taken = around_nodes(
            [(mark.x, mark.y, mark.r) for mark in marks] + [(sector.x, sector.y, 12) for sector in sectors]
        )
        for index, name in enumerate(KINDS):
            if name in ring_names:
                label = put_on_ring(ring_names[name], BANDS[index][1], CENTRE, taken, is_phone=is_phone)
                on_rings += [label] if label else []
        names += put_names(wanted, taken, is_phone=is_phone).items()
    return on_rings, names


def _sectors(communities: Iterable[Mapping[str, Any]], room: Plan, language: str) -> list[Sector]:
    sectors = []
    for community in communities:
        start, width = room.sectors[community["id"]]
        x, y = _at(start + width / 2, BANDS[-1][1] + 10)
        name, number = community["name"][language], community["id"] + 1
        sectors.append(
            Sector(number, name, community["nodes"], _wedge(start, width), round(x, 1), round(y, 1))
        )
    return sectors


def _wedge(start: float, width: float) -> str:
    """A part of the ring from the merchant to the outermost shops."""
    inner, outer, large = BANDS[0][0], BANDS[-1][1], int(width > math.pi)
    (ax, ay), (bx, by) = _at(start, inner), _at(start, outer)
    (cx, cy), (dx, dy) = _at(start + width, outer), _at(start + width, inner)
    return (
        f"M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}A{outer:g} {outer:g} 0 {large} 1 {cx:.1f} {cy:.1f}"
        f"L{dx:.1f} {dy:.1f}A{inner:g} {inner:g} 0 {large} 0 {ax:.1f} {ay:.1f}z"
    )


def _at(angle: float, radius: float) -> tuple[float, float]:
    return CENTRE + radius * math.cos(angle), CENTRE + radius * math.sin(angle)


def _legend(nodes: Iterable[Mapping[str, Any]], view: ViewState) -> list[tuple[str, int, bool]]:
    numbers = Counter(_sort(node) for node in nodes)
    return [(name, numbers[name], name in view.hide) for name in KINDS if numbers[name]]
