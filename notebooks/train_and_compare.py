# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Train and compare
#
# Learn from what was before a cut, ask for what people joined after it, and put our method beside others on
# the same people. The whole table, with every peer tuned, is `circles evaluate`; this is a short look at
# it.

# %%
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from embeddings.evaluate import evaluate
from embeddings.evaluation.bootstrap import interval
from embeddings.evaluation.methods import method_of
from embeddings.evaluation.ranking import answers_of, ranked_lists
from embeddings.metrics import hits, recall_at
from embeddings.promotion.gate import later_memberships
from embeddings.split import without
from graph import snapshot as snapshots
from graph.home import Home

HOME = "../circles-data"  # as `make demo` leaves it
METHODS = ("circles", "ease", "item-knn-joint", "fastrp-knn-joint", "popularity")
BUDGET_S = 60

home = Home(Path(HOME).absolute())
now = snapshots.load(snapshots.latest(home.snapshots))
plt.style.use("./circles.mplstyle")

# %% [markdown]
# ## A cut in time
#
# The last fifth of all joinings is to be found. Payments are those of the whole snapshot, to keep this
# short: for a figure to be trusted they have to be cut too (`circles snapshot --as-of`, `circles models
# promote`).

# %%
joined = np.asarray(now.members.columns["joined_at"], dtype=np.int64)
cut = int(np.quantile(joined[joined > 0], 0.8))
past = replace(now, members=without(now.members, joined > cut), as_of=cut)
wanted = later_memberships(past, now)

figure, axes = plt.subplots(figsize=(9, 3))
days = joined[joined > 0].astype("datetime64[s]")
axes.hist(days, bins=40, color="#2f6f8f")
axes.axvline(np.datetime64(cut, "s"), color="#d9822b")
axes.set(
    title=f"Joinings; right of the line {len(wanted):,} people are asked for what they joined",
    ylabel="joinings",
)
f"{past.members.num_edges:,} memberships to learn from"

# %% [markdown]
# ## Figures with their intervals
#
# Every method is fitted to the same past and asked the same people. A bar's line is a 95 % interval over
# people.

# %%
value = evaluate(past, wanted, methods=METHODS, budget_s=BUDGET_S, parts=False, apart=False, tune=False)
measured = {method["name"]: method for method in value["methods"]}
COLOURS = dict(zip(METHODS, plt.rcParams["axes.prop_cycle"].by_key()["color"], strict=False))


def bars(axes, figure, title):
    """One bar a method with its interval, best on top."""
    kept = sorted(
        (m for m in METHODS if figure in measured[m]["intervals"]),
        key=lambda m: measured[m]["metrics"][figure],
    )
    means = np.array([measured[m]["metrics"][figure] for m in kept])
    ends = np.array([measured[m]["intervals"][figure] for m in kept]).reshape(-1, 2)
    errors = np.abs(np.stack([means - ends[:, 0], ends[:, 1] - means]))
    axes.barh(
        kept, means, xerr=errors, color=[COLOURS[m] for m in kept], ecolor="#444444", capsize=3, height=0.65
    )
    axes.set(title=title, xlabel="ndcg@20", xlim=(0, max(0.05, 1.15 * ends.max(initial=0))))
    axes.grid(axis="y", visible=False)


panels = [
    ("ndcg@20", "Warm"),
    ("cold_ndcg@20", "Cold: no membership"),
    ("few_shot_ndcg@20", "Three payments"),
]
panels = [panel for panel in panels if any(panel[0] in m["metrics"] for m in measured.values())]
figure, axes = plt.subplots(1, len(panels), figsize=(4.2 * len(panels), 3.2), sharey=False, squeeze=False)
for place, (name, title) in zip(axes[0], panels, strict=True):
    bars(place, name, title)

# %% [markdown]
# ## How soon is it found?
#
# Share of what people joined that is among the first 1, 2, ... 20 circles of their list.

# %%
asked = answers_of(past, wanted)
figure, axes = plt.subplots()
for name in METHODS:
    method = method_of(name, budget_s=BUDGET_S, tune=False)
    method.fit(past)
    if name == "circles":
        losses = method.fitted.losses
    ranked = ranked_lists(method, past, asked.users, 20)
    found = hits(ranked.circles, asked.rows, asked.circles)
    places = range(1, min(20, found.shape[1]) + 1)
    means = [interval(recall_at(found, asked.num_answers, place), resamples=300) for place in places]
    axes.plot(places, [m.mean for m in means], label=name, color=COLOURS[name])
    if name == "circles":
        axes.fill_between(
            places, [m.low for m in means], [m.high for m in means], color=COLOURS[name], alpha=0.15
        )
axes.set(
    title="Recall by length of the list",
    xlabel="circles shown",
    ylabel="share found",
    xlim=(1, 20),
    ylim=(0, None),
)
axes.set_xticks([1, 5, 10, 15, 20])
axes.legend(loc="lower right")

# %% [markdown]
# ## How the GNN learns
#
# Its loss is the mean surprise at a hidden membership: guessing among all circles costs the logarithm of
# their number. Each step hides other memberships, which makes it jump; the line is the mean of five steps.
# First it is trained without the memberships of a validation part, more than once where data are small, and
# stops when that part is no longer found better; the last run sees everything, and takes as many steps as
# were best before.

# %%
SMOOTHED = np.ones(5) / 5
figure, axes = plt.subplots()
guessing = np.log(len(past.circles))
axes.axhline(guessing, color="#8a7f6d", linestyle="--", linewidth=1)
axes.annotate("guessing", (0.99, guessing), (0, 4), ("axes fraction", "data"), "offset points", ha="right")
for run, values in losses.items():
    last = run == "everything"
    look = {"color": "#d9822b" if last else "#2f6f8f", "zorder": 3 if last else 2}
    axes.plot(range(1, len(values) + 1), values, linewidth=0.8, alpha=0.25, **look)
    if len(values) >= len(SMOOTHED):
        steps = np.arange(len(values) - len(SMOOTHED) + 1) + 1 + len(SMOOTHED) // 2
        label = {"everything": "the last run, on everything", "tuning-0": "without a validation part"}.get(
            run
        )
        axes.plot(
            steps, np.convolve(values, SMOOTHED, "valid"), label=label, alpha=1 if last else 0.6, **look
        )
axes.set(title="Loss of the GNN by step", xlabel="step", ylabel="loss, nats", xlim=(0, None))
axes.set_ylim(None, 1.1 * guessing)
if any(losses.values()):
    axes.legend(loc="center right")
f"{sum(map(len, losses.values()))} steps in {len(losses)} runs"
