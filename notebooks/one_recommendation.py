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
# # One recommendation, down to the payments
#
# Why was this circle shown to this person? A score is a sum over what they did, so the answer is exact: the
# terms of the sum, and behind each term payments in the log. This needs the person's own data; nobody else
# gets to see it.

# %%
import time
from collections import defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.dates import ConciseDateFormatter

from api.commands.common import Parts
from api.services.circles import recommend_from_parts
from embeddings.profile import Profile
from embeddings.registry import Registry
from embeddings.scorer import Scorer
from graph.log import PaymentLog, bucket_of
from graph.segments import read_rows
from graph.settings import Settings

HOME = "../circles-data"  # as `make demo` leaves it
USER = "18"  # the app's account id

parts = Parts(Settings(home=Path(HOME)))
plt.style.use("./circles.mplstyle")

# %% [markdown]
# ## What the person sees

# %%
shown = recommend_from_parts(
    parts.home, parts.store, parts.policy, parts.key, USER, now=int(time.time()), limit=5
)
[
    (item["name"] or item["circle_id"], [reason["text"] for reason in item["reasons"]])
    for item in shown["items"]
]

# %% [markdown]
# ## The terms of the score
#
# Each thing the person touched gives a circle more or less than it gives circles on average. Terms are
# added up by category, merchant or circle; what is blue speaks for the circle, what is orange against it.

# %%
version = Registry(parts.home.versions).current()
scorer = Scorer(version)
state = parts.store.user_state(parts.pseudonym(USER))
profile = Profile.of(version, paid=state.paid, bought=state.bought, member_of=state.member_of)
item = next(i for i in shown["items"] if any(r["kind"] != "popular" for r in i["reasons"]))
circle = version.circles.find(item["circle_id"])
terms = scorer.terms(profile, circle)


def spoken(term):
    """What a term is about; a product speaks through its category where that is known."""
    if term.touch == "prior":
        return "popularity"
    if term.touch == "product" and (category := int(version.product_category[term.row])) >= 0:
        return version.label("product_category", category).title()
    name = version.label(term.touch, term.row)
    return name.title() if term.touch.endswith("_category") else name


summed = defaultdict(float)
for term in terms:
    summed[spoken(term)] += term.value
score = float(scorer.score(profile)[circle])
assert np.isclose(sum(summed.values()), score, atol=1e-3)  # nothing is left unexplained

largest = sorted(summed, key=lambda name: abs(summed[name]))[-12:]
figure, axes = plt.subplots()
axes.barh(
    largest, [summed[n] for n in largest], color=["#2f6f8f" if summed[n] > 0 else "#d9822b" for n in largest]
)
axes.axvline(0, color="#444444", linewidth=0.8)
axes.set(
    title=f"{item['name'] or item['circle_id']}: score {score:.2f}, its largest terms",
    xlabel="part of the score",
)
axes.grid(axis="y", visible=False)

# %% [markdown]
# ## The payments behind them
#
# Rows of the log of this person, with the categories that spoke most for the circle. A payment fades: after
# the half-life it counts half.

# %%
log = PaymentLog(parts.home.log)
index = state.user.index
rows = np.concatenate([read_rows(path) for path in log.files([int(bucket_of(np.array([index]))[0])])])
rows = rows[(rows["user"] == index) & ~rows["walled"]]
products = version.rows("products", rows["product"].astype(np.int64))
merchants = version.rows("merchants", rows["merchant"].astype(np.int64))


def categories_of(things, category, touch):
    """Name of the category of each row; empty where it is unknown."""
    if not len(category):
        return np.full(len(things), "", dtype=object)
    numbers = np.where(things >= 0, category[things], -1)
    return np.array([version.label(touch, int(n)).title() if n >= 0 else "" for n in numbers], dtype=object)


of_rows = categories_of(products, version.product_category, "product_category")
of_merchants = categories_of(merchants, version.merchant_category, "merchant_category")
names_of = np.array([version.label("merchant", int(m)) if m >= 0 else "" for m in merchants], dtype=object)
speaking = [name for name in reversed(largest) if summed[name] > 0 and name != "popularity"]
behind = {name: rows[(of_rows == name) | (of_merchants == name) | (names_of == name)] for name in speaking}
behind = {name: found for name, found in behind.items() if len(found)}
{name: len(found) for name, found in behind.items()}

# %%
figure, (above, below) = plt.subplots(2, 1, figsize=(9, 5.5), sharex=True, height_ratios=(3, 1))
for place, found in enumerate(list(behind.values())[:6]):
    times = found["paid_at"].astype("int64").astype("datetime64[s]")
    above.scatter(times, np.full(len(found), place), s=26, alpha=0.75)
above.set_yticks(range(len(behind) if len(behind) < 6 else 6), list(behind)[:6])
above.invert_yaxis()
above.set_title("Payments behind the recommendation")
days = np.arange(rows["paid_at"].min(), version.model.newest_at, 86_400)
below.plot(
    days.astype("datetime64[s]"),
    0.5 ** ((version.model.newest_at - days) / version.model.half_life_s),
    color="#8a7f6d",
)
below.xaxis.set_major_formatter(ConciseDateFormatter(below.xaxis.get_major_locator()))
below.set(
    ylabel="counts",
    ylim=(0, 1.05),
    title=f"What a payment of that day counts (half after {version.model.half_life_s / 86_400:g} days)",
)
