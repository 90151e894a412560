"""How good are our lists beside those of every peer? The whole table for every public set with memberships.

    python tests/benchmarks/bench_accuracy.py [FOLDER ...] [--budget SECONDS] [--json FILE] [--markdown FILE]

Each data set is one `circles evaluate`: every method in a process of its own on one thread, peers tuned on a
part of train, the test read once. The bars are ratios of figures of one run. A line with * was stopped by the
budget.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from measure import (
    evaluated,
    evaluation_options,
    folders_with,
    keep,
    markdown_table,
    print_table,
)

BUDGET_S = 120
FOUR = ("item-knn", "als", "bpr", "lightgcn")
# What the figures have to reach, by data set: (what, numerator, denominators, figure, least)
PLAIN = (*FOUR, *(f"{name}-joint" for name in FOUR))
THEMED = tuple(f"{name}-themes" for name in FOUR)
WITH = {"weeplaces": 1.80, "mafengwo": 1.18}
WITHOUT = {"weeplaces": 1.08, "mafengwo": 1.00, "meetup": 1.12}
UNSEEN = {"weeplaces": 0.45}
GOWALLA = {"recall@20": 0.1920, "ndcg@20": 0.1597}
SHOWN = ("recall@20", "ndcg@20", "cold_ndcg@20", "few_shot_ndcg@20", "unseen_hit@20", "coverage@20")


def main() -> None:
    parser = evaluation_options(__doc__.splitlines()[0])
    parser.add_argument("--budget", type=int, default=BUDGET_S, help="seconds for each fit of each method")
    given = parser.parse_args()
    options = ("--task", "circles", "--budget", str(given.budget))
    folders = folders_with(given.folders, "memberships")
    found = {folder.name: evaluated(folder, *options, methods=given.methods)[0] for folder in folders}
    bars = [bar for name, value in found.items() for bar in bars_of(name, figures_of(value))]
    for name, value in found.items():
        print_table(rows_of(value), f"{name}: {value['asked']['users']:,} people asked")
    if bars:
        print_table(bars, "bars")
    keep({"folders": found, "bars": bars}, markdown(found, bars), given)


def figures_of(value: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Method -> figure -> value, costs among them."""
    kept = [method for method in value["methods"] if "metrics" in method]
    costs = ("fit_cpu_seconds", "tune_cpu_seconds")
    return {m["name"]: m["metrics"] | {c: m[c] for c in costs if c in m} for m in kept}


def rows_of(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a method: what counts, with the interval of ndcg@20 and what ours is to it."""
    rows = []
    shown = [f for f in SHOWN if any(f in m.get("metrics", {}) for m in value["methods"])]
    for method in value["methods"]:
        name = method["name"] + (" *" if method.get("hit_budget") else "")
        metrics = method.get("metrics", {})
        against = method.get("against_ours", {}).get("ndcg@20", {})
        low, high = method.get("intervals", {}).get("ndcg@20", (0.0, 0.0))
        row: dict[str, Any] = {"method": name} | {figure: _figure(metrics.get(figure)) for figure in shown}
        row["95 %"] = f"{low:.3f}-{high:.3f}"
        row["ours / it"] = f"{against['ratio']:.2f}" if against.get("ratio") else ""
        row["fit CPU s"] = f"{method['fit_cpu_seconds']:.1f}" if "fit_cpu_seconds" in method else ""
        row["MiB"] = f"{method['peak_memory_mib']:,.0f}" if "peak_memory_mib" in method else ""
        rows.append(row)
    return rows


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def bars_of(name: str, figures: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """What was asked of this data set, what was reached."""
    if "circles" not in figures:
        return []
    bars = []

    def ask(what: str, reached: float | None, least: float | None) -> None:
        if reached is not None:
            kept = "" if least is None else "yes" if reached >= least else "no"
            bar = "-" if least is None else f"{least:.4g}"
            bars.append({"data": name, "bar": what, "asked": bar, "reached": f"{reached:.4g}", "kept": kept})

    ours = figures["circles"]
    bare = figures.get("circles-no-themes", ours)
    rivals = [peer for peer in figures if not peer.startswith("circles")]
    themed = "circles-no-themes" in figures
    if themed:
        ask("warm, with themes / best of the four", _ratio(ours, figures, PLAIN), WITH.get(name))
    ask("warm, without themes / best of the four", _ratio(bare, figures, PLAIN), WITHOUT.get(name))
    ask("warm, with themes / the four with themes", _ratio(ours, figures, THEMED), 1.10)
    ask("warm / best of all peers in any form", _ratio(ours, figures, rivals), None)
    ask("unseen circles, hit@20", ours.get("unseen_hit@20"), UNSEEN.get(name))
    ask("cold / best of all peers in any form", _ratio(ours, figures, rivals, "cold_ndcg@20"), 0.97)
    if "circles-memberships" in figures:
        ask("joint / memberships only", _ratio(bare, figures, ["circles-memberships"]), 1.00)
    if name == "gowalla":
        for figure, least in GOWALLA.items():
            ask(figure, ours[figure], least)
    if "lightgcn" in figures:
        spent = figures["lightgcn"]["fit_cpu_seconds"] - figures["lightgcn"]["tune_cpu_seconds"]
        ask("CPU-s, LightGCN without its tuning / ours", spent / max(ours["fit_cpu_seconds"], 1e-9), None)
        quick = figures.get("circles-quick")
        if quick and quick["ndcg@20"] >= max(figures[n]["ndcg@20"] for n in figures if "lightgcn" in n):
            ratio = spent / max(quick["fit_cpu_seconds"], 1e-9)
            ask("CPU-s, LightGCN without its tuning / circles-quick, which finds more", ratio, 100)
    return bars


def _ratio(
    ours: Mapping[str, float],
    figures: Mapping[str, Mapping[str, float]],
    others: Iterable[str],
    figure: str = "ndcg@20",
) -> float | None:
    theirs = [figures[other][figure] for other in others if figure in figures.get(other, {})]
    return ours[figure] / max(theirs) if theirs and max(theirs) > 0 and figure in ours else None


def markdown(found: Mapping[str, Mapping[str, Any]], bars: list[dict[str, Any]]) -> str:
    """All tables for a README."""
    parts = [f"**{name}**\n\n{markdown_table(rows_of(value))}" for name, value in found.items()]
    return "\n\n".join([*parts, *([f"**Bars**\n\n{markdown_table(bars)}"] if bars else [])]) + "\n"


if __name__ == "__main__":
    main()
