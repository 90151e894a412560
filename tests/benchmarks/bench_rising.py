"""Can rising demand be told before it rises? Complete Journey: categories (or products) among makers' fans.

    python tests/benchmarks/bench_rising.py [--labels categories|products] [--makers N] [--served] [--json F]

A maker's fans are the households that bought from it so far. For each period of four weeks, labels are
ordered by what is expected of the share of fans who buy them in the next one, and compared with what came:
how many of the first 5 and 10 grew as the best quarter did, how many by more than a tenth, rank correlation.
Peers: growth in the last period, the same in the whole market, the largest, exponential smoothing. Method and
smoothing were chosen on the first four periods asked (from 22 May); the last four (11 September to
31 December) are reported. Intervals of differences draw makers and periods anew, both at once (Owen 2007).

Also with counts as they may be known: discrete Laplace noise, each person in a few labels a period by lot.
And as the service knows them, in this town and in one a hundred times as large (--served: only that).
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from measure import machine, print_table, report
from rising_served import CAUTION, OF_FANS, Served, described, fans_of, lots, own_counts, pasts, town_of
from rising_year import (
    DAYS,
    FIRST_DAY,
    NUM_PERIODS,
    Bool,
    Float64,
    Int64,
    Year,
    by_lot,
    noise,
    read_year,
)
from scipy.stats import spearmanr

from graph.portraits.rising import Counts, Followed, Trend, follow, trends

CHOSEN_ON, REPORTED = range(5, 9), range(9, 13)  # periods forecast
ALPHAS = (0.1, 0.2, 0.3, 0.5)
METHODS = ("ours", "ours of the market", "growth", "market growth", "largest", "smoothed")
METRICS = ("quarter@5", "quarter@10", "tenth@5", "tenth@10", "spearman")
RESAMPLES = 2_000
NOISY_STEP = 4  # of makers, how many share one that is also measured with noise
ALL = 10_000  # labels of a person: as many as there are


@dataclass(frozen=True)
class Setting:
    """How counts are known. most: labels of a person a period. periods: of a group's own past."""

    name: str
    most: int = ALL
    scale: float = 0.0
    market_scale: float = 0.0
    periods: int = NUM_PERIODS


SETTINGS = (
    Setting("exact"),
    Setting("exact, two periods", periods=2),
    Setting("one label, scale 20", 1, 20.0),
    Setting("one label, scale 40", 1, 40.0),
    Setting("four labels, scale 80", 4, 80.0),
    Setting("one label, scale 40, two periods", 1, 40.0, periods=2),
    Setting("one label, scale 20, one period", 1, 20.0, periods=1),
    Setting("one label, scale .2", 1, 0.2),
    Setting("twelve labels, scale 2.4", 12, 2.4),
    Setting("60 labels, scale 12", 60, 12.0),
    Setting("60 labels, scale 1.2", 60, 1.2),
    Setting("market too: one label, scale 20", 1, 20.0, 20.0),
    Setting("market too: 28 labels, scale 56", 28, 56.0, 56.0),
    Setting("market too: twelve labels, scale 2.4", 12, 2.4, 2.4),
)


SERVED = (Served("as served"), Served("as served, 100 times the households", copies=100))
TRIED = (2, 4, 8, 16, 32)  # categories of a person; chosen by the periods to choose on


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", choices=("categories", "products"), default="categories")
    parser.add_argument("--makers", type=int, help="only so many of them, evenly chosen")
    parser.add_argument("--served", action="store_true", help="only as the service knows counts")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    machine()
    year = read_year(given.labels, given.makers)
    print(f"{len(year.fan_since)} groups, {year.bought.shape} periods, people, labels", file=sys.stderr)
    alpha = best_alpha(year)
    served = as_served(year, alpha)
    for title, rows_ in served.items():
        print_table(rows_, f"{title}: {given.labels}")
    if given.served:
        report(served, given.json)
        return
    exact = measured(year, SETTINGS[0], alpha, [*CHOSEN_ON, *REPORTED])
    rows = {"exact": [row for row in exact if row["period"] in REPORTED]}
    few = Year(year.bought, dict(list(year.fan_since.items())[::NOISY_STEP]))
    for setting in SETTINGS[1:]:
        rows[setting.name] = measured(few, setting, alpha, REPORTED)
    figures = {
        "smoothing": alpha,
        "methods": methods(rows["exact"]),
        "by period": by_period(exact),
        "settings": [summary(name, of) for name, of in rows.items()],
    }
    for title in ("methods", "by period", "settings"):
        print_table(figures[title], f"{title}: {given.labels}")
    bars = [{"bar": f"{row['metric']} above growth", "holds": row["low"] > 0} for row in figures["methods"]]
    print_table(bars, "bars")
    report(figures | served | {"bars": bars}, given.json)
    if not all(bar["holds"] for bar in bars):
        sys.exit("a bar is missed")


def measured(year: Year, setting: Setting, alpha: float, periods: Sequence[int]) -> list[dict[str, Any]]:
    """One row for each group and period that has enough fans and labels."""
    rng = np.random.default_rng(13)
    counted = by_lot(year.bought, setting.most, rng)
    kept = float(counted.sum() / year.bought.sum())
    market, around = market_of(year, setting, counted, kept, rng)
    rows = []
    for name, since in year.fan_since.items():
        values, people = year.known(counted, since)
        values = values + noise(rng, values.shape, setting.scale)
        for period, first, labels, truth in year.asked(since, periods):
            past = slice(max(first, period - setting.periods), period)
            own = Counts(values[past], people[past], setting.scale, kept)
            told = trends(own, around[period])
            scores = peers(values[first:period], people[first:period], market[:period], alpha)
            scores |= {"ours": np.array([t.change for t in told])}
            scores |= {"ours of the market": np.array([t.around for t in told])}
            row: dict[str, Any] = {"group": name, "period": period}
            row |= {method: scored(score[labels], truth) for method, score in scores.items()}
            rows.append(row | held([told[i] for i in labels], truth))
    return rows


def as_served(year: Year, alpha: float) -> dict[str, list[dict[str, Any]]]:
    """Figures of the service's own noise; and those by which the number of categories was chosen."""
    few = Year(year.bought, dict(list(year.fan_since.items())[::NOISY_STEP]))
    tried = [replace(served, most=most, name=f"{served.name}, {most}") for served in SERVED for most in TRIED]
    return {
        "as served": [served_row(few, setting, alpha, REPORTED) for setting in SERVED],
        "chosen": [served_row(few, setting, alpha, CHOSEN_ON) for setting in tried],
    }


def served_row(year: Year, setting: Served, alpha: float, periods: Sequence[int]) -> dict[str, Any]:
    rng = np.random.default_rng(17)
    town = town_of(year, setting.copies, rng)
    known, counted = pasts(town, setting.most, periods, rng), lots(town, 1, rng)
    market, _ = town.known(counted, town.fan_since["market"])
    market = market + noise(rng, market.shape, OF_FANS)
    rows = []
    for name, since in town.fan_since.items():
        values, people = fans_of(town, since, counted, rng)
        for period, first, labels, truth in town.asked(since, periods):
            told = trends(
                own_counts(values, people, period, known[period]), known[period].found, caution=CAUTION
            )
            scores = peers(values[first:period], people[first:period], market[:period], alpha)
            scores |= {"ours": np.array([t.change for t in told])}
            row: dict[str, Any] = {"group": name, "period": period}
            row |= {method: scored(score[labels], truth) for method, score in scores.items()}
            rows.append(row | held([told[i] for i in labels], truth))
    return described(town, setting) | summary(setting.name, rows)


def market_of(
    year: Year, setting: Setting, counted: Bool, kept: float, rng: np.random.Generator
) -> tuple[Int64, dict[int, Followed]]:
    """Buyers of each label among everybody, as they are known, and what follows before each period."""
    everybody = year.fan_since["market"]
    is_exact = setting.market_scale == 0
    values, people = year.known(year.bought if is_exact else counted, everybody)
    values = values + noise(rng, values.shape, setting.market_scale)
    share = 1.0 if is_exact else kept
    return values, {
        p: follow(Counts(values[:p], people[:p], setting.market_scale, share))
        for p in (*CHOSEN_ON, *REPORTED)
    }


def peers(values: Int64, people: Int64, market: Int64, alpha: float) -> dict[str, Float64]:
    """Scores by which others would order labels."""
    shares, everybody = np.maximum(values, 1) / people[:, None], np.maximum(market, 1)
    return {
        "growth": shares[-1] / shares[-2],
        "market growth": everybody[-1] / everybody[-2],
        "largest": shares[-1],
        "smoothed": smoothed(values / people[:, None], alpha) / shares[-1],
    }


def smoothed(shares: Float64, alpha: float) -> Float64:
    found = shares[0]
    for share in shares[1:]:
        found = found + alpha * (share - found)
    return np.asarray(found)


def best_alpha(year: Year) -> float:
    """Smoothing that orders labels best in the periods to choose on."""
    scores: dict[float, list[float]] = {alpha: [] for alpha in ALPHAS}
    for since in year.fan_since.values():
        values, people = year.known(year.bought, since)
        for period, first, labels, truth in year.asked(since, CHOSEN_ON):
            shares = np.maximum(values, 1)[first:period] / people[first:period, None]
            for alpha, found in scores.items():
                score = smoothed(shares, alpha) / shares[-1]
                found.append(scored(score[labels], truth)["quarter@10"])
    return max(scores, key=lambda alpha: float(np.mean(scores[alpha])))


# -- figures ---------------------------------------------------------------------------------------------


def scored(score: Float64, truth: Float64) -> dict[str, float]:
    best = np.argsort(-score, kind="stable")
    hits = {"quarter": truth >= np.quantile(truth, 0.75), "tenth": truth > 0.1}
    found = {f"{name}@{top}": float(hit[best[:top]].mean()) for name, hit in hits.items() for top in (5, 10)}
    return found | {"spearman": float(spearmanr(score, truth).statistic) if np.ptp(score) else 0.0}


def held(told: Sequence[Trend], truth: Float64) -> dict[str, float]:
    """How often the truth lay in the interval, and how many rises were told and came."""
    inside = [trend.low <= value <= trend.high for trend, value in zip(told, truth, strict=True)]
    rose = [value > 0 for trend, value in zip(told, truth, strict=True) if trend.is_likely]
    width = float(np.median([trend.high - trend.low for trend in told]))
    return {"inside": float(np.mean(inside)), "width": width, "told": len(rose), "rose": sum(rose)}


def methods(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each metric of each method, with 95 % intervals of ours less growth and less smoothing."""
    found = []
    for metric in METRICS:
        of = {name: np.array([row[name][metric] for row in rows]) for name in METHODS}
        low, high = interval(rows, of["ours"] - of["growth"])
        row: dict[str, Any] = {"metric": metric} | {n: round(float(v.mean()), 3) for n, v in of.items()}
        row |= {"low": low, "high": high}
        row |= dict(
            zip(
                ("low, smoothed", "high, smoothed"),
                interval(rows, of["ours"] - of["smoothed"]),
                strict=True,
            )
        )
        found.append(row)
    return found


def interval(rows: Sequence[dict[str, Any]], difference: Float64) -> tuple[float, float]:
    """95 % of the mean, makers and periods drawn anew."""
    rng = np.random.default_rng(7)
    makers, periods = (
        np.unique([row[of] for row in rows], return_inverse=True)[1] for of in ("group", "period")
    )
    means = []
    for _ in range(RESAMPLES):
        weight = _drawn(rng, makers) * _drawn(rng, periods)
        means.append(float(weight @ difference / max(1.0, weight.sum())))
    low, high = np.quantile(means, [0.025, 0.975])
    return round(float(low), 3), round(float(high), 3)


def _drawn(rng: np.random.Generator, of: Int64) -> Float64:
    number = int(of.max()) + 1
    return np.asarray(rng.multinomial(number, np.full(number, 1.0 / number))[of], dtype=np.float64)


def by_period(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for period in sorted({row["period"] for row in rows}):
        of = [row for row in rows if row["period"] == period]
        begin = FIRST_DAY + period * DAYS
        mean = {
            f"{name}, {metric}": round(float(np.mean([row[name][metric] for row in of])), 3)
            for metric in ("quarter@10", "spearman")
            for name in ("ours", "growth", "smoothed")
        }
        found.append({"from": str(begin), "groups": len(of)} | mean | _held(of))
    return found


def summary(name: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    mean = {
        f"{method}, {metric}": round(float(np.mean([row[method][metric] for row in rows])), 3)
        for metric in ("quarter@10", "tenth@10", "spearman")
        for method in ("ours", "growth", "smoothed")
    }
    low, high = interval(
        rows, np.array([row["ours"]["quarter@10"] - row["growth"]["quarter@10"] for row in rows])
    )
    return {"counts": name, "groups": len(rows)} | mean | {"low": low, "high": high} | _held(rows)


def _held(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    told, rose = (sum(row[name] for row in rows) for name in ("told", "rose"))
    return {
        "inside 90 %": round(float(np.mean([row["inside"] for row in rows])), 3),
        "width": round(float(np.mean([row["width"] for row in rows])), 2),
        "told a group": round(told / len(rows), 2),
        "of them rose": round(rose / max(1, told), 3),
    }


if __name__ == "__main__":
    main()
