"""The card: what is known and inferred of a person, from which data, what for, and who asked; for them alone.

Everything is worked out when it is asked for, from the payments themselves; nothing of it is kept. It may
name the person's own shops and categories, and no other person.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from api.audit import Action, record
from api.auth import Role
from api.context import Context, wire_parts
from api.receipts import Aside
from api.services import card_words as words
from api.services.circles import recommend
from api.services.moments import written
from api.services.mutes import mute, mutes, paid_by
from api.services.people import consents, found_user
from api.services.ranking import Question
from api.services.words import pretty
from graph.errors import VersionError
from graph.home import Home
from graph.log import Rows
from graph.muting import mutes_of, row_categories, walled
from graph.policy.values import Policy
from graph.schema import SCENES, Purpose
from graph.stores.base import GraphStore, User

DAYS = 30  # how far back it says who asked
TOP = 10  # of each kind of thing
LIST = 10  # circles whose reasons say what the person's list comes from
OFTEN_DAYS, SOMETIMES_DAYS = 12, 3  # distinct days from which something is done often, or sometimes
_DAY_S = 86_400


class Paid(NamedTuple):
    """A person's payments: all of them, and of each whether it counts; bool, shape of `rows`."""

    rows: Rows
    walled: npt.NDArray[np.bool_]
    muted: npt.NDArray[np.bool_]

    @property
    def used(self) -> Rows:
        return self.rows[~self.walled & ~self.muted]


def card(context: Context, user: str, *, now: int, days: int = DAYS) -> dict[str, Any]:
    """Everything that a person may want to know of themself.

    Args:
        days: how far back it says who asked.

    Raises:
        NotFound: the person is unknown. StoreUnavailable, StoreConflict: it cannot be told now.
    """
    store = context.store.get()
    person = found_user(store, user)
    paid = _paid(context, store, person)
    return {
        "data": _data(paid),
        "inferred": _inferred(context, store, user, paid, now),
        "uses": _uses(context, user),
        "asked": _asked(context, store, person, paid, now - days * _DAY_S) | {"days": days},
        "muted": mutes(context, user),
    }


def card_from_parts(
    home: Home, store: GraphStore, policy: Policy, key: bytes, user_id: str, *, now: int
) -> dict[str, Any]:
    """The same without HTTP, and written down as a look; `user_id` is the app's account id."""
    context = wire_parts(home, policy, key, store)
    user = context.pseudonyms.of(user_id)
    if store.user(user) is not None:
        record(context, Action.CARD_SEEN, person=user)
    return card(context, user, now=now)


def mute_from_parts(
    home: Home,
    store: GraphStore,
    policy: Policy,
    key: bytes,
    user_id: str,
    kind: str,
    thing_id: str,
    *,
    muted: bool,
    now: int,
) -> dict[str, list[str]]:
    """`mute` without HTTP; what is muted then."""
    context = wire_parts(home, policy, key, store)
    user = context.pseudonyms.of(user_id)
    mute(context, user, kind, thing_id, muted=muted, now=now)
    return mutes(context, user)


def _paid(context: Context, store: GraphStore, person: User) -> Paid:
    rows = paid_by(context.log, store, person.index)
    hidden = walled(rows, mutes_of(store, [person.index]), store.categories_of)["walled"]
    return Paid(rows, rows["walled"], hidden & ~rows["walled"])


def _data(paid: Paid) -> dict[str, Any]:
    """How much there is of each kind of data, and from when."""
    used, times = paid.used, paid.rows["paid_at"]
    scenes = Counter(used["scene"].tolist())
    return {
        "payments": len(used),
        "refunds": int(used["refund"].sum()),
        "walled": words.spoken(words.WALLED, payments=int(paid.walled.sum())),
        "muted": words.spoken(words.MUTED, payments=int(paid.muted.sum())),
        "scenes": [
            words.spoken(words.SCENES[SCENES[scene]], scene=SCENES[scene], payments=number)
            for scene, number in sorted(scenes.items(), key=lambda item: (-item[1], item[0]))
        ],
        "since": written(int(times.min())) if len(times) else None,
        "until": written(int(times.max())) if len(times) else None,
    }


def _inferred(context: Context, store: GraphStore, user: str, paid: Paid, now: int) -> dict[str, Any]:
    """Habits, the strongest first, each with how to mute it, and what the person's list rests on."""
    bought = paid.used[~paid.used["refund"]]
    shops = store.ids("Merchant", (most := _days_of(bought, bought["merchant"].tolist()))[0])
    names = dict(zip(shops, store.describe("Merchant", shops)["name"], strict=True)) if shops else {}
    return {
        "scenes": [
            _habit("scenes", SCENES[scene], words.SCENES[SCENES[scene]]["text"], number)
            for scene, number in zip(*_days_of(bought, bought["scene"].tolist()), strict=True)
        ],
        "categories": [
            _habit("categories", category, pretty(category), number)
            for category, number in zip(
                *_days_of(bought, row_categories(bought, store.categories_of)), strict=True
            )
        ],
        "merchants": [
            _habit("merchants", shop, names.get(shop) or shop, number)
            for shop, number in zip(shops, most[1], strict=True)
        ],
        "circles": _rests_on(context, user, now),
    }


def _habit(kind: str, thing: str, label: str, num_days: int) -> dict[str, Any]:
    return {"label": label, **_band(num_days), "mute": {"kind": kind, "id": thing}}


def _band(num_days: int) -> dict[str, Any]:
    name = "often" if num_days >= OFTEN_DAYS else "sometimes" if num_days >= SOMETIMES_DAYS else "seldom"
    return words.spoken(words.BANDS[name], band=name)


def _days_of(rows: Rows, things: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The things of most distinct days, and on how many days; those without a name are left out."""
    pairs = {(thing, day) for thing, day in zip(things, (rows["paid_at"] // _DAY_S).tolist(), strict=True)}
    counted = Counter(thing for thing, _ in pairs if thing is not None)
    most = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return [thing for thing, _ in most], [number for _, number in most]


def _rests_on(context: Context, user: str, now: int) -> dict[str, Any]:
    """Whether the person's list is their own, and what its reasons name, the strongest first.

    Looking is no showing: no receipt is kept.
    """
    try:
        answer = recommend(replace(context, receipts=Aside()), Question(user, limit=LIST), now=now)
    except VersionError:  # nothing is published yet
        return {"personalised": False, "reason": None, "rests_on": []}
    shares: Counter[tuple[str, str]] = Counter()
    for item in answer["items"] if answer["personalised"] else ():
        for reason in item["reasons"]:
            for label in reason["labels"]:
                shares[reason["kind"], label] += reason["share"]
    most = sorted(shares.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]
    return {
        "personalised": answer["personalised"],
        "reason": answer.get("reason"),
        "rests_on": [{"kind": kind, "label": label} for (kind, label), _ in most],
    }


def _uses(context: Context, user: str) -> list[dict[str, Any]]:
    granted = {item["purpose"]: item["granted"] for item in consents(context, user)}
    return [
        words.spoken(words.USES[purpose] if granted[purpose] else words.OFF, purpose=purpose.value)
        | {"granted": granted[purpose], "means": words.USES[purpose]}
        for purpose in Purpose
    ]


def _asked(context: Context, store: GraphStore, person: User, paid: Paid, since: int) -> dict[str, Any]:
    """Answers made for the person, and looks of owners and operators that they may be part of, as counts."""
    answers = context.receipts.counts(person.user_id, since)
    sent = [one.circle for one in store.invitations_of(person.index) if one.sent_at >= since]
    named = {index: store.circle(id_) for index, id_ in zip(sent, store.ids("Circle", sent), strict=True)}
    owners = {circle.owner_id for circle in named.values() if circle and circle.owner_id}
    looks = context.audit.fans_seen(since)
    receipts = [
        entry
        for entry in context.audit.about(person.user_id)
        if entry["action"] == Action.RECEIPT_SEEN and entry["at"] >= since
    ]
    shops = set(store.ids("Merchant", np.unique(paid.used["merchant"]).tolist()))
    seen = {
        role: {shop: n for shop, n in looks.get(role, {}).items() if shop in shops}
        for role in (Role.MERCHANT, Role.OPERATOR)
    }
    return words.spoken(
        words.ASKED,
        by_app={kind: answers.get(kind, 0) for kind in ("circles", "links", "relays", "invitations")},
        by_owners={
            "invitations": len(sent),
            "owners": sorted(owners),
            "portraits_seen": _total(seen[Role.MERCHANT]),
            "merchants": len(seen[Role.MERCHANT]),
        },
        by_operator={
            "receipts_seen": sum(entry.get("role") == Role.OPERATOR for entry in receipts),
            "portraits_seen": _total(seen[Role.OPERATOR]),
        },
    )


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())
