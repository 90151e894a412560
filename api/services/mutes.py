"""What a person does not want: messages of some senders, and answers that rest on some of their payments.

Two meanings, told apart by kind. `circles` and `owners` are senders: their messages and invitations stay
away. `merchants`, `categories`, `scenes` and `payments` are payments: they count for nothing from the next
answer on, as if they had not been made, until the mute is taken back.
"""

from api.context import Context
from api.services import relays
from api.services.lists import forget_lists
from api.services.people import found_user
from api.services.things import is_public
from graph.errors import NotFound, StoreConflict
from graph.log import PaymentLog, Rows, payment_hash
from graph.muting import joined
from graph.policy.payment_mutes import Mutable
from graph.schema import SCENES
from graph.stores.base import GraphStore, User
from graph.stores.payment_mutes import PaymentMute

UNKNOWN_THING = "nothing of this kind has this id, or it is not visible with this key"
_TRIES = 5  # while loads change the log


def mute(context: Context, user: str, kind: str, thing_id: str, *, muted: bool, now: int) -> None:
    """Want something no more, or want it again; saying it again changes nothing.

    Args:
        kind: one of `relays.MUTABLE` or `Mutable`. thing_id: a circle, a merchant, a category or scene by
            name, or the app's id of a payment of this person.

    Raises:
        NotFound: the person or the thing is unknown, or the payment another person's: all the same.
        StoreConflict: loads change the payment log all the time; nothing is lost, say it again.
    """
    if kind in relays.MUTABLE:
        relays.mute(context, user, kind, thing_id, muted=muted, now=now)
        return
    store = context.store.get()
    person = found_user(store, user)
    wanted, thing = Mutable(kind), _written(store, Mutable(kind), thing_id)
    known = (wanted, thing) in {(mute.kind, mute.thing) for mute in store.payment_mutes([person.index])}
    if not known and not _exists(context.log, store, person, wanted, thing_id):
        raise NotFound(UNKNOWN_THING)
    if _decided(context, person, wanted, thing, muted=muted, now=now) and muted:
        forget_lists(context.versions.registry, user)  # else they would be given while the store is down


def mutes(context: Context, user: str) -> dict[str, list[str]]:
    """Everything that a person muted, by kind; payments by the first 16 digits of the MD5 of their id.

    Raises:
        NotFound: the person is unknown.
    """
    store = context.store.get()
    listed = {kind.value: list[str]() for kind in Mutable}
    for one in store.payment_mutes([found_user(store, user).index]):
        listed[one.kind.value].append(name_of(store, one))
    return relays.mutes(context, user) | {kind: sorted(names) for kind, names in listed.items()}


def name_of(store: GraphStore, one: PaymentMute) -> str:
    """What a mute is called outside."""
    return store.ids("Merchant", [int(one.thing)])[0] if one.kind is Mutable.MERCHANTS else one.thing


def paid_by(log: PaymentLog, store: GraphStore, person: int) -> Rows:
    """All payments of one person, of the log and of the inbox, those behind the wall too."""
    from graph.segments import rows_of_user  # Parquet: 50 MB that most workers never need

    return joined(rows_of_user(log, person), store.inbox_of(person))


def _decided(context: Context, person: User, kind: Mutable, thing: str, *, muted: bool, now: int) -> bool:
    """Write it down, and set the person's edges from all that the log has; whether anything changed.

    A load that came to an end in between knew nothing of it, so that it is looked at once more.
    """
    from graph.segments import rows_of_user

    store, changed = context.store.get(), False
    write = store.mute_payments if muted else store.unmute_payments
    for _ in range(_TRIES):
        before = context.log.manifest()
        changed |= write(person.index, kind, thing, now, rows_of_user(context.log, person.index))
        if context.log.manifest() == before:
            return changed
    raise StoreConflict("payments are being loaded; try again")


def _written(store: GraphStore, kind: Mutable, thing_id: str) -> str:
    """How the store writes a thing."""
    if kind is Mutable.MERCHANTS:
        return str(int(store.indices("Merchant", [thing_id])[0]))
    return f"{payment_hash(thing_id):016x}" if kind is Mutable.PAYMENTS else thing_id


def _exists(log: PaymentLog, store: GraphStore, person: User, kind: Mutable, thing_id: str) -> bool:
    """Whether everybody may know of the thing, or the person paid there."""
    if kind is Mutable.MERCHANTS:
        index = int(store.indices("Merchant", [thing_id])[0])
        paid = paid_by(log, store, person.index)["merchant"]
        return index >= 0 and (is_public(store, thing_id) or bool((paid == index).any()))
    if kind is Mutable.CATEGORIES:
        return store.has_category(thing_id)
    if kind is Mutable.SCENES:
        return thing_id in SCENES
    return bool((paid_by(log, store, person.index)["payment"] == payment_hash(thing_id)).any())
