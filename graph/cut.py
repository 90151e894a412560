"""Cut a snapshot: from plain tables (an interchange folder) or from a store.

`build` is the only maker of `Snapshot`; both roads end there, so that what `circles evaluate` trains on
and what `circles train` trains on have one meaning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.csr import Csr
from graph.edges import BOUGHT, PAID, UserEdges
from graph.ids import Ids
from graph.origins import Feedback, counted
from graph.policy.scenes import is_sensitive
from graph.policy.values import Policy
from graph.schema import SCENES, THEME_KINDS, Purpose
from graph.snapshot import STATES, Snapshot
from graph.stores.base import GraphStore, ThemeTarget
from graph.traces import people_with_traces, things_with_traces

Array = npt.NDArray[Any]
Table = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Tables:
    """Nodes and edges by position: an edge names the position of its ends in the node tables.

    users: `id`. merchants: `id`, and optionally name, category, scene, sensitive. products: `id`, optionally
    name, category, merchant (position or -1), sensitive. circles: `id`, optionally name, scene, owner
    (position or -1), state, created_at. Columns that are absent are unknown.
    paid: `user`, `merchant`, `payments`, `days`, `last_at`, `scene`. bought: `user`, `product`, `payments`,
    `quantity`, `last_at`. Walled payments must not be in them.
    members: `user`, `circle`, `joined_at` (0 unknown), and `weight` where they do not all count alike.
    dismissed: `user`, `circle`. links: `user`, `other`, `since`. themes: circle position -> targets.
    consents: purpose -> bool (num_users,).
    kept: `users`, `merchants`, `products` -> bool, those that leave a trace; all where it is absent.
    """

    users: Table
    merchants: Table
    products: Table
    circles: Table
    paid: Mapping[str, Array]
    bought: Mapping[str, Array]
    members: Mapping[str, Array]
    themes: Mapping[int, Sequence[ThemeTarget]]
    consents: Mapping[str, npt.NDArray[np.bool_]]
    dismissed: Mapping[str, Array] = field(default_factory=dict)
    links: Mapping[str, Array] = field(default_factory=dict)
    kept: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)


def build(tables: Tables, *, as_of: int, policy: Policy) -> Snapshot:
    """Sort, renumber, apply consent and the wall; see `Snapshot` for what comes out.

    Merchants, products and categories that only a theme names become nodes without edges: two circles about
    the same place are alike even when nobody has paid there yet.
    """
    tables = replace(
        tables,
        merchants=_with_targets(tables.merchants, tables.themes, "merchant"),
        products=_with_targets(tables.products, tables.themes, "product"),
    )
    granted = np.zeros(len(tables.users["id"]), dtype=bool)
    for purpose in Purpose:
        granted |= tables.consents[purpose.value]
    kept = {"users": np.ones(len(granted), dtype=bool)} | dict(tables.kept)
    users, user_at = _ordered(tables.users["id"], granted & kept["users"])
    merchants, merchant_at = _ordered(tables.merchants["id"], _all_of(tables.merchants, kept, "merchants"))
    products, product_at = _ordered(tables.products["id"], _all_of(tables.products, kept, "products"))
    circles, circle_at = _ordered(tables.circles["id"])
    categories = _categories(tables)
    shape = {"merchant": len(merchants), "product": len(products), "circle": len(circles), "user": len(users)}
    moved = {"user": user_at, "merchant": merchant_at, "product": product_at, "circle": circle_at}

    def matrix(edges: Mapping[str, Array], other: str, columns: Mapping[str, str], at: str = "") -> Csr:
        return _matrix(
            edges, moved["user"], moved[at or other], (shape["user"], shape[at or other]), other, columns
        )

    links = _both_ways(tables.links)
    return Snapshot(
        as_of=as_of,
        policy_id=policy.policy_id,
        users=users,
        merchants=merchants,
        products=products,
        circles=circles,
        categories=categories,
        paid=matrix(
            tables.paid, "merchant", {"payments": "u4", "days": "u4", "last_at": "u4", "scene": "u1"}
        ),
        bought=matrix(tables.bought, "product", {"payments": "u4", "quantity": "u4", "last_at": "u4"}),
        members=matrix(tables.members, "circle", {"joined_at": "u4"} | _weighed(tables.members)),
        dismissed=matrix(tables.dismissed, "circle", {}),
        links=matrix(links, "other", {"since": "u4"}, at="user"),
        themes=_themes(tables, policy, categories, merchant_at, product_at, circle_at),
        merchant_category=_placed(_positions(tables.merchants, categories), merchant_at),
        product_category=_placed(_positions(tables.products, categories), product_at),
        merchant_scene=_placed(_scenes(tables.merchants), merchant_at),
        circle_scene=_placed(_scenes(tables.circles), circle_at),
        product_merchant=_placed(_moved(tables.products, "merchant", merchant_at), product_at),
        circle_owner=_placed(_moved(tables.circles, "owner", merchant_at), circle_at),
        circle_state=_placed(_states(tables.circles), circle_at),
        circle_created_at=_placed(_times(tables.circles), circle_at),
        consents={
            p.value: _placed(np.asarray(tables.consents[p.value], dtype=bool), user_at) for p in Purpose
        },
        names={
            label: _names(table, at)
            for label, table, at in (
                ("merchants", tables.merchants, merchant_at),
                ("products", tables.products, product_at),
                ("circles", tables.circles, circle_at),
            )
        },
    )


def _all_of(
    table: Table, kept: Mapping[str, npt.NDArray[np.bool_]], label: str
) -> npt.NDArray[np.bool_] | None:
    """Which rows stay; those that a theme has added behind the others do."""
    if label not in kept:
        return None
    return np.append(kept[label], np.ones(len(table["id"]) - len(kept[label]), dtype=bool))


def _weighed(members: Mapping[str, Array]) -> dict[str, str]:
    return {"weight": "f4"} if "weight" in members else {}


def cut(
    store: GraphStore,
    edges: Mapping[str, UserEdges],
    *,
    as_of: int,
    policy: Policy,
    feedback: Feedback | None = None,
    people: npt.NDArray[np.int64] | None = None,
) -> Snapshot:
    """Cut a snapshot from a store.

    Who and what only walled payments tell of is not in it: it is the same without them.

    Args:
        edges: `paid` and `bought` as they stood at `as_of`: `store.edges(kind)` for now, or what the
            payment log adds up to for an earlier moment.
        as_of: epoch seconds; memberships and links after it are left out. Consents are today's.
        feedback: how much each membership counts in training; all of them alike when None, and then the
            snapshot says nothing about it.
        people: store indices of those who may be in it, see `people_with_traces`; by `edges` when None.
    """
    seq = store.seq()  # before anything is read, so that a later change is newer than the snapshot
    nodes = {label: store.nodes(label) for label in ("User", "Merchant", "Product", "Circle")}
    at = {label: _inverse(table["index"]) for label, table in nodes.items()}
    tables = Tables(
        users=nodes["User"],
        merchants=nodes["Merchant"],
        products=nodes["Product"]
        | {"merchant": _named(nodes["Product"]["merchant_id"], nodes["Merchant"]["id"])},
        circles=nodes["Circle"] | {"owner": _named(nodes["Circle"]["owner_id"], nodes["Merchant"]["id"])},
        paid=_edge_columns(edges["paid"], at["User"], at["Merchant"], "merchant"),
        bought=_edge_columns(edges["bought"], at["User"], at["Product"], "product"),
        members=_current(store, at, as_of, feedback),
        themes=_placed_themes(store.themes(), at["Circle"]),
        consents={
            p.value: _mask(store.consents(p.value), at["User"], len(nodes["User"]["id"])) for p in Purpose
        },
        dismissed=_turned_down(store, at, as_of),
        links=_links(store.links(), at, as_of),
    )
    people = people_with_traces(store, edges) if people is None else people
    tables = replace(tables, kept=_with_traces(tables, _mask(people, at["User"], len(nodes["User"]["id"]))))
    snapshot = build(tables, as_of=as_of, policy=policy)
    index = {
        "merchants": _store_index(snapshot.merchants, nodes["Merchant"]),
        "products": _store_index(snapshot.products, nodes["Product"]),
        "circles": _store_index(snapshot.circles, nodes["Circle"]),
    }
    return Snapshot(**{**vars(snapshot), "store_index": index, "store_seq": seq})


def _store_index(ids: Ids, nodes: Table) -> npt.NDArray[np.int64]:
    """The store's index of each id, -1 for what only a theme names."""
    out = np.full(len(ids), -1, dtype=np.int64)
    at = ids.find_all(nodes["id"])
    out[at[at >= 0]] = np.asarray(nodes["index"], dtype=np.int64)[at >= 0]
    return out


def _with_traces(tables: Tables, people: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[np.bool_]]:
    """What of the tables of a store leaves a trace; what themes name is added where it is not."""
    targets = [target for of in tables.themes.values() for target in of]
    named = {kind: {t.target_id for t in targets if t.kind == kind} for kind in ("merchant", "product")}
    makers = (value for value in _column(tables.products, "merchant_id") if value)
    owners = (value for value in _column(tables.circles, "owner_id") if value)
    return {
        "users": people,
        "merchants": things_with_traces(
            tables.merchants, _edge_ends(tables.paid, "merchant"), {*named["merchant"], *makers, *owners}
        ),
        "products": things_with_traces(
            tables.products, _edge_ends(tables.bought, "product"), named["product"]
        ),
    }


def _edge_ends(edges: Mapping[str, Array], other: str) -> npt.NDArray[np.int64]:
    return np.unique(np.asarray(edges.get(other, np.zeros(0)), dtype=np.int64))


def _with_targets(table: Table, themes: Mapping[int, Sequence[ThemeTarget]], kind: str) -> Table:
    """A node table with the theme targets of this kind that are not in it, nothing known of them."""
    known = set(table["id"])
    named = {t.target_id for targets in themes.values() for t in targets if t.kind == kind}
    new = sorted(named - known)
    if not new:
        return table
    columns = {name: [*values, *[None] * len(new)] for name, values in table.items() if len(values)}
    return columns | {"id": [*table["id"], *new]}


def _categories(tables: Tables) -> Ids:
    """Every category that a merchant or product has or a theme names."""
    had = (c for t in (tables.merchants, tables.products) for c in t.get("category", ()) if c)
    named = (t.target_id for ts in tables.themes.values() for t in ts if t.kind == "category")
    return Ids.of((*had, *named))


# -- positions ----------------------------------------------------------------------------------------


def _ordered(
    ids: Sequence[str], keep: npt.NDArray[np.bool_] | None = None
) -> tuple[Ids, npt.NDArray[np.int64]]:
    """Sorted ids, and for each given position its new position or -1 when it is left out."""
    keys = np.array([value.encode("utf-8") for value in ids], dtype=object)
    order = sorted(range(len(keys)), key=keys.__getitem__)
    kept = [i for i in order if keep is None or keep[i]]
    new = np.full(len(keys), -1, dtype=np.int64)
    new[np.asarray(kept, dtype=np.int64)] = np.arange(len(kept))
    offsets = np.zeros(len(kept) + 1, dtype=np.int64)
    np.cumsum([len(keys[i]) for i in kept], out=offsets[1:])
    return Ids(np.frombuffer(b"".join(keys[i] for i in kept), dtype=np.uint8), offsets), new


def _placed(values: Array, new: npt.NDArray[np.int64]) -> Array:
    """Values of the kept positions, in their new order."""
    out = np.empty(int((new >= 0).sum()), dtype=values.dtype)
    out[new[new >= 0]] = values[new >= 0]
    return out


def _matrix(
    edges: Mapping[str, Array],
    row_at: npt.NDArray[np.int64],
    column_at: npt.NDArray[np.int64],
    shape: tuple[int, int],
    other: str,
    columns: Mapping[str, str],
) -> Csr:
    empty = np.zeros(0, dtype=np.int64)
    rows = _moved_to(row_at, np.asarray(edges.get("user", empty), dtype=np.int64))
    cols = _moved_to(column_at, np.asarray(edges.get(other, empty), dtype=np.int64))
    kept = (rows >= 0) & (cols >= 0)
    values = {c: np.asarray(edges.get(c, empty))[kept].astype(dtype) for c, dtype in columns.items()}
    return Csr.of(rows[kept], cols[kept], shape, values)


def _column(table: Table, name: str) -> Sequence[Any]:
    """A column, or as many None as the table has rows."""
    values = table.get(name, ())
    return values if len(values) else [None] * len(table["id"])


def _positions(table: Table, categories: Ids) -> npt.NDArray[np.int32]:
    return categories.find_all(value or "" for value in _column(table, "category")).astype(np.int32)


def _scenes(table: Table) -> npt.NDArray[np.int8]:
    index_of = {scene: i for i, scene in enumerate(SCENES)}
    return np.array([index_of.get(value, -1) for value in _column(table, "scene")], dtype=np.int8)


def _states(table: Table) -> npt.NDArray[np.int8]:
    return np.array([STATES.index(value or "open") for value in _column(table, "state")], dtype=np.int8)


def _times(table: Table) -> npt.NDArray[np.uint32]:
    return np.array([value or 0 for value in _column(table, "created_at")], dtype=np.uint32)


def _moved(table: Table, name: str, new: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    old = np.array([-1 if value is None else value for value in _column(table, name)], dtype=np.int64)
    return _moved_to(new, old).astype(np.int32)


def _names(table: Table, new: npt.NDArray[np.int64]) -> list[str | None]:
    names = _column(table, "name")
    return [names[i] for i in np.argsort(new, kind="stable") if new[i] >= 0]


def _both_ways(links: Mapping[str, Array]) -> dict[str, Array]:
    if not links:
        return {}
    one, two = np.asarray(links["user"]), np.asarray(links["other"])
    since = np.asarray(links["since"])
    return {
        "user": np.concatenate([one, two]),
        "other": np.concatenate([two, one]),
        "since": np.concatenate([since, since]),
    }


def _themes(
    tables: Tables,
    policy: Policy,
    categories: Ids,
    merchant_at: npt.NDArray[np.int64],
    product_at: npt.NDArray[np.int64],
    circle_at: npt.NDArray[np.int64],
) -> dict[str, Csr]:
    """Theme targets by kind; those behind the sensitive wall and unknown scenes are dropped."""
    finders = {
        "merchant": _finder(tables.merchants, merchant_at, policy),
        "product": _finder(tables.products, product_at, policy),
        "category": {c: i for i, c in enumerate(categories) if not is_sensitive(policy, c)},
        "scene": {scene: i for i, scene in enumerate(SCENES)},
    }
    widths = {
        "merchant": len(merchant_at),
        "product": len(product_at),
        "category": len(categories),
        "scene": len(SCENES),
    }
    out = {}
    for kind in THEME_KINDS:
        found = [
            (int(circle_at[circle]), finders[kind][target.target_id], target.weight)
            for circle, targets in tables.themes.items()
            for target in targets
            if target.kind == kind and target.target_id in finders[kind]
        ]
        rows, cols, weights = (
            (np.array(part) for part in zip(*found, strict=True)) if found else (np.zeros(0, int),) * 3
        )
        out[kind] = Csr.of(rows, cols, (len(circle_at), widths[kind]), {"weight": weights.astype(np.float32)})
    return out


def _finder(table: Table, new: npt.NDArray[np.int64], policy: Policy) -> dict[str, int]:
    rows = zip(
        table["id"], new.tolist(), _column(table, "category"), _column(table, "sensitive"), strict=True
    )
    return {
        id_: at
        for id_, at, category, flag in rows
        if not flag and not (category and is_sensitive(policy, category))
    }


# -- from a store -------------------------------------------------------------------------------------


def _inverse(indices: Sequence[int]) -> npt.NDArray[np.int64]:
    """Position of each store index, -1 for indices that no node has."""
    values = np.asarray(indices, dtype=np.int64)
    out = np.full(int(values.max()) + 1 if len(values) else 0, -1, dtype=np.int64)
    out[values] = np.arange(len(values))
    return out


def _moved_to(at: npt.NDArray[np.int64], values: Array) -> npt.NDArray[np.int64]:
    """Where each value lies by the map `at`; -1 for one below zero or beyond it.

    The tables of a store are read one after the other: what was forgotten or added in between has no place.
    """
    known = (values >= 0) & (values < len(at))
    out = np.full(len(values), -1, dtype=np.int64)
    out[known] = at[values[known]]
    return out


def _placed_themes(
    themes: Mapping[int, tuple[ThemeTarget, ...]], at: npt.NDArray[np.int64]
) -> dict[int, tuple[ThemeTarget, ...]]:
    places = _moved_to(at, np.array(list(themes), dtype=np.int64)).tolist()
    return {place: targets for place, targets in zip(places, themes.values(), strict=True) if place >= 0}


def _named(values: Sequence[str | None], ids: Sequence[str]) -> list[int]:
    position_of = {value: i for i, value in enumerate(ids)}
    return [position_of.get(value, -1) if value else -1 for value in values]


def _mask(indices: npt.NDArray[np.int64], at: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.bool_]:
    out = np.zeros(length, dtype=bool)
    places = _moved_to(at, indices)
    out[places[places >= 0]] = True
    return out


def _edge_columns(edges: UserEdges, user_at: Array, other_at: Array, other: str) -> dict[str, Array]:
    assert edges.edges.dtype in (PAID, BOUGHT)
    columns = {name: edges.edges[name] for name in edges.edges.dtype.names or () if name != other}
    users = np.repeat(edges.users, np.diff(edges.offsets))
    others = edges.edges[other].astype(np.int64)
    return columns | {"user": _moved_to(user_at, users), other: _moved_to(other_at, others)}


def _current(
    store: GraphStore, at: Mapping[str, Array], as_of: int, feedback: Feedback | None
) -> dict[str, Array]:
    """Who is a member at `as_of`: a pair once, with its latest joining, and what it counts."""
    members = store.memberships()
    kept = _is_current(members, as_of)
    users, circles, joined_at = (members[name][kept] for name in ("user", "circle", "joined_at"))
    order = np.lexsort([joined_at, circles, users])
    users, circles, joined_at = users[order], circles[order], joined_at[order]
    is_last = np.ones(len(users), dtype=bool)
    is_last[:-1] = (users[1:] != users[:-1]) | (circles[1:] != circles[:-1])
    last = {"user": users[is_last], "circle": circles[is_last], "joined_at": joined_at[is_last]}
    weight = {} if feedback is None else {"weight": _weights(store, last, feedback)}
    return {
        "user": _moved_to(at["User"], last["user"]),
        "circle": _moved_to(at["Circle"], last["circle"]),
        "joined_at": np.maximum(last["joined_at"], 0),
        **weight,
    }


def _weights(store: GraphStore, members: Mapping[str, Array], feedback: Feedback) -> Array:
    """What each membership counts; nothing where the person does not grant `circles`: theirs teach nobody."""
    grants = np.isin(members["user"], store.consents(Purpose.CIRCLES.value))
    out = np.zeros(len(grants), dtype=np.float32)
    out[grants] = counted(store, {name: values[grants] for name, values in members.items()}, feedback)
    return out


def _is_current(members: Mapping[str, Array], as_of: int) -> npt.NDArray[np.bool_]:
    is_open: npt.NDArray[np.bool_] = (members["left_at"] < 0) | (members["left_at"] > as_of)
    return is_open & (members["joined_at"] <= as_of)


def _turned_down(store: GraphStore, at: Mapping[str, Array], as_of: int) -> dict[str, Array]:
    """What somebody dismissed, or left and did not join again."""
    dismissed, members = store.dismissals(), store.memberships()
    early = dismissed["at"] <= as_of
    gone = (members["left_at"] >= 0) & (members["left_at"] <= as_of)
    left = np.setdiff1d(_pairs(members, gone), _pairs(members, _is_current(members, as_of)))
    pairs = np.union1d(_pairs(dismissed, early), left)
    users, circles = pairs >> 32, pairs & (2**32 - 1)
    return {"user": _moved_to(at["User"], users), "circle": _moved_to(at["Circle"], circles)}


def _pairs(edges: Mapping[str, Array], kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """User and circle of each edge in one number; a set of tuples takes six times the memory."""
    return np.asarray(edges["user"][kept] << 32 | edges["circle"][kept], dtype=np.int64)


def _links(links: Mapping[str, Array], at: Mapping[str, Array], as_of: int) -> dict[str, Array]:
    kept = links["since"] <= as_of
    users, others = links["user"][kept], links["other"][kept]
    since = np.maximum(links["since"][kept], 0)
    return {"user": _moved_to(at["User"], users), "other": _moved_to(at["User"], others), "since": since}
