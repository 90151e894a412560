"""`circles snapshot`"""

import click

from api.commands.common import Parts, answer, as_json, moment, now, say, show_table
from graph import snapshot as snapshots
from graph.cut import cut
from graph.errors import StoreConflict
from graph.home import Home
from graph.policy.values import Policy
from graph.snapshot import Snapshot
from graph.stores.base import GraphStore


@click.command()
@click.option("--as-of", metavar="DATE", help="Cut as the graph stood then; now when absent.")
@as_json
def command(as_of: str | None, json_: bool) -> None:
    """Cut immutable arrays from the log and the store: what training reads.

    Only people who granted a purpose are in it, no payment behind the sensitive wall, nothing after DATE.
    """
    parts = Parts.from_environment()
    taken = (
        cut_now(parts.store, parts.home, parts.policy) if as_of is None else cut_then(parts, moment(as_of))
    )
    folder = snapshots.save(taken, parts.home.snapshots)
    value = {"snapshot": folder.name, "as_of": taken.as_of, "policy": taken.policy_id, **taken.counts()}
    rows = [{"what": name, "count": count} for name, count in taken.counts().items()]
    answer(value, json_, lambda: show_table(rows, f"snapshot {folder.name}"))


def settle_inbox(parts: Parts) -> None:
    """Move payments that came over HTTP to the log, so that their edges are exact; not while a load runs."""
    from loaders.inbox import compact

    if not parts.store.stats()["inbox"]:
        return
    try:
        moved = compact(
            parts.home,
            parts.store,
            now=now(),
            memory=parts.settings.memory,
            threads=parts.settings.threads,
        )
        say(f"{moved:,} payments that came over HTTP moved to the log")
    except StoreConflict:
        say("a load is running; payments that came over HTTP stay in the inbox for now")


def cut_now(store: GraphStore, home: Home, policy: Policy) -> Snapshot:
    """The graph as it stands."""
    edges = {kind: store.edges(kind) for kind in ("paid", "bought")}
    return cut(store, edges, as_of=now(), policy=policy)


def cut_then(parts: Parts, as_of: int) -> Snapshot:
    """The graph as it stood; what payments added up to comes from the log and the inbox."""
    from graph.log import PaymentLog

    edges = PaymentLog(parts.home.log).aggregate(until=as_of, extra=parts.store.inbox())
    return cut(parts.store, edges, as_of=as_of, policy=parts.policy)
