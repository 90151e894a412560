"""Who gets a person's few invitations when more circles want them than the budget allows.

The person's own fit decides; a share of what is contested goes to small circles, at the least loss of fit.
Pure functions.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.policy.invitations import InvitationRules

Pair = tuple[int, int]  # user, circle


@dataclass(frozen=True)
class Demand:
    """A circle that would invite a person. fit: larger is better. members: of the circle."""

    user: int
    circle: int
    fit: float
    members: int


def allot(demands: Sequence[Demand], room: Mapping[int, int], rules: InvitationRules) -> frozenset[Pair]:
    """Which of the demands are met.

    Args:
        demands: any order; of several of one person and circle the best counts.
        room: how many invitations each person may still get; 0 for a person who is not in it.

    Returns:
        Pairs of user and circle; each person at most as often as there is room. The order of `demands` does
        not matter.
    """
    wanted = _ranked(demands)
    given = {user: listed[: max(room.get(user, 0), 0)] for user, listed in wanted.items()}
    contested = [user for user, listed in wanted.items() if 0 < len(given[user]) < len(listed)]
    _favour_small(contested, wanted, given, rules)
    return frozenset((user, demand.circle) for user, listed in given.items() for demand in listed)


def _ranked(demands: Sequence[Demand]) -> dict[int, list[Demand]]:
    """Demands of each person, best first, one for each circle."""
    best: dict[Pair, Demand] = {}
    for demand in demands:
        key = (demand.user, demand.circle)
        if key not in best or _rank(demand) < _rank(best[key]):
            best[key] = demand
    by_user: dict[int, list[Demand]] = defaultdict(list)
    for demand in sorted(best.values(), key=_rank):
        by_user[demand.user].append(demand)
    return by_user


def _rank(demand: Demand) -> tuple[float, int, int, int]:
    return (-demand.fit, demand.members, demand.user, demand.circle)


def _favour_small(
    contested: Sequence[int],
    wanted: Mapping[int, list[Demand]],
    given: dict[int, list[Demand]],
    rules: InvitationRules,
) -> None:
    """Hand places of large circles to small ones until these have their share; the least loss first."""
    slots = [demand for user in contested for demand in given[user]]
    missing = math.ceil(rules.small_share * len(slots)) - sum(_is_small(d, rules) for d in slots)
    swaps = sorted(
        (swap for user in contested for swap in _swaps(wanted[user], given[user], rules)),
        key=lambda swap: (swap[0].fit - swap[1].fit, _rank(swap[0])),
    )
    for out, into in swaps[: max(missing, 0)]:
        given[out.user] = [demand for demand in given[out.user] if demand is not out] + [into]


def _swaps(
    wanted: Sequence[Demand], given: Sequence[Demand], rules: InvitationRules
) -> list[tuple[Demand, Demand]]:
    """The worst large circle that is in for the best small one that is out, and so on."""
    large = [demand for demand in reversed(given) if not _is_small(demand, rules)]
    small = [demand for demand in wanted[len(given) :] if _is_small(demand, rules)]
    return list(zip(large, small, strict=False))


def _is_small(demand: Demand, rules: InvitationRules) -> bool:
    return demand.members < rules.small_circle
