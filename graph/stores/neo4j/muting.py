"""What people muted, looked up within a transaction of the Neo4j store."""

from collections.abc import Sequence

from graph.policy.payment_mutes import PaymentMutes
from graph.stores.columns import plain
from graph.stores.inbox_rows import inbox_rows
from graph.stores.neo4j.transaction import Transaction
from graph.stores.payment_mutes import PaymentMute, Rows, by_person, mute_of


def mutes_in(tx: Transaction, users: Sequence[int]) -> dict[int, PaymentMutes]:
    """What each of these people muted; those who muted nothing are not in it."""
    return by_person(mute_list(tx, users))


def mute_list(tx: Transaction, users: Sequence[int]) -> list[PaymentMute]:
    return [mute_of(row) for row in tx.run("payment_mutes_of", users=sorted(set(users)))]


def categories_in(tx: Transaction, label: str, indices: Sequence[int]) -> dict[int, str | None]:
    found = tx.one("categories_of", label=label, indices=plain(indices))
    return dict(found)


def inbox_of(tx: Transaction, user: int) -> Rows:
    """Payments of one person in the inbox, moved or not."""
    return inbox_rows(tx.run("inbox_of", user=user))
