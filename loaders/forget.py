"""The payment log's part of erasing a person."""

from graph.home import Home
from graph.log import PaymentLog
from graph.stores.base import GraphStore
from loaders.recovery import leave_touched


def forget_payments(home: Home, store: GraphStore, user_index: int) -> int:
    """Remove every row of a user from the payment log, durably; returns how many there were.

    What a load that was killed left goes too, and the user is no longer among those whose edges wait.

    Call it before the user leaves the store: should it be interrupted, the store still knows the index.

    Raises:
        StoreConflict: a load is running; try again later.
        StoreMismatch: the log was written with another store.
    """
    with home.lock("load"):
        payments = PaymentLog(home.log)
        payments.belongs_to(store)
        payments.clean()
        leave_touched(payments, int(user_index))
        return payments.forget(int(user_index))
