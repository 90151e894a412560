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
# # Look at the graph
#
# What `circles snapshot` cuts from log and store: people, merchants, products and circles as arrays.
# Circles that the same people could join lie close together, and communities of circles appear without
# anybody naming them. People have no name here: only their pseudonyms are known, and none is printed.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from embeddings.touches import touches_of
from graph import snapshot as snapshots
from graph.home import Home

HOME = "../circles-data"  # as `make demo` leaves it

home = Home(Path(HOME).absolute())
snapshot = snapshots.load(snapshots.latest(home.snapshots))
plt.style.use("./circles.mplstyle")
snapshot.counts()

# %% [markdown]
# ## Few do much, most do little
#
# How much each person pays for, and how many people each merchant and product has. Both scales are
# logarithmic: what everybody touches tells little about anybody, so the model counts it less.

# %%
touches = touches_of(snapshot, half_life_days=36_500.0)


def tail(axes, counts, label):
    """Share of the nodes with at least so many."""
    values = np.sort(counts[counts > 0])[::-1]
    axes.loglog(values, np.arange(1, len(values) + 1) / len(values), label=f"{label} ({len(values):,})")


figure, (left, right) = plt.subplots(1, 2, sharey=True)
tail(left, np.diff(touches.of["merchant"].indptr), "merchants of a person")
tail(left, np.diff(touches.of["product"].indptr), "products of a person")
tail(left, np.diff(touches.members.indptr), "circles of a person")
tail(right, np.bincount(touches.of["merchant"].indices), "people of a merchant")
tail(right, np.bincount(touches.of["product"].indices), "people of a product")
tail(right, np.bincount(touches.members.indices), "members of a circle")
left.set(xlabel="how many", ylabel="share with at least so many", title="People")
right.set(xlabel="how many", title="Merchants, products, circles")
left.legend(loc="lower left")
right.legend(loc="lower left")
# %% [markdown]
# ## Communities of circles
#
# A person could be in a circle if they bought what it is about. Two circles are tied by the cosine over
# these people; each keeps its strongest ties, and Louvain's method finds the communities.

# %%
TIES = 4  # of each circle
kinds = {"merchant": "merchant", "product": "product", "category": "product_category", "scene": "scene"}
fits = sparse.csr_array((len(snapshot.users), len(snapshot.circles)), dtype=np.float32)
for kind, touch in kinds.items():
    theme = snapshot.themes[kind]
    about = sparse.csr_array(
        (theme.columns["weight"], theme.indices, theme.indptr), shape=(theme.num_rows, theme.num_columns)
    )
    fits = fits + (touches.of[touch] > 0).astype(np.float32) @ about.T
fits = (fits > 0).astype(np.float32)
sizes = np.asarray(fits.sum(axis=0)).ravel()
shared = np.asarray((fits.T @ fits).todense()) / np.sqrt(np.outer(np.maximum(sizes, 1), np.maximum(sizes, 1)))
# What two circles share beyond what their sizes alone would give.
expected = np.sqrt(np.outer(sizes, sizes)) / len(snapshot.users)
ties = np.maximum(shared - expected, 0)
np.fill_diagonal(ties, 0)

circles = nx.Graph()
circles.add_nodes_from(np.flatnonzero(sizes > 0).tolist())
for row in circles.nodes:
    for other in np.argsort(-ties[row])[:TIES].tolist():
        if ties[row, other] > 0:
            circles.add_edge(row, other, weight=float(ties[row, other]))
communities = nx.community.louvain_communities(circles, weight="weight", seed=3)
communities.sort(key=len, reverse=True)
modularity = nx.community.modularity(circles, communities, weight="weight")
{
    "circles": len(circles),
    "ties": circles.number_of_edges(),
    "communities": len(communities),
    "modularity": round(modularity, 2),
}

# %%
PALETTE = plt.rcParams["axes.prop_cycle"].by_key()["color"]


def short(name, length=24):
    """A name that fits beside a point."""
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"


def colour_of(number):
    """The colour of a community; small ones share grey."""
    return PALETTE[number] if number < len(PALETTE) else "#bbbbbb"


def label(axes, places, names, sizes_of):
    """Names above points, each on white; those that would lie on an earlier one are left out."""
    span = np.ptp(np.array(list(places.values())), axis=0) * (0.14, 0.045)
    taken = []
    for node, name in names.items():
        if any((np.abs(places[node] - other) < span).all() for other in taken):
            continue
        taken.append(places[node])
        axes.annotate(
            short(name),
            places[node],
            xytext=(0, np.sqrt(sizes_of(node)) / 2 + 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
        )


def named(row):
    """Display name of a circle, or its id."""
    return snapshot.names["circles"][row] or snapshot.circles[row]


def draw(axes, graph, places, groups, sizes_of, names):
    """A graph with a colour for each group."""
    nx.draw_networkx_edges(graph, places, ax=axes, edge_color="#c8c8c8", width=0.8)
    for number, group in enumerate(groups):
        nodes = sorted(group)
        nx.draw_networkx_nodes(
            graph, places, nodelist=nodes, ax=axes, node_size=[sizes_of(n) for n in nodes],
            node_color=colour_of(number), edgecolors="white", linewidths=0.8,
        )  # fmt: skip
    label(axes, places, names, sizes_of)
    axes.axis("off")


figure, axes = plt.subplots(figsize=(11, 8))
places = nx.spring_layout(circles, weight="weight", seed=5, k=2.2 / np.sqrt(len(circles)), iterations=200)
first = [max(group, key=lambda row: sizes[row]) for group in communities[:8] if len(group) > 1]
draw(
    axes,
    circles,
    places,
    communities,
    lambda row: 30 + 300 * sizes[row] / sizes.max(),
    {r: named(r) for r in first},
)
axes.set_title("Circles that the same people could join; the largest of each community is named")
# %% [markdown]
# ## One person's surroundings
#
# The ego graph of somebody who has joined a circle: what they joined, the merchants they visit, and who
# else is a member of the same circles (nameless).

# %%
members = snapshot.members
ego = int(np.argmax((np.diff(members.indptr) >= 2) & (np.diff(snapshot.paid.indptr) > 0)))
around = nx.Graph()
for circle in members.row(ego).tolist():
    around.add_edge("this person", ("circle", circle))
    for other in np.flatnonzero(members.indices == circle)[:6].tolist():
        person = int(members.rows()[other])
        if person != ego:
            around.add_edge(("circle", circle), ("person", person))
visits = np.argsort(-snapshot.paid.columns["payments"][snapshot.paid.row_slice(ego)].astype(np.int64))[:6]
for merchant in snapshot.paid.row(ego)[visits].tolist():
    around.add_edge("this person", ("merchant", merchant))
around = nx.ego_graph(around, "this person", radius=2)

figure, axes = plt.subplots(figsize=(9, 6))
places = nx.spring_layout(around, seed=2, k=1.6 / np.sqrt(len(around)), iterations=300)
kinds_of = {
    kind: [n for n in around if n != "this person" and n[0] == kind]
    for kind in ("circle", "merchant", "person")
}
names = {n: named(n[1]) for n in kinds_of["circle"]}
names |= {n: snapshot.names["merchants"][n[1]] or snapshot.merchants[n[1]] for n in kinds_of["merchant"]}
groups = [kinds_of["circle"], kinds_of["merchant"], kinds_of["person"], ["this person"]]
draw(
    axes,
    around,
    places,
    groups,
    lambda node: 420 if node == "this person" else 60 if node[0] == "person" else 220,
    names,
)
for number, title in enumerate(("circles joined", "merchants visited most", "other members", "this person")):
    axes.scatter([], [], color=colour_of(number), label=title)
axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=4)
axes.set_title("One person, two steps around")
# %% [markdown]
# ## A map of circles and merchants
#
# Vectors of circles and of the merchants with the most people, each tied to those nearest to it by cosine:
# what is drawn close is close to the same people. The vectors are the singular vectors of who fits which
# circle and who visits which merchant; the graph network starts from such vectors and moves them.

# %%
DIM, NEAREST, MERCHANTS = 32, 3, 60
visited = (touches.of["merchant"] > 0).astype(np.float32)
both = sparse.hstack([fits, visited], format="csr")
by_person = sparse.diags_array(1 / np.sqrt(np.maximum(np.asarray(both.sum(axis=1)).ravel(), 1)))
by_thing = sparse.diags_array(1 / np.sqrt(np.maximum(np.asarray(both.sum(axis=0)).ravel(), 1)))
dim = min(DIM, min(both.shape) - 1)
# The first direction is how well known a thing is; what is left is what it is like.
vectors = svds(by_person @ both @ by_thing, k=dim, random_state=0)[2].T[:, ::-1][:, 1:]
vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

people = np.asarray(visited.sum(axis=0)).ravel()
known = [("merchant", m) for m in np.argsort(-people)[:MERCHANTS].tolist() if people[m]]
nodes = [("circle", c) for c in circles.nodes] + known
shown = vectors[[n[1] if n[0] == "circle" else len(sizes) + n[1] for n in nodes]]
likeness = shown @ shown.T
np.fill_diagonal(likeness, -1)
charted = nx.Graph()
for at, node in enumerate(nodes):
    for other in np.argsort(-likeness[at])[:NEAREST].tolist():
        charted.add_edge(node, nodes[other], weight=float(max(likeness[at, other], 0.01)))

# The cheapest ties that hold the map together, where the nearest ones leave islands.
whole = nx.from_numpy_array(1.0 - likeness)
for one, other in nx.minimum_spanning_edges(whole, data=False):
    charted.add_edge(nodes[one], nodes[other], weight=float(max(likeness[one, other], 0.01)))

figure, axes = plt.subplots(figsize=(11, 8))
places = nx.spring_layout(charted, weight=None, seed=4, k=2.6 / np.sqrt(len(charted)), iterations=400)
groups = [[n for n in charted if n[0] == kind] for kind in ("circle", "merchant")]
biggest = sorted(groups[0], key=lambda n: -sizes[n[1]])
names = {n: snapshot.names["merchants"][n[1]] or snapshot.merchants[n[1]] for n in known[:3]}
names |= {n: named(n[1]) for n in biggest[::4]}
draw(axes, charted, places, groups, lambda node: 70 if node[0] == "circle" else 35, names)
for number, title in enumerate(("circles", "merchants")):
    axes.scatter([], [], color=colour_of(number), label=title)
axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2)
axes.set_title("Circles and merchants, near to the same people")
