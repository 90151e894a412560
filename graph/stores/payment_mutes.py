"""The part of a store that keeps which payments a person wants unused, and the edges that follow."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from graph.edges import UserEdges
from graph.errors import InputError
from graph.policy.payment_mutes import Mutable, PaymentMutes
from graph.schema import SCENES

COLUMNS = ("user", "kind", "thing", "at", "seq", "merchants")
Rows = npt.NDArray[np.void]
Categories = Callable[[str, Sequence[int]], Mapping[int, str | None]]  # label, indices -> category of each


@dataclass(frozen=True)
class PaymentMute:
    """One thing that a person muted.

    thing: the merchant's index in digits, a category, a scene, or 16 hexadecimal digits of a payment hash.
    seq: the change that muted it. merchants: where the payments were made that it took out then.
    """

    user: int
    kind: Mutable
    thing: str
    at: int
    seq: int
    merchants: frozenset[int]


class PaymentMuteStore(Protocol):
    """A mute holds in every edge: what is muted already, and what is paid later."""

    def mute_payments(self, user: int, kind: Mutable, thing: str, at: int, rows: Rows) -> bool:
        """Mute, and set the person's edges, in one transaction; True when it was not muted.

        Args:
            thing: see `PaymentMute`; whether it exists is the caller's business.
            rows: all payments of the person that the log has; what it says of one goes before the inbox.

        Raises:
            NotFound: the user is unknown.
        """

    def unmute_payments(self, user: int, kind: Mutable, thing: str, at: int, rows: Rows) -> bool:
        """Take a mute back; arguments and errors as of `mute_payments`."""

    def payment_mutes(self, users: Sequence[int] | None = None) -> list[PaymentMute]:
        """Of these people, or of everybody; by user, kind and thing."""

    def inbox_of(self, user: int) -> Rows:
        """Payments of one person in the inbox, those that were moved to the log too."""

    def categories_of(self, label: str, indices: Sequence[int]) -> dict[int, str | None]:
        """Category of merchants or products by index; those that the store does not have are left out."""

    def has_category(self, category: str) -> bool:
        """Whether a merchant or product has it."""

    def edges_of(self, kind: str, users: Sequence[int]) -> UserEdges:
        """Edges of these people only; increasing, those whom the store has."""


def mute_of(row: Sequence[Any]) -> PaymentMute:
    """From `COLUMNS`."""
    user, kind, thing, at, seq, merchants = row
    return PaymentMute(user, Mutable(kind), thing, at, seq, frozenset(json.loads(merchants)))


def checked_thing(kind: Mutable, thing: str) -> str:
    """Raises InputError for a thing that is not written as its kind is."""
    try:
        _read(kind, thing)
    except ValueError:
        raise InputError(f"{thing!r} is nothing of the kind {kind.value}") from None
    return thing


def by_person(mutes: Iterable[PaymentMute]) -> dict[int, PaymentMutes]:
    """What each person muted."""
    found: dict[int, dict[str, set[Any]]] = {}
    for mute in mutes:
        things = found.setdefault(mute.user, {kind.value: set() for kind in Mutable})
        things[mute.kind.value].add(_read(mute.kind, mute.thing))
    return {
        user: PaymentMutes(**{kind: frozenset(values) for kind, values in things.items()})
        for user, things in found.items()
    }


def _read(kind: Mutable, thing: str) -> int | str:
    """Raises ValueError."""
    if kind is Mutable.CATEGORIES:
        return thing
    if kind is Mutable.SCENES:
        return SCENES.index(thing)
    return int(thing, 16 if kind is Mutable.PAYMENTS else 10)


def only_one(kind: Mutable, thing: str) -> PaymentMutes:
    """What a single mute says."""
    return PaymentMutes(**{kind.value: frozenset([_read(kind, thing)])})  # type: ignore[arg-type]
