"""`circles evaluate SOURCE --task circles|payments|links|invitations`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from api.commands.common import SEED, Parts, answer, moment, progress_bars, say, set_threads, show_table
from api.commands.evaluate_invitations import Promise, evaluate_invitations, show_invitations
from api.commands.evaluate_links import evaluate_links, show_links
from api.commands.fairness_shown import show_fairness

BUDGET_S = 600.0


@click.command(
    epilog="""\b
Examples:
  circles evaluate ../shared/data/weeplaces --task circles
  circles evaluate completejourney --task circles --cut 2017-09-01 --lists lists.parquet
  circles evaluate ../shared/data/foursquare_nyc --task links --lists links.parquet
  circles evaluate completejourney --task invitations --cut 2017-11-01 --target .7
  circles evaluate completejourney --task payments --cut 2017-11-08 --methods circles,popularity,ease
"""
)
@click.argument("source")
@click.option(
    "--task",
    type=click.Choice(["circles", "payments", "links", "invitations"]),
    required=True,
    help="What to predict: circles to join, product categories somebody has not bought in before, people "
    "who will accept each other, or whether those invited to a category buy in it as was promised.",
)
@click.option(
    "--cut", metavar="DATE", help="Train before DATE, score after; without it SOURCE/test has the answers."
)
@click.option(
    "--target",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.7,
    show_default=True,
    help="Of invitations: share of the invited who fit, to be promised.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="Of invitations: how surely, over all circles at once.",
)
@click.option(
    "--holdout-share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.4,
    show_default=True,
    help="Of invitations without --cut: visits of each person held out at random.",
)
@click.option(
    "--campaigns/--no-campaigns",
    default=True,
    show_default=True,
    help="Of invitations and `completejourney`: also whom the real campaigns invited and who accepted.",
)
@click.option("--methods", metavar="NAME,..", help="Only these; all that the data allow when absent.")
@click.option(
    "--budget",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    default=BUDGET_S,
    show_default=True,
    help="Time for each fit; a method that needs more stops there and is marked.",
)
@click.option("--seed", type=SEED, default=0, show_default=True)
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
    "--fairness", is_flag=True, help="Of circles: also what people get by how active they are, and by city."
)
@click.option(
    "--lists", type=click.Path(path_type=Path), metavar="FILE", help="Write our answers as Parquet."
)
def command(
    source: str,
    task: str,
    cut: str | None,
    target: float,
    confidence: float,
    holdout_share: float,
    campaigns: bool,
    methods: str | None,
    budget: float,
    seed: int,
    device: str,
    mapping: Path | None,
    json_file: Path | None,
    fairness: bool,
    lists: Path | None,
) -> None:
    """Score our method beside its rivals: full ranking, what the training part knows masked.

    SOURCE is an interchange folder or `completejourney`. No store and no service is needed. Every peer is
    tuned on a part of train, in up to three forms: memberships only, with behaviour (-joint), with themes
    too (-themes).
    """
    parts = Parts.from_environment()
    set_threads(parts.settings)
    names = tuple(methods.split(",")) if methods else None
    if task == "links":
        show, value = show_links, evaluate_links(parts, source, cut, names, seed, mapping, lists)
    elif task == "invitations":
        promise = Promise(target, confidence, holdout_share, campaigns)
        value = evaluate_invitations(parts, source, cut, names, seed, mapping, lists, promise)
        show = show_invitations
    else:
        value = _evaluate_lists(
            parts, source, task, cut, names, budget, seed, device, mapping, lists, fairness=fairness
        )
        show = show_figures
    _keep(value, json_file)
    answer(value, str(json_file) == "-", lambda: show(value))


def _evaluate_lists(
    parts: Parts,
    source: str,
    task: str,
    cut: str | None,
    methods: tuple[str, ...] | None,
    budget: float,
    seed: int,
    device: str,
    mapping: Path | None,
    lists: Path | None,
    *,
    fairness: bool,
) -> dict[str, Any]:
    """Circles to join, or categories to buy in: lists of every method beside what came true."""
    from embeddings.evaluate import evaluate
    from embeddings.evaluation.methods import check
    from embeddings.evaluation.scenarios import SCENARIOS
    from loaders.interchange import read_cities

    if methods:
        check(methods)  # before anything is read
    snapshot, answers = _question(parts, source, task, cut, mapping)
    with progress_bars() as bars:
        value = evaluate(
            snapshot,
            answers,
            methods=methods,
            seed=seed,
            budget_s=budget,
            device=device,
            lists=lists,
            # A category that somebody "lost" is still told by the products they bought in it.
            scenarios=SCENARIOS if task == "circles" else (),
            fairness=fairness,
            cities=read_cities(source, mapping=mapping, policy=parts.policy) if fairness else None,
            progress=bars,
        )
    return {"task": task, "folder": source, "cut": cut, "seed": seed, "budget_seconds": budget, **value}


def _keep(value: Mapping[str, Any], json_file: Path | None) -> None:
    from embeddings.evaluation.answers_file import write_whole

    if json_file and str(json_file) != "-":
        text = json.dumps(value, indent=1) + "\n"
        write_whole(json_file, lambda path: path.write_text(text, encoding="utf-8"))


def _question(
    parts: Parts, source: str, task: str, cut: str | None, mapping: Path | None
) -> tuple[Any, Mapping[str, Any]]:
    """What to learn from, and what is to be found."""
    from embeddings.evaluation.categories import as_circles, new_categories
    from graph.cut import build
    from graph.errors import InputError
    from loaders.interchange import read_answers, read_tables

    before = moment(cut) if cut else None
    tables = read_tables(source, mapping=mapping, policy=parts.policy, cut=before)
    snapshot = build(tables, as_of=before or newest(tables), policy=parts.policy)
    if task == "circles":
        return snapshot, read_answers(source, mapping=mapping, policy=parts.policy, cut=before)
    if before is None:
        raise InputError("--task payments scores what is bought after a moment; name it with --cut DATE")
    everything = read_tables(source, mapping=mapping, policy=parts.policy, cut=None)
    whole = build(everything, as_of=newest(everything), policy=parts.policy)
    return as_circles(snapshot), new_categories(snapshot, whole)


def newest(tables: Any) -> int:
    """Epoch seconds of the newest edge, 0 without any."""
    return max(
        (
            int(edges["last_at"].max())
            for edges in (tables.paid, tables.bought)
            if len(edges.get("last_at", ()))
        ),
        default=0,
    )


def show_figures(value: Mapping[str, Any]) -> None:
    """Tables for people: how good, our parts alone, and what it takes."""
    asked, found = value["asked"], [m for m in value["methods"] if "problem" not in m]
    measured, parts = ([m for m in found if (":" in m["name"]) is part] for part in (False, True))
    when = f", cut {value['cut']}" if value.get("cut") else ""
    title = f"{value['folder']}: {value['task']}{when}, {asked['users']:,} people asked, seed {value['seed']}"
    compared = any("against_ours" in method for method in measured)
    show_table([_accuracy(m, compared) for m in measured], title)
    if parts:
        show_table([_part(m) for m in parts], "parts of circles, each alone")
    show_table([_about(m) for m in measured], "what is shown, and what it takes")
    for method in measured:
        if "fairness" in method:
            show_fairness(method["fairness"], f"what people get of {method['name']}, beside everybody")
    for line in _remarks(value):
        say(line)


def _accuracy(method: Mapping[str, Any], compared: bool) -> dict[str, Any]:
    metrics, against = method["metrics"], method.get("against_ours", {}).get("ndcg@20", {})
    low, high = method["intervals"]["ndcg@20"]
    return {
        "method": _marked(method),
        "recall@20": metrics["recall@20"],
        "ndcg@20": metrics["ndcg@20"],
        "95 %": f"{low:.4f} - {high:.4f}",
        **(_against(against) if compared else {}),
        "cold ndcg@20": metrics.get("cold_ndcg@20"),
        "3 payments": metrics.get("few_shot_ndcg@20"),
        "unseen hit@20": metrics.get("unseen_hit@20"),
    }


def _against(found: Mapping[str, Any]) -> dict[str, Any]:
    difference = " to ".join(f"{end:+.4f}" for end in found["interval"]) if found else ""
    return {"ours / it": found.get("ratio"), "ours - it, 95 %": difference}


def _part(method: Mapping[str, Any]) -> dict[str, Any]:
    metrics, (low, high) = method["metrics"], method["intervals"]["ndcg@20"]
    return {
        "part": method["name"].partition(":")[2],
        "recall@20": metrics["recall@20"],
        "ndcg@20": metrics["ndcg@20"],
        "95 %": f"{low:.4f} - {high:.4f}",
        "unseen hit@20": metrics.get("unseen_hit@20"),
    }


def _about(method: Mapping[str, Any]) -> dict[str, Any]:
    names = ("recall@10", "ndcg@10", "hit@20", "coverage@20", "novelty@20", "popularity_lift@20")
    costs = {
        "fit CPU s": method["fit_cpu_seconds"],
        "of it tuning": method["tune_cpu_seconds"] or None,
        "wall s": method["fit_seconds"],
        "peak MiB": method["peak_memory_mib"],
    }
    shown = {name.replace("popularity_lift@20", "pop. lift"): method["metrics"][name] for name in names}
    return {"method": _marked(method), **shown, **costs}


def _marked(method: Mapping[str, Any]) -> str:
    return f"{method['name']} *" if method.get("hit_budget") else str(method["name"])


def _remarks(value: Mapping[str, Any]) -> list[str]:
    asked, methods = value["asked"], value["methods"]
    out = [f"{m['name']}: not measured: {m['problem']}" for m in methods if "problem" in m]
    if any(m.get("hit_budget") for m in methods):
        out.append(f"* stopped by the budget of {value['budget_seconds']:g} s; it may do better with more")
    if asked["users_not_in_train"] or asked["circles_not_in_train"]:
        out.append(
            f"only in the test: {asked['users_not_in_train']:,} people and {asked['circles_not_in_train']:,} "
            "circles; they count as not found"
        )
    if "cold" in asked:
        out.append(
            f"cold: {asked['cold']:,} people who lost their memberships; "
            f"3 payments: {asked.get('few-shot', 0):,} of them, with no more than that"
        )
    return out
