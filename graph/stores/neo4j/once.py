"""What counts once, in the Neo4j store: written in the transaction of what it did."""

from collections.abc import Sequence

from graph.stores.neo4j.transaction import StoreBase, Transaction
from graph.stores.once import KEPT_S, Done, Once, read, written


class OnceNodes(StoreBase):
    """Mixin: `done` of `OnceStore`."""

    def done(self, token: str) -> Done | None:
        return self._read(lambda tx: _find(tx, token))


def first_result(tx: Transaction, once: Once | None) -> tuple[int, ...] | None:
    """What the first write with this token gave back; None where this is the first."""
    found = None if once is None else _find(tx, once.token)
    return None if found is None else found.result


def keep(tx: Transaction, once: Once | None, result: Sequence[int]) -> None:
    """Write down what was done, and forget what is older than a day."""
    if once is not None:
        tx.run("trim_once", before=once.at - KEPT_S)
        tx.run("put_once", token=once.token, said=once.said, result=written(result), at=once.at)


def _find(tx: Transaction, token: str) -> Done | None:
    rows = tx.run("find_once", token=token)
    return read(rows[0] if rows else None)
