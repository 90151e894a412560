"""`circles feedback report`"""

from typing import Any

import click

from api.commands.common import Parts, answer, as_json, moment, now, say, show_table
from graph.policy.feedback import DAY_S

DEFAULT_DAYS = 28


@click.group(help="What lists do to what people join, and what other lists would earn.")
def command() -> None:
    pass


@command.command(
    epilog="""\b
Needs exposure events (POST /v1/events) that name the rec_id of their list. To judge a version by them:
  circles feedback report --version 20261126T125616.400541Z-108cc8
"""
)
@click.option("--since", metavar="DATE", help=f"From this moment on; {DEFAULT_DAYS} days ago when absent.")
@click.option("--version", "versions", multiple=True, metavar="VERSION", help="Judge its lists too.")
@as_json
def report(since: str | None, versions: tuple[str, ...], json_: bool) -> None:
    """Tell how even showings are, how many joinings they induced, and what other lists would earn.

    Gini and coverage are over all circles that may be shown. Estimates are from places that are drawn by lot
    (see [feedback] in policy.toml), self-normalised and doubly robust, with an interval over people; one with
    an effective sample size below 100 is refused. Only people who grant `circles` are in any figure.
    """
    from api.receipts import Receipts
    from api.service_db import ServiceDb
    from api.services import feedback
    from api.services.propensities import Propensities
    from embeddings.registry import Registry

    parts = Parts.from_environment()
    registry = Registry(parts.home.versions)
    nodes = parts.store.nodes("Circle")
    circle_ids = dict(zip(nodes["index"], nodes["id"], strict=True))
    value = feedback.report(
        parts.store,
        Propensities(Receipts(ServiceDb(parts.home.service_db)), circle_ids),
        parts.policy,
        since=moment(since) if since else now() - DEFAULT_DAYS * int(DAY_S),
        now=now(),
        versions=[registry.open(name) for name in versions],
    )
    answer(value, json_, lambda: show_report(value))


def show_report(value: dict[str, Any]) -> None:
    """A report for people."""
    if "refused" in value:
        return say(f"nothing to report: {value['refused']}")
    figures = {name: number for name, number in value.items() if name not in ("estimates", "joinings")}
    figures["joinings"] = value["joinings"].get("v", "too few to tell")
    rows = [{"what": name, "value": str(number)} for name, number in figures.items()]
    show_table(rows, "showings and joinings")
    show_table([_row(found) for found in value["estimates"]], "what a showing earns")


def _row(found: dict[str, Any]) -> dict[str, Any]:
    interval = found["interval"]
    return {
        "lists": found["lists"],
        "reward": found["reward"],
        "showings": found["showings"],
        "effective": found["effective_size"],
        "snips": found["snips"],
        "95 %": f"{interval[0]:.4f} - {interval[1]:.4f}" if interval else "",
        "doubly robust": found["doubly_robust"],
        "": found["refused"] or "",
    }
