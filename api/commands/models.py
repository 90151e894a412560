"""`circles models list|rollback`."""

from typing import Any

import click

from api.commands.common import Parts, answer, as_json, show_table


@click.group(help="Published versions and which one is served.")
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
        }
        for manifest in manifests
    ]
    answer(manifests, json_, lambda: show_table(rows, "versions"))


def ndcg_of(metric: Any) -> float | None:
    """ndcg@20 of a method in a manifest."""
    return metric.get("ndcg@20") if isinstance(metric, dict) else metric


@command.command(
    help="Serve the version before the current one, or the one named; a running service follows."
)
@click.argument("version", required=False)
def rollback(version: str | None) -> None:
    from embeddings.registry import Registry

    registry = Registry(Parts.from_environment().home.versions)
    if version:
        registry.set_current(version)
    name = version or registry.rollback()
    click.echo(f"{name} is served now")
