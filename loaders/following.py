"""Let earlier payments follow a catalogue that was changed over HTTP, without a load of files."""

from collections.abc import Callable

from graph.home import Home
from graph.log import PaymentLog
from graph.policy.values import Policy
from graph.stores.base import GraphStore
from loaders.inbox import move
from loaders.recovery import bring_labels_up, drop_touched, set_touched, silent


def follow_catalogue(
    home: Home,
    store: GraphStore,
    policy: Policy,
    *,
    begun: Callable[[], object],
    memory: str = "1GB",
    threads: int | None = None,
) -> int:
    """Give every earlier payment the scene and wall of today's catalogue, and set the edges that follow.

    Interrupted, it is done again from the start, or by the next load.

    Args:
        begun: called once nobody else writes the log: a change of the catalogue after that may be missed.

    Returns:
        How many payments changed.

    Raises:
        StoreConflict: a load is running; try again later.
        StoreMismatch: the log was written with another store.
    """
    with home.lock("load"):
        begun()
        payments = PaymentLog(home.log)
        payments.belongs_to(store)
        # What came over HTTP lies in the inbox with the labels of its day: into the log first.
        move(payments, store, memory=memory, threads=threads)
        changed = bring_labels_up(payments, store, policy, told=silent)
        set_touched(payments, store, memory=memory, threads=threads, told=silent)
        drop_touched(payments)
        return changed
