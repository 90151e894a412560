"""What counts once, in the embedded store: written in the transaction of what it did."""

from collections.abc import Sequence

from graph.stores.once import KEPT_S, Done, Once, read, written
from graph.stores.sqlite.transaction import StoreBase, Transaction


class OnceRows(StoreBase):
    """Mixin: `done` of `OnceStore`."""

    def done(self, token: str) -> Done | None:
        with self._reading() as tx:
            return read(tx.run("find_once", (token,)).fetchone())


def first_result(tx: Transaction, once: Once | None) -> tuple[int, ...] | None:
    """What the first write with this token gave back; None where this is the first."""
    if once is None:
        return None
    found = read(tx.run("find_once", (once.token,)).fetchone())
    return None if found is None else found.result


def keep(tx: Transaction, once: Once | None, result: Sequence[int]) -> None:
    """Write down what was done, and forget what is older than a day."""
    if once is not None:
        tx.run("trim_once", (once.at - KEPT_S,))
        tx.run("put_once", (once.token, once.said, written(result), once.at))
