"""`circles evaluate SOURCE --task circles`."""

import json
from pathlib import Path
from typing import Any

import click

from api.commands.common import Parts, answer, moment, progress_bars, set_threads, show_table


@click.command(
    epilog="""\b
Examples:
  circles evaluate ../shared/data/weeplaces --task circles
  circles evaluate completejourney --task circles --cut 2017-09-01 --lists lists.parquet
"""
)
@click.argument("source")
@click.option("--task", type=click.Choice(["circles"]), required=True, help="What to predict.")
@click.option(
    "--cut", metavar="DATE", help="Train before DATE, score after; without it SOURCE/test has the answers."
)
@click.option("--methods", metavar="NAME,..", help="Only these; all when absent.")
@click.option("--budget", type=click.FloatRange(min=1), metavar="SECONDS", help="Time for the GNN.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option(
    "--map", "mapping", type=click.Path(path_type=Path), help="TOML file that names a stranger's columns."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the figures as JSON; - prints them.",
)
@click.option(
    "--lists", type=click.Path(path_type=Path), metavar="FILE", help="Write our answers as Parquet."
)
def command(
    source: str,
    task: str,
    cut: str | None,
    methods: str | None,
    budget: float | None,
    seed: int,
    device: str,
    mapping: Path | None,
    json_file: Path | None,
    lists: Path | None,
) -> None:
    """Score our method beside its rivals: full ranking, what the training part knows masked.

    SOURCE is an interchange folder or `completejourney`. No store and no service is needed.
    """
    from embeddings.evaluate import METHODS, evaluate
    from graph.cut import build
    from loaders.interchange import read_answers, read_tables

    parts = Parts.from_environment()
    set_threads(parts.settings)
    before = moment(cut) if cut else None
    tables = read_tables(source, mapping=mapping, policy=parts.policy, cut=before)
    answers = read_answers(source, mapping=mapping, policy=parts.policy, cut=before)
    snapshot = build(tables, as_of=before or _newest(tables), policy=parts.policy)
    with progress_bars() as bars:
        value = evaluate(
            snapshot,
            answers,
            methods=methods.split(",") if methods else METHODS,
            seed=seed,
            budget_s=budget,
            device=device,
            lists=lists,
            progress=bars,
        )
    value = {"task": task, "folder": source, "seed": seed, **value}
    if json_file and str(json_file) != "-":
        json_file.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    answer(value, str(json_file) == "-", lambda: show_figures(value))


def _newest(tables: Any) -> int:
    return max(
        (
            int(edges["last_at"].max())
            for edges in (tables.paid, tables.bought)
            if len(edges.get("last_at", ()))
        ),
        default=0,
    )


def show_figures(value: dict[str, Any]) -> None:
    """One row a method, for people."""
    rows = [
        {
            "method": m["name"],
            **m["metrics"],
            "fit CPU s": m["fit_cpu_seconds"],
            "peak MiB": m["peak_memory_mib"],
        }
        for m in value["methods"]
    ]
    show_table(rows, f"{value['folder']}: {value['task']}, seed {value['seed']}")
