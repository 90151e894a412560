"""May this circle be recommended to this person, now?"""

from collections.abc import Collection

from graph.schema import CircleState

RECOMMENDABLE = frozenset({CircleState.OPEN, CircleState.PROPOSED})


def may_recommend(
    circle_index: int,
    state: str,
    *,
    member_of: Collection[int],
    dismissed: Collection[int],
    left: Collection[int],
) -> bool:
    """False for a circle that is closed or quarantined, or that the person joined, dismissed or left.

    What somebody once turned down never comes back by itself.
    """
    seen = circle_index in member_of or circle_index in dismissed or circle_index in left
    return state in RECOMMENDABLE and not seen
