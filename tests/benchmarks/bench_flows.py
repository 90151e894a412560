"""Can the flow between category circles be told before it happens? Complete Journey, period by period.

    python tests/benchmarks/bench_flows.py [--days 28] [--periods 3] [--resamples 200] [--json FILE]

A flow from a to b is the households that buy in category b for the first time in a period, after buying in a
in the period before. Each of the last periods is forecast from what was before, with rules chosen on
the periods before that. Rank correlation (Spearman) over all pairs of categories, ours against "same as
last period" and "mean of all periods so far"; 95 % intervals of the difference by resampling households,
and by resampling pairs.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measure import PROJECT, machine, print_table, report

from embeddings.flows.history import Float64, FlowHistory
from embeddings.flows.predict import FlowRules, chosen, forecast, rank_correlation
from graph.policy.values import read_policy
from loaders.completejourney import tables

PEERS = ("last period", "mean so far")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=28, help="length of a period")
    parser.add_argument("--periods", type=int, default=3, help="how many of the last ones are forecast")
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    machine()
    history, num_visits = visits(given.days)
    print(f"{num_visits:,} visits, {history.active.shape} periods, households, categories", file=sys.stderr)
    first = history.num_periods - given.periods
    rows = [measured(history, period, given.resamples) for period in range(first, history.num_periods)]
    print_table(rows, f"flows between {history.active.shape[2]} categories, periods of {given.days} days")
    bars = [
        {"bar": f"above {peer}", "holds": all(row[f"low over {peer}"] > 0 for row in rows)} for peer in PEERS
    ]
    print_table(bars, "bars, in each period")
    report({"periods": rows, "bars": bars}, given.json)
    if not all(bar["holds"] for bar in bars):
        sys.exit("a bar is missed")


def visits(days: int) -> tuple[FlowHistory, int]:
    """Who bought in which category circle when; the last period ends with the data."""
    made = {table.table: table.make() for table in tables(read_policy(PROJECT / "policy.toml")) if table.make}
    themes = made["themes"].to_pylist()
    place = {
        name: i for i, name in enumerate(sorted(r["target_id"] for r in themes if r["kind"] == "category"))
    }
    categories = zip(
        made["products"]["product_id"].to_pylist(), made["products"]["category"].to_pylist(), strict=True
    )
    category_of = {product: place.get(category, -1) for product, category in categories}
    payments = made["payments"]
    products, users = (payments[name].combine_chunks() for name in ("product_id", "user_id"))
    row_of = np.array([category_of.get(product, -1) for product in products.dictionary.to_pylist()])
    circle = row_of[products.indices.to_numpy()]
    day = payments["paid_at"].to_numpy().astype("datetime64[D]").astype(np.int64)
    kept = circle >= 0
    people, person = np.unique(users.indices.to_numpy()[kept], return_inverse=True)
    ago = (day.max() - day[kept]) // days
    number = int(ago.max()) if (day.max() - day.min() + 1) % days else int(ago.max()) + 1
    whole = ago < number  # the oldest period may be cut off
    shape = (number, len(people), len(place))
    history = FlowHistory.of(person[whole], circle[kept][whole], number - 1 - ago[whole], shape)
    return history, int(whole.sum())


def measured(history: FlowHistory, period: int, resamples: int) -> dict[str, Any]:
    """Correlations in one period, and how far ours is above the others."""
    rules = chosen(history.until(period))
    actual, predicted = history.flow(period), told(history, period, rules)
    row: dict[str, Any] = {
        "period": period,
        "people": int(actual.sum()),
        "half life": rules.half_life,
        "strength": rules.strength,
        **{name: round(rank_correlation(values, actual), 4) for name, values in predicted.items()},
    }
    by_people = np.array([resampled(history, period, rules, seed) for seed in range(resamples)])
    by_pairs = np.array([pairs(predicted, actual, seed) for seed in range(resamples)])
    for i, peer in enumerate(PEERS):
        row[f"low over {peer}"] = round(float(np.quantile(by_people[:, i], 0.025)), 4)
        row[f"high over {peer}"] = round(float(np.quantile(by_people[:, i], 0.975)), 4)
        row[f"low by pairs over {peer}"] = round(float(np.quantile(by_pairs[:, i], 0.025)), 4)
    return row


def told(history: FlowHistory, period: int, rules: FlowRules) -> dict[str, Float64]:
    """What each method says of a period before it begins."""
    past = [history.flow(earlier) for earlier in range(1, period)]
    return {
        "ours": forecast(history.until(period), rules),
        PEERS[0]: past[-1],
        PEERS[1]: np.mean(past, axis=0),
    }


def resampled(history: FlowHistory, period: int, rules: FlowRules, seed: int) -> list[float]:
    """How far ours is above each peer when other households had been there."""
    number = history.active.shape[1]
    drawn = np.random.default_rng([seed, 7]).multinomial(number, np.full(number, 1.0 / number))
    sample = history.weighted(drawn)
    actual = sample.flow(period)
    found = {name: rank_correlation(values, actual) for name, values in told(sample, period, rules).items()}
    return [found["ours"] - found[peer] for peer in PEERS]


def pairs(predicted: dict[str, Float64], actual: Float64, seed: int) -> list[float]:
    """How far ours is above each peer when categories are drawn, each with all its pairs."""
    drawn = np.random.default_rng([seed, 8]).integers(0, len(actual), len(actual))
    places: npt.NDArray[np.int64] = np.unique(drawn)
    inside = np.ix_(places, places)
    found = {name: rank_correlation(values[inside], actual[inside]) for name, values in predicted.items()}
    return [found["ours"] - found[peer] for peer in PEERS]


if __name__ == "__main__":
    main()
