"""`circles train`"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import numpy.typing as npt

from api.commands.common import SEED, Parts, answer, as_json, progress_bars, say, set_threads, show_table
from api.commands.models import ndcg_of
from api.commands.snapshot import cut_now, feedback_of, feedback_option, settle_inbox
from api.services.link_weeks import refused_of
from graph import snapshot as snapshots
from graph.links.candidates import LinkCandidates
from graph.schema import Purpose
from graph.snapshot import Snapshot

if TYPE_CHECKING:
    from embeddings.warm import Start


@click.command()
@click.option(
    "--snapshot", "snapshot_id", metavar="ID", help="Train on this snapshot; a new one is cut when absent."
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint of an interrupted training.")
@click.option(
    "--warm", is_flag=True, help="Let the GNN's last run begin where that of the served version ended."
)
@click.option("--seed", type=SEED, default=0, show_default=True, help="Same seed, same version.")
@click.option(
    "--budget", type=click.FloatRange(min=1), metavar="SECONDS", help="Stop training the GNN after this time."
)
@click.option(
    "--no-gnn", is_flag=True, help="Graph filters, themes and popularity only: seconds, and no torch."
)
@click.option(
    "--quick",
    is_flag=True,
    help="Search for nothing: default exponents and weights; the fit takes a second.",
)
@feedback_option
@click.option(
    "--estimate",
    "only_estimate",
    is_flag=True,
    help="Only say what time and memory it will take: does a few steps to find out, publishes nothing.",
)
@as_json
def command(
    snapshot_id: str | None,
    device: str,
    resume: bool,
    warm: bool,
    seed: int,
    budget: float | None,
    no_gnn: bool,
    quick: bool,
    feedback: str,
    only_estimate: bool,
    json_: bool,
) -> None:
    """Train on a snapshot and publish a version, which a running service takes up by itself.

    Weights are chosen on a validation part of the snapshot; the table shows our method beside popularity
    and co-membership neighbours on that part.
    """
    parts = Parts.from_environment()
    set_threads(parts.settings)
    if only_estimate and quick:
        raise click.UsageError("--quick searches for nothing, so there is nothing to foretell; leave one out")
    if feedback != "all" and (snapshot_id or resume or only_estimate):
        raise click.UsageError(
            "--feedback is decided when a snapshot is cut; see `circles snapshot --feedback`"
        )
    if only_estimate:
        value = foretell(
            parts, snapshot_id=snapshot_id, device=device, seed=seed, budget=budget, gnn=not no_gnn
        )
        return answer(value, json_, lambda: show_estimate(value))
    value = train(
        parts,
        snapshot_id=snapshot_id,
        device=device,
        resume=resume,
        warm=warm,
        seed=seed,
        budget=budget,
        gnn=not no_gnn,
        quick=quick,
        feedback=feedback,
    )
    answer(value, json_, lambda: show_version(value))


def train(
    parts: Parts,
    *,
    snapshot_id: str | None = None,
    device: str = "auto",
    resume: bool = False,
    warm: bool = False,
    seed: int = 0,
    budget: float | None = None,
    gnn: bool = True,
    quick: bool = False,
    feedback: str = "all",
) -> dict[str, Any]:
    """Cut or open a snapshot, fit, publish; returns the manifest of the new version."""
    from embeddings.fit import fit
    from embeddings.publish import publish

    with parts.home.lock("train"), progress_bars() as bars:  # an erasure waits, or it comes before the cut
        snapshot = snapshots.load(_snapshot(parts, snapshot_id, resume, feedback))
        fitted = fit(
            snapshot,
            seed=seed,
            device=device,
            budget_s=budget,
            gnn=gnn,
            quick=quick,
            checkpoint_dir=parts.home.checkpoints,
            resume=resume,
            warm=_earlier(parts, snapshot) if warm and gnn and not quick else None,
            min_supporters=parts.policy.min_supporters,
            half_life_days=parts.policy.behaviour_half_life_days,
            progress=bars,
        )
        name = publish(
            fitted,
            snapshot,
            parts.home.versions,
            links=link_candidates(parts, snapshot, seed),
            policy=parts.policy,
            store_id=parts.store.meta("store_id"),
        )
        parts.home.drop_checkpoints()
    from embeddings.registry import Registry

    return dict(Registry(parts.home.versions).open(name).manifest)


def foretell(
    parts: Parts, *, snapshot_id: str | None, device: str, seed: int, budget: float | None, gnn: bool
) -> dict[str, Any]:
    """What `train` with the same arguments will take; see `embeddings/estimate.py`."""
    from embeddings.estimate import estimate

    return estimate(
        snapshots.load(_snapshot(parts, snapshot_id, resume=False)),
        seed=seed,
        device=device,
        budget_s=budget,
        gnn=gnn,
        min_supporters=parts.policy.min_supporters,
        half_life_days=parts.policy.behaviour_half_life_days,
        list_size=parts.policy.list_size,
        min_group_size=parts.policy.min_group_size,
    ).as_dict()


def show_estimate(value: dict[str, Any]) -> None:
    """What a training will take, for people."""
    show_table(value["stages"], "foretold, by stage")
    say(
        f"about {value['seconds']:,.0f} s ({value['cpu_seconds']:,.0f} s of processor time) and "
        f"{value['peak_memory_mib']:,} MiB of memory on {value['device']}; the version, without links, takes "
        f"{value['disk_mib']:,.0f} MiB of disk; nothing was trained"
    )


def link_candidates(parts: Parts, snapshot: Snapshot, seed: int) -> LinkCandidates | None:
    """Who could be linked with whom, among people who agreed to it; None where fewer than two did."""
    if int(snapshot.consents[Purpose.LINKS.value].sum()) < 2:
        return None
    from embeddings.links.build import People, build

    ids = list(snapshot.users)
    known = parts.store.describe("User", ids)
    people = People(
        index=parts.store.indices("User", ids),
        verified=np.array([value is True for value in known["verified"]], dtype=bool),
        adult=np.array([value is True for value in known["adult"]], dtype=bool),
    )
    people = replace(people, verified=people.verified & (people.index >= 0))  # forgotten in the meantime

    def visible(viewer: int, others: Sequence[int]) -> npt.NDArray[np.bool_]:
        return parts.store.visible(viewer, others, Purpose.LINKS.value)

    return build(
        snapshot,
        people,
        values=parts.policy.trust,
        visible=visible,
        refused=refused_of(parts.store),
        min_supporters=parts.policy.min_supporters,
        seed=seed,
    )


def _earlier(parts: Parts, snapshot: Snapshot) -> "Start | None":
    """Where the GNN of the served version ended, if this training may begin there."""
    from embeddings.registry import Registry
    from embeddings.warm import start_at

    start, told = start_at(Registry(parts.home.versions), snapshot, parts.store.meta("store_id"))
    say(told)
    return start


def _snapshot(parts: Parts, snapshot_id: str | None, resume: bool, feedback: str = "all") -> Path:
    if snapshot_id:
        return parts.home.snapshots / snapshot_id
    if resume:
        return snapshots.latest(parts.home.snapshots)
    settle_inbox(parts)
    counting = feedback_of(parts, feedback)
    return snapshots.save(cut_now(parts.store, parts.home, parts.policy, counting), parts.home.snapshots)


def show_version(manifest: dict[str, Any]) -> None:
    """A published version for people."""
    rows = [{"method": name, "ndcg@20": ndcg_of(metric)} for name, metric in manifest["metrics"].items()]
    rows.sort(key=lambda row: -(row["ndcg@20"] or 0.0))
    show_table(rows, f"version {manifest['version']} on its validation part")
    say(f"published {manifest['version']} ({manifest['state']}); a running service takes it up by itself")
