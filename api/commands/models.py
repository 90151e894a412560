"""`circles models list|promote|rollback|prune|diff`."""

from typing import TYPE_CHECKING, Any

import click

from api.commands.common import Parts, answer, as_json, now, progress_bars, say, set_threads, show_table
from api.commands.fairness_shown import show_fairness

if TYPE_CHECKING:
    from embeddings.registry import Registry


@click.group(help="Published versions, which one is served, and whether one may be promoted.")
def command() -> None:
    pass


@command.command("list", help="All versions, newest last; * is the one being served.")
@as_json
def list_(json_: bool) -> None:
    from embeddings.registry import Registry

    manifests = Registry(Parts.from_environment().home.versions).list()
    rows = [
        {
            "version": ("* " if manifest["served"] else "  ") + manifest["version"],
            "state": manifest["state"],
            "snapshot": manifest["snapshot_id"],
            "circles": manifest["counts"]["circles"],
            "users": manifest["counts"]["users"],
            "ndcg@20 on validation": ndcg_of(manifest["metrics"].get("circles")),
            "gate": _gate(manifest.get("gate")),
        }
        for manifest in manifests
    ]
    answer(manifests, json_, lambda: show_table(rows, "versions"))


def ndcg_of(metric: Any) -> float | None:
    """ndcg@20 of a method in a manifest."""
    return metric.get("ndcg@20") if isinstance(metric, dict) else metric


def _gate(report: dict[str, Any] | None) -> str:
    return "not asked" if report is None else "passed" if report["passed"] else "refused"


@command.command(
    epilog="""\b
A version is judged on what people joined after its cut. When too few did, train one on an earlier cut:
  circles snapshot --as-of 2026-10-01
  circles train --snapshot ID
  circles models promote VERSION
"""
)
@click.argument("version")
@as_json
def promote(version: str, json_: bool) -> None:
    """Promote VERSION if it passes the gate, and serve it.

    It has to beat popularity, co-membership neighbours, EASE, ALS and FastRP with neighbours on what people
    joined after its cut, with a bootstrap interval above zero; may worsen neither cold users nor coverage nor
    calibration; and may not know anything from after the cut. The report is kept. Exit code 4 when refused.
    """
    from api.audit import Action
    from api.promotion import examine, refusal

    parts = Parts.from_environment()
    parts.note(Action.MODEL_PUT_TO_GATE, version)
    set_threads(parts.settings)
    with progress_bars() as bars:
        report = examine(parts, version, progress=bars)
    answer(report, json_, lambda: show_report(report))
    if not report["passed"]:
        raise refusal(report)
    say(f"{version} is promoted and served now; a running service takes it up by itself")


def show_report(report: dict[str, Any]) -> None:
    """A gate's report for people."""
    if report["rivals"]:
        ours = {"name": "this version", "difference": None, "interval": None, "beaten": None}
        rows = [{name: ours.get(name, report["metrics"].get(name)) for name in report["rivals"][0]}]
        rows += report["rivals"]
        for row in rows:
            interval = row["interval"]
            row["interval"] = " to ".join(f"{end:+.4f}" for end in interval) if interval else ""
            row["beaten"] = {True: "yes", False: "no", None: ""}[row["beaten"]]
        show_table(
            rows, f"{report['version']}: {report['people']:,} people who joined a circle after the cut"
        )
    if report.get("fairness"):
        show_fairness(report["fairness"], "what people get, beside everybody; decides nothing")
    if report["guards"]:
        rows = [guard | {"kept": "yes" if guard["kept"] else "no"} for guard in report["guards"]]
        show_table(rows, f"guards, beside {report['reference']}")


@command.command(
    help="Serve the version before the current one, or the one named; a running service follows."
)
@click.argument("version", required=False)
def rollback(version: str | None) -> None:
    from api.audit import Action
    from embeddings.registry import Registry

    parts = Parts.from_environment()
    registry = Registry(parts.home.versions)
    parts.note(Action.MODEL_ROLLED_BACK, f"to {version or 'the one before'}")
    if version:
        registry.set_current(version)
    name = version or registry.rollback()
    click.echo(f"{name} is served now")


@command.command()
@click.option(
    "--keep", type=click.IntRange(1), default=10, show_default=True, help="The newest so many stay."
)
@click.option(
    "--receipts",
    default="90d",
    show_default=True,
    metavar="SPAN",
    help="So do those that answered since: their receipts can be replayed.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@as_json
def prune(keep: int, receipts: str, dry_run: bool, json_: bool) -> None:
    """Remove old versions.

    The one that is served stays in any case, and so does the one before it. A receipt of a version that is
    removed can still be read, but no longer replayed.
    """
    from api.audit import Action
    from api.commands.keys import span_s
    from embeddings.registry import Registry

    parts = Parts.from_environment()
    registry = Registry(parts.home.versions)
    old = _old(registry, keep, parts.answered_since(now() - span_s(receipts)))
    for name in [] if dry_run else old:
        parts.note(Action.MODEL_REMOVED, name)
        registry.remove(name)
    told = {"removed": old, "kept": [manifest["version"] for manifest in registry.list()]}
    answer(told, json_, lambda: _tell_pruned(told["removed"], dry_run))


def _old(registry: "Registry", keep: int, answered: set[str]) -> list[str]:
    """Names of the versions that nobody needs, oldest first."""
    names = [manifest["version"] for manifest in registry.list()]
    return [name for name in names[:-keep] if name not in answered and not registry.is_pointed_at(name)]


def _tell_pruned(names: list[str], dry_run: bool) -> None:
    for name in names:
        click.echo(name)
    say(f"{len(names)} {'would be removed' if dry_run else 'removed'}")


@command.command("diff", help="How version B differs from version A: data, figures, weights, lists.")
@click.argument("a")
@click.argument("b")
@as_json
def diff_(a: str, b: str, json_: bool) -> None:
    from embeddings.promotion.diff import diff
    from embeddings.registry import Registry

    registry = Registry(Parts.from_environment().home.versions)
    value = diff(registry.open(a), registry.open(b))
    answer(value, json_, lambda: show_diff(value))


def show_diff(value: dict[str, Any]) -> None:
    """Differences for people."""
    rows = [
        {"what": f"{part}: {name}", "before": _text(change["before"]), "after": _text(change["after"])}
        for part in ("about", "counts", "metrics", "weights")
        for name, change in value[part].items()
    ]
    show_table(rows, f"{value['before']} and {value['after']}")
    lists, circles = value["lists"], value["circles"]
    say(f"circles: {circles['only_before']:,} gone, {circles['only_after']:,} new, {circles['both']:,} kept")
    if lists["people"]:
        say(
            f"of the first ten circles {lists['people']:,} people share {lists['shared@10']:.0%}; "
            f"{lists['same_first']:.0%} have the same first one"
        )


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    return "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
