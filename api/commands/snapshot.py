"""`circles snapshot`"""

import click

from api.commands.common import Parts, answer, as_json, moment, now, say, show_table
from graph import snapshot as snapshots
from graph.cut import cut
from graph.errors import StoreConflict
from graph.home import SNAPSHOT, Home
from graph.origins import Feedback
from graph.policy.feedback import Counting
from graph.policy.values import Policy
from graph.snapshot import Snapshot
from graph.stores.base import GraphStore

feedback_option = click.option(
    "--feedback",
    type=click.Choice([counting.value for counting in Counting]),
    default=Counting.ALL.value,
    show_default=True,
    help="Which memberships count: all alike; only those that no list and no invitation led to; or those "
    "that a list led to by the inverse of how likely it showed the circle.",
)


@click.command()
@click.option("--as-of", metavar="DATE", help="Cut as the graph stood then; now when absent.")
@feedback_option
@as_json
def command(as_of: str | None, feedback: str, json_: bool) -> None:
    """Cut immutable arrays from the log and the store: what training reads.

    Only people who granted a purpose are in it, no payment behind the sensitive wall, nothing after DATE.
    """
    parts = Parts.from_environment()
    counting = feedback_of(parts, feedback)
    with parts.home.lock(SNAPSHOT):  # an erasure waits, or it comes before the cut
        taken = (
            cut_now(parts.store, parts.home, parts.policy, counting)
            if as_of is None
            else cut_then(parts, moment(as_of), counting)
        )
        folder = snapshots.save(taken, parts.home.snapshots)
    value = {"snapshot": folder.name, "as_of": taken.as_of, "policy": taken.policy_id, **taken.counts()}
    rows = [{"what": name, "count": count} for name, count in taken.counts().items()]
    answer(value, json_, lambda: show_table(rows, f"snapshot {folder.name}"))


def settle_inbox(parts: Parts) -> None:
    """Move payments that came over HTTP to the log, so that their edges are exact; not while a load runs.

    What was moved a day ago is forgotten by the inbox, also where nothing came since.
    """
    from loaders.inbox import compact, trim

    if not parts.store.stats()["inbox"]:
        trim(parts.store, now=now())
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


def feedback_of(parts: Parts, counting: str) -> Feedback | None:
    """What training counts, with what receipts say of the lists; None where every membership counts alike."""
    if Counting(counting) is Counting.ALL:
        return None
    from api.receipts import Receipts
    from api.service_db import ServiceDb
    from api.services.propensities import Propensities

    circles = parts.store.nodes("Circle")
    circle_ids = dict(zip(circles["index"], circles["id"], strict=True))
    propensities = Propensities(Receipts(ServiceDb(parts.home.service_db)), circle_ids)
    return Feedback(Counting(counting), parts.policy.feedback, propensities.of)


def cut_now(store: GraphStore, home: Home, policy: Policy, feedback: Feedback | None = None) -> Snapshot:
    """The graph as it stands."""
    edges = {kind: store.edges(kind) for kind in ("paid", "bought")}
    return cut(store, edges, as_of=now(), policy=policy, feedback=feedback)


def cut_then(parts: Parts, as_of: int, feedback: Feedback | None = None) -> Snapshot:
    """The graph as it stood; what payments added up to comes from the log and the inbox."""
    from graph.log import PaymentLog
    from graph.muting import Mask

    mask = Mask.of(parts.store)
    edges = PaymentLog(parts.home.log).aggregate(until=as_of, extra=parts.store.inbox(), mask=mask)
    return cut(parts.store, edges, as_of=as_of, policy=parts.policy, feedback=feedback)
