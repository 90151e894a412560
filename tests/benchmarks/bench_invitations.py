"""Are promises about an audience kept? Synthetic circles, real categories, real campaigns.

    python tests/benchmarks/bench_invitations.py [--seeds 0,1,2] [--cut DATE] [--json FILE] [--markdown FILE]

Synthetic: a known curve of fits over scores, recalibrated many times; how often is the true fit of those
above the threshold under the target? Real: `circles evaluate --task invitations` of the demonstration data
by a cut, and of check-ins without time by held-out visits; then whom real campaigns invited and who accepted.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from measure import DATA, evaluated, keep, markdown_table, print_table

from graph.policy.certificates import certify

OURS, ALIKES = "circles", ("look-alike", "look-alike-by-category")
RECALIBRATIONS = 1_000
PEOPLE = 800
TARGET = 0.7
CIRCLE_NUMBER = 6  # circles of one period, each with a curve of its own
METRICS = ("circles_tested", "circles_served", "audience", "pooled_fit", "base_rate")
METRICS += ("circles_below", "circles_significantly_below", "worst_fit")
Curve = Callable[[np.ndarray], np.ndarray]
# P(fit | score) of a uniform score. The last two are not monotone: the very best fit less; the middle does.
CURVES: Mapping[str, Curve] = {
    "square": np.square,
    "steep": lambda s: 1 / (1 + np.exp(-12 * (s - 0.7))),
    "flat": lambda s: 0.55 + 0.2 * s,
    "just under": lambda s: np.full_like(s, TARGET - 1e-3),
    "dip": lambda s: np.where(s > 0.9, 0.85, np.where(s > 0.6, 0.6, 0.8)),
    "hump": lambda s: 0.9 * np.exp(-(((s - 0.75) / 0.25) ** 2)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="0,1,2", help="separated by commas")
    parser.add_argument("--cut", default="2017-11-01", help="of the demonstration data")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--markdown", type=Path, help="write the tables there")
    given = parser.parse_args()
    seeds = given.seeds.split(",")
    synthetic = [recalibrated(delta) for delta in (0.05, 0.10)]
    runs = {
        "completejourney": [journey(given.cut, seed, first=seed == seeds[0]) for seed in seeds],
        "foursquare_saopaulo": [folder("foursquare_saopaulo", seed) for seed in seeds],
    }
    rows = [row for name, each in runs.items() for row in rows_of(name, each)]
    campaigns = runs["completejourney"][0]["campaigns"]
    bars = bars_of(synthetic, runs, campaigns)
    tables = {
        "bars": bars,
        "real circles": rows,
        "real campaigns": campaign_rows(campaigns),
        "synthetic circles": [row for each in synthetic for row in each["curves"]],
    }
    for title, table in tables.items():
        print_table(table, title)
    text = "\n\n".join(f"**{title.capitalize()}**\n\n{markdown_table(t)}" for title, t in tables.items())
    keep({"synthetic": synthetic, "real": runs, "bars": bars}, text + "\n", given)


# -- synthetic ------------------------------------------------------------------------------------------


def recalibrated(delta: float) -> dict[str, Any]:
    """How often a promise is broken: of one circle alone, and of any of several that share the confidence."""
    rng, confidence = np.random.default_rng(20), 1 - delta
    alone = {
        name: [_is_broken(rng, curve, confidence, 1) for _ in range(RECALIBRATIONS)]
        for name, curve in CURVES.items()
    }
    shared = [
        any(_is_broken(rng, curve, confidence, CIRCLE_NUMBER) is True for curve in CURVES.values())
        for _ in range(RECALIBRATIONS)
    ]
    most = delta + 2 * (delta * (1 - delta) / RECALIBRATIONS) ** 0.5
    curves = [_curve_row(name, delta, broken) for name, broken in alone.items()]
    told = {"promised": "", "broken": f"{np.mean(shared):.3f}"}
    curves.append({"curve": "any of the six, shared", "delta": delta} | told)
    worst = max(float(np.mean([b is True for b in broken])) for broken in alone.values())
    return {"delta": delta, "most": most, "worst": worst, "any": float(np.mean(shared)), "curves": curves}


def _is_broken(rng: np.random.Generator, curve: Curve, confidence: float, circles: int) -> bool | None:
    """Whether a promise was made that is not true; None without a promise."""
    scores = rng.random(PEOPLE)
    fits = rng.random(PEOPLE) < curve(scores)
    found = certify(scores, fits, target=TARGET, confidence=confidence, circles_tested=circles)
    return None if found is None else bool(true_fit(curve, found.threshold) < TARGET)


def true_fit(curve: Curve, threshold: float) -> float:
    """Fit of everybody at or above the threshold, by the midpoints of ten thousand intervals."""
    steps = threshold + (1 - threshold) * (np.arange(10_000) + 0.5) / 10_000
    return float(curve(steps).mean())


def _curve_row(name: str, delta: float, broken: Sequence[bool | None]) -> dict[str, Any]:
    made = np.mean([b is not None for b in broken])
    false = np.mean([b is True for b in broken])
    return {"curve": name, "delta": delta, "promised": f"{made:.3f}", "broken": f"{false:.3f}"}


# -- real -----------------------------------------------------------------------------------------------


def journey(cut: str, seed: str, *, first: bool) -> dict[str, Any]:
    """The demonstration data by a cut; real campaigns once, since they do not depend on it."""
    options = ["--cut", cut, "--campaigns" if first else "--no-campaigns"]
    return _evaluated(Path("completejourney"), seed, *options)


def folder(name: str, seed: str) -> dict[str, Any]:
    """A public set by held-out visits."""
    return _evaluated(DATA / name, seed, "--holdout-share", "0.4")


def _evaluated(source: Path, seed: str, *options: str) -> dict[str, Any]:
    value, used = evaluated(source, "--task", "invitations", "--seed", seed, *options)
    return value | {"cpu_s": used.cpu_s, "peak_mib": used.peak_mib}


def figures_of(run: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(method["metrics"] for method in run["methods"] if method["name"] == name)


def rows_of(name: str, runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row a method: the figures of all seeds side by side."""
    return [
        {"data": name, "method": method["name"]}
        | {m: _each([figures_of(run, method["name"])[m] for run in runs]) for m in METRICS}
        for method in runs[0]["methods"]
    ]


def _text(value: Any) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else f"{value:,}"


def campaign_rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a method: how it orders the invited of real campaigns, and how far ours is ahead."""
    return [
        {"method": method["name"], **method["metrics"]}
        | {
            f"ours - it, by {unit}": " to ".join(
                f"{end:+.3f}" for end in method.get("against_ours", {}).get(f"interval_{unit}", ())
            )
            for unit in ("households", "campaigns")
        }
        for method in found["methods"]
    ]


# -- bars -----------------------------------------------------------------------------------------------


def bars_of(
    synthetic: Sequence[Mapping[str, Any]],
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    campaigns: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """What was asked, what was reached."""
    bars = []
    for each in synthetic:
        what = f"broken promises at delta {each['delta']:.2f}: worst curve, any of six"
        worst = max(each["worst"], each["any"])
        told = f"{each['worst']:.3f}, {each['any']:.3f}"
        bars.append(_bar(what, f"<= {each['most']:.3f}", told, worst <= each["most"]))
    for name, of_seeds in runs.items():
        ours = [figures_of(run, OURS) for run in of_seeds]
        low = [figures["circles_significantly_below"] for figures in ours]
        bars.append(_bar(f"{name}: circles significantly below", "0 in each seed", _each(low), not any(low)))
        if name == "completejourney":
            shares = [figures["circles_served"] / figures["circles_tested"] for figures in ours]
            bars.append(_bar(f"{name}: share of circles served", ">= .1", _each(shares), min(shares) >= 0.1))
        for alike in ALIKES:
            fits = [(figures_of(run, OURS), figures_of(run, alike)) for run in of_seeds]
            ratios = [one["pooled_fit"] / other["pooled_fit"] for one, other in fits]
            what = f"{name}: pooled fit / {alike} of equal size"
            bars.append(_bar(what, ">= 1.2", _each(ratios), min(ratios) >= 1.2))
    for method in campaigns["methods"][1:]:
        against = method["against_ours"]
        low_ends = [against[f"interval_{unit}"][0] for unit in ("households", "campaigns")]
        told = f"{against['difference']:+.3f}, from {min(low_ends):+.3f}"
        bars.append(_bar(f"campaigns: AUC of ours - {method['name']}", "> 0", told, min(low_ends) > 0))
    return bars


def _each(values: Sequence[float]) -> str:
    return " / ".join(_text(value) for value in values)


def _bar(what: str, asked: str, reached: str, kept: bool) -> dict[str, Any]:
    return {"bar": what, "asked": asked, "reached": reached, "kept": "yes" if kept else "no"}


if __name__ == "__main__":
    main()
