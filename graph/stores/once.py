"""Requests that must count once although they are sent again: what they did, beside what they changed.

A caller whose answer was lost, because a process died after the transaction, asks again with the same token
and is told what the first one did. Kept for a day (`KEPT_S`), as long as answers are; names nobody, and is
left out of `export`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

KEPT_S = 86_400


@dataclass(frozen=True)
class Once:
    """What makes a write count once.

    token: the same for the same request, of nobody else's. at: epoch seconds, now.
    said: what the caller wants to be told again; JSON.
    """

    token: str
    at: int
    said: str = "{}"


@dataclass(frozen=True)
class Done:
    """What a write with a token did: the caller's own words, and the numbers that the store gave back."""

    said: str
    result: tuple[int, ...]


@dataclass(frozen=True)
class Event:
    """Something a person did with a circle, see `GraphStore.add_event`; user and circle are indices."""

    event_id: str
    kind: str
    user: int
    circle: int
    rec_id: str | None
    at: int
    position: int | None = None


def written(result: Sequence[int]) -> str:
    """Numbers as the stores keep them."""
    return json.dumps([int(number) for number in result])


def read(row: Sequence[str] | None) -> Done | None:
    """`said` and `result` as the stores keep them."""
    return None if row is None else Done(row[0], tuple(json.loads(row[1])))


class OnceStore(Protocol):
    """Mixin: the methods of `GraphStore` about what counts once."""

    def done(self, token: str) -> Done | None:
        """What the write with this token did; None where there was none, or it is older than a day."""

    def add_events(self, events: Sequence[Event], once: Once | None = None) -> list[bool]:
        """Keep and apply events in one transaction, each as `add_event` does; which of them are new.

        With a token that was used before nothing is done, and its first result is given back.
        """
