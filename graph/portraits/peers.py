"""Similar merchants of each merchant, together: pooled counts and percentiles, from noisy bodies only.

Peers are of one kind and one line (what they sell), or of one kind alone where a line has too few; of these
the nearest by people, as many smaller as larger ones where there are. Only merchants with a portrait can be
chosen, and only portraits whose cells stand for the same labels. Nothing exact is read here, so nothing more
is spent.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.policy.portraits import CLOSENESS, PortraitRules
from graph.portraits.body import Body
from graph.portraits.questions import QUESTIONS
from graph.portraits.weeks import Peers

MEASURES = ("people", "regulars", "new", "kept", "change")
PERCENTILES = (0.25, 0.5, 0.75)
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Kind:
    """What a merchant is, in words for people.

    line: what it sells, name and value such as ("category", "coffee shop"); None where nobody knows.
    """

    kind: str
    line: tuple[str, str] | None = None


@dataclass(frozen=True)
class Overview:
    """What choosing peers needs of all bodies. standing: int64 (n, 4), counts of STANDING, noisy."""

    merchants: Sequence[str]
    labels_ids: Sequence[str]
    standing: Int64

    @property
    def people(self) -> Int64:
        """(n,), as `Body.people`."""
        people: Int64 = self.standing[:, : len(CLOSENESS)].sum(axis=1)
        return np.maximum(people, 0)


@dataclass(frozen=True)
class Pool:
    """Merchants to choose from, by people. places: in the overview. served: (n,) who gets peers from here."""

    chosen_by: Mapping[str, str]
    places: Int64
    served: npt.NDArray[np.bool_]


def pools(overview: Overview, kinds: Mapping[str, Kind], rules: PortraitRules) -> list[Pool]:
    """Which merchants are alike; each is served by one pool at most, that of its line where that is large.

    Args:
        kinds: merchant id -> what it is; a merchant that is not in it has no peers and is none.
    """
    people = overview.people
    by_line: dict[tuple[str, ...], list[int]] = {}
    by_kind: dict[tuple[str, ...], list[int]] = {}
    for place, (merchant, labels_id) in enumerate(zip(overview.merchants, overview.labels_ids, strict=True)):
        kind = kinds.get(merchant)
        if kind is not None:
            by_kind.setdefault((labels_id, kind.kind), []).append(place)
            if kind.line is not None:
                by_line.setdefault((labels_id, kind.kind, *kind.line), []).append(place)
    found, is_served = [], np.zeros(len(people), dtype=bool)
    for (_, kind_name, *line), places in [*sorted(by_line.items()), *sorted(by_kind.items())]:
        if len(places) <= rules.min_peers:
            continue
        ordered = np.array(sorted(places, key=lambda place: (people[place], overview.merchants[place])))
        chosen_by = {"kind": kind_name} | ({line[0]: line[1]} if line else {})
        found.append(Pool(chosen_by, ordered, ~is_served[ordered]))
        is_served[ordered] = True
    return found


def peers_in(
    pool: Pool, overview: Overview, read: Callable[[str], Body], most: int
) -> Iterator[tuple[Body, Peers]]:
    """Peers of all that a pool serves, each body read once, about `most` in memory.

    Args:
        read: body of a merchant id. most: peers of one merchant.
    """
    size = min(most, len(pool.places) - 1) + 1  # with the merchant itself
    measured = measures(overview.standing[pool.places])
    people = overview.people[pool.places]
    near: deque[tuple[Body, Int64]] = deque()
    begin, total = 0, np.zeros(0, dtype=np.int64)
    for own in range(len(pool.places)):
        first = min(max(0, own - size // 2), len(pool.places) - size)
        while begin + len(near) < first + size:
            body = read(overview.merchants[pool.places[begin + len(near)]])
            near.append((body, flat(body)))
            total = total + near[-1][1] if len(total) else near[-1][1]
        while begin < first:
            total = total - near.popleft()[1]
            begin += 1
        if not pool.served[own]:
            continue
        body, counts = near[own - begin]
        others = np.delete(np.arange(begin, begin + size), own - begin)
        yield (
            body,
            Peers(
                number=size - 1,
                chosen_by=pool.chosen_by,
                people=int(people[others].sum()),
                counts=_parted(total - counts, body),
                measures=_percentiles(measured[others]),
            ),
        )


def measures(standing: Int64) -> Float64:
    """MEASURES of each row of STANDING counts, (n, 4) -> (n, 5); nan where nobody was there."""
    near, mid, far, lost = np.maximum(standing, 0).astype(np.float64).T
    now, before = near + mid + far, near + mid + lost
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = (now, near / now, far / now, (near + mid) / before, now / before - 1.0)
        out = np.stack(columns, axis=1)
    return np.where(np.isfinite(out), out, np.nan)


def flat(body: Body) -> Int64:
    """All counts of a body in one row, in the order of QUESTIONS."""
    return np.concatenate([body.counts[question.name].ravel() for question in QUESTIONS])


def _parted(row: Int64, body: Body) -> dict[str, list[int]]:
    """A row of `flat` by question."""
    ends = np.cumsum([body.counts[question.name].size for question in QUESTIONS])
    parts = np.split(row, ends[:-1])
    return {question.name: part.tolist() for question, part in zip(QUESTIONS, parts, strict=True)}


def _percentiles(measured: Float64) -> dict[str, tuple[float, float, float]]:
    """PERCENTILES of each measure that anybody has."""
    out = {}
    for name, values in zip(MEASURES, measured.T, strict=True):
        known = values[~np.isnan(values)]
        if len(known):
            low, mid, high = np.quantile(known, PERCENTILES).tolist()
            out[name] = (round(low, 4), round(mid, 4), round(high, 4))
    return out
