"""Suggestions that may rest on payments which one of the two muted after they were made.

A week of suggestions is made of a version, and a version of the payments of its day. What was muted since is
in nobody's edges, but in these; so they are looked at when somebody asks, and hidden from both sides alike.
All of a person's suggestions are: if only those went that rest on the muted shop, whoever mutes one shop
after another would learn where a stranger pays.
"""

from collections.abc import Callable, Collection, Mapping

from graph.stores.base import GraphStore


def unsettled(
    store: GraphStore, viewer: int, made_of: Mapping[int, Collection[str]], newest: Callable[[str], int]
) -> set[int]:
    """Which other people are suggested to a viewer of payments that one of the two has muted some of since.

    Whether a mute hides a suggestion depends on the payments of whoever muted alone.

    Args:
        made_of: person -> versions that their suggestions are made of.
        newest: the last change of the store that a version knows.
    """
    last: dict[int, int] = {}
    for mute in store.payment_mutes([viewer, *made_of]) if made_of else ():
        if mute.merchants:
            last[mute.user] = max(mute.seq, last.get(mute.user, mute.seq))
    if not last:
        return set()
    change_of = {version: newest(version) for version in set().union(*made_of.values())}
    return {
        other
        for other, versions in made_of.items()
        if any(
            last.get(person, -1) > change_of[version] for person in (viewer, other) for version in versions
        )
    }
