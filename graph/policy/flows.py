"""Who later joined where: flows between circles, and how long people stay, from memberships alone.

Pure functions of the columns of `GraphStore.memberships_in`: one row for each time of membership; joined_at
-1 where unknown, which counts as before everything; left_at -1 where somebody is still a member. What
comes out are true counts: nothing of it leaves the service but through `graph/policy/disclosure.py`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max


def first_joins(columns: Mapping[str, Int64], circles: Sequence[int]) -> Int64:
    """When each person first joined each circle.

    Args:
        circles: distinct circle indices; rows of others are passed over.

    Returns:
        Epoch seconds, int64 (num_people, num_circles), NEVER where somebody never did, -1 where unknown.
        People without any of these circles have no row.
    """
    position = {circle: place for place, circle in enumerate(circles)}
    at = np.array([position.get(circle, -1) for circle in columns["circle"].tolist()], dtype=np.int64)
    known = at >= 0
    people, row = np.unique(columns["user"][known], return_inverse=True)
    first = np.full((len(people), len(circles)), NEVER, dtype=np.int64)
    np.minimum.at(first, (row, at[known]), columns["joined_at"][known])
    return first


def num_joined(first: Int64, start: int, end: int) -> Int64:
    """How many people joined each circle for the first time in [start, end); int64 (num_circles,)."""
    return np.asarray(((first >= start) & (first < end)).sum(axis=0), dtype=np.int64)


def flow_matrix(first: Int64, start: int, end: int) -> Int64:
    """How many people joined circle b in [start, end) after they had joined circle a.

    Args:
        first: as `first_joins` gives it.

    Returns:
        int64 (num_circles, num_circles), from row a to column b; the diagonal is 0. Somebody who had joined
        several circles before counts in each of their rows.
    """
    num_circles = first.shape[1]
    flow = np.zeros((num_circles, num_circles), dtype=np.int64)
    for target in range(num_circles):
        joined = first[:, target]
        came = (joined >= start) & (joined < end)
        flow[:, target] = (first[came] < joined[came, None]).sum(axis=0)
    return flow


def members_at(columns: Mapping[str, Int64], moment: int) -> Int64:
    """Distinct people who were members right before a moment, increasing; columns of one circle."""
    joined, left = columns["joined_at"], columns["left_at"]
    return np.unique(columns["user"][(joined < moment) & ((left < 0) | (left >= moment))])


def num_first(columns: Mapping[str, Int64], start: int, end: int) -> int:
    """How many people joined for the first time in [start, end); columns of one circle."""
    return int(num_joined(_first(columns), start, end)[0])


def num_left(columns: Mapping[str, Int64], start: int, end: int) -> int:
    """How many people left in [start, end) and had not come back by its end; columns of one circle."""
    left = columns["left_at"]
    leavers = np.unique(columns["user"][(left >= start) & (left < end)])
    return len(np.setdiff1d(leavers, members_at(columns, end)))


def newcomers(columns: Mapping[str, Int64], start: int, end: int) -> tuple[int, int]:
    """Of the members at the end of [start, end), how many first joined in it, and how many before."""
    people, first = np.unique(columns["user"]), _first(columns)[:, 0]
    new = people[(first >= start) & (first < end)]
    members = members_at(columns, end)
    num_new = len(np.intersect1d(new, members))
    return num_new, len(members) - num_new


def retention(columns: Mapping[str, Int64], months: Sequence[tuple[int, int]]) -> Int64:
    """How many of the people who first joined in a month were members at the end of it and of later ones.

    Args:
        columns: of one circle. months: start and end of adjacent months, oldest first.

    Returns:
        int64 (num_months, num_months + 1): row i holds the people who joined in month i, first their number,
        then how many were members at the end of month i, i + 1, ...; -1 after the last month.
    """
    people, first = np.unique(columns["user"]), _first(columns)[:, 0]
    present = [np.isin(people, members_at(columns, end)) for _, end in months]
    table = np.full((len(months), len(months) + 1), -1, dtype=np.int64)
    for row, (start, end) in enumerate(months):
        joined = (first >= start) & (first < end)
        table[row, 0] = joined.sum()
        for later, members in enumerate(present[row:]):
            table[row, 1 + later] = (joined & members).sum()
    return table


def of_people(columns: Mapping[str, Int64], people: Int64) -> dict[str, Int64]:
    """The rows of some people."""
    kept = np.isin(columns["user"], people)
    return {name: values[kept] for name, values in columns.items()}


def _first(columns: Mapping[str, Int64]) -> Int64:
    """`first_joins` of columns of one circle; int64 (num_people, 1), people increasing."""
    (circle,) = set(columns["circle"].tolist()) or {0}
    return first_joins(columns, [circle])
