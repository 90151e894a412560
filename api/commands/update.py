"""`circles update`"""

from dataclasses import asdict
from typing import Any

import click

from api.commands.common import Parts, answer, as_json, progress_bars, say, set_threads, show_table
from api.commands.snapshot import cut_now, settle_inbox
from graph import snapshot as snapshots

STALE_DAYS = 30.0


@click.command()
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1, max_open=True),
    help="How far a row of the model may be from the new one, as a part of its length, and still be served; "
    "0.05 when absent, 0 for not at all.",
)
@click.option("--whole", is_flag=True, help="Add everybody up and make all lists, with the same parameters.")
@as_json
def command(tolerance: float | None, whole: bool, json_: bool) -> None:
    """Bring the served version up to what was paid, joined and decided since, without training.

    For a timer at night, after `circles load` of the day: exponents, weights and trained vectors stay, sums
    over people and the lists of those whom the day concerns are made anew, and a version is published. Links
    are suggested once a week, from a training; run `circles train` then.
    """
    parts = Parts.from_environment()
    set_threads(parts.settings)
    value = update(parts, tolerance=tolerance, whole=whole)
    answer(value, json_, lambda: _show(value))


def update(parts: Parts, *, tolerance: float | None = None, whole: bool = False) -> dict[str, Any]:
    """Cut a snapshot and bring the served version to it; what `embeddings.update.update.Updated` says."""
    from embeddings.update.update import TOLERANCE
    from embeddings.update.update import update as update_in

    with parts.home.lock("train"), progress_bars() as bars:  # an erasure waits, or it comes before the cut
        settle_inbox(parts)
        bars("cutting", 0, 1)
        folder = snapshots.save(cut_now(parts.store, parts.home, parts.policy), parts.home.snapshots)
        bars("cutting", 1, 1)
        done = update_in(
            folder,
            parts.home.versions,
            policy=parts.policy,
            store_id=parts.store.meta("store_id"),
            tolerance=TOLERANCE if tolerance is None else tolerance,
            whole=whole,
            progress=bars,
        )
    return asdict(done)


def _show(value: dict[str, Any]) -> None:
    if value["version"] is None:
        say(f"nothing has changed since version {value['base']}; nothing was published")
    else:
        shown = (
            "people_changed",
            "rows_changed",
            "rows_waiting",
            "furthest",
            "lists_made",
            "whole",
            "seconds",
        )
        show_table([{name: value[name] for name in shown}], f"version {value['version']}")
        say(f"published {value['version']}; a running service takes it up by itself")
    if value["parameters_days"] > STALE_DAYS:
        days = f"{value['parameters_days']:.0f}"
        say(f"the parameters were trained on payments up to {days} days ago; run `circles train`")
