"""`circles evaluate SOURCE --task links`: two people who will accept each other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.commands.common import Parts, moment, progress_bars, say, show_table

_SHOWN = (
    "recall@10",
    "recall@100",
    "auc",
    "auc_shared",
    "active_recall@10",
    "active_auc",
    "active_auc_shared",
)
_GATED = (
    "links_with_minimum",
    "recall@10",
    "ungated_recall@10",
    "kept",
    "links_with_merchants",
    "kept_of_merchants",
    "recall@10_of_all",
)


def evaluate_links(
    parts: Parts,
    source: str,
    cut: str | None,
    methods: tuple[str, ...] | None,
    seed: int,
    mapping: Path | None,
    lists: Path | None,
) -> dict[str, Any]:
    """Read the folder, learn from train, score against the new links.

    Where there is a users table, whoever is not known as verified and adult takes no part.
    """
    import numpy as np

    from embeddings.links.evaluate import evaluate_links as evaluate
    from graph.cut import build
    from loaders.interchange import read_tables
    from loaders.link_answers import read_adults, read_link_pairs, read_links, read_scenes

    before = moment(cut) if cut else None
    tables = read_tables(source, mapping=mapping, policy=parts.policy, cut=before)
    as_of = before or int(max(tables.paid["last_at"], default=0))
    snapshot = build(tables, as_of=as_of, policy=parts.policy)
    people = read_adults(source, mapping=mapping, policy=parts.policy)
    scene_of = read_scenes(source, mapping=mapping, policy=parts.policy)
    may = np.array([not people or people.get(user) == (True, True) for user in snapshot.users], dtype=bool)
    with progress_bars() as bars:
        value = evaluate(
            snapshot,
            read_links(source, mapping=mapping, policy=parts.policy, cut=before),
            read_link_pairs(source) if before is None else (),
            values=parts.policy.trust,
            methods=methods,
            seed=seed,
            lists=lists,
            adult=may,
            own_scene=np.array(
                [scene_of.get(merchant, -1) for merchant in snapshot.merchants], dtype=np.int64
            ),
            min_supporters=parts.policy.min_supporters,
            progress=bars,
        )
    return {"task": "links", "folder": source, "cut": cut, **value}


def show_links(value: Mapping[str, Any]) -> None:
    """Tables for people: how good, what the gates leave, how true the weights are."""
    asked = value["asked"]
    rows = [
        {"method": method["name"], **{name: method["metrics"].get(name) for name in _SHOWN}}
        for method in value["methods"]
    ]
    show_table(rows, f"{value['folder']}: {asked['links']:,} new links of {asked['users']:,} people")
    gated = [m for m in value["methods"] if m.get("gated")]
    if gated:
        rows = [
            {"method": m["name"], "model": m["model"]} | {n: m["gated"][n] for n in _GATED} for m in gated
        ]
        show_table(
            rows, "after the gates: new links that meet the minimum of evidence, or share enough merchants"
        )
        show_table([gated[0]["gated"]["passed"]], "part of the latter that each gate lets through")
        rows = [{"method": m["name"], "ece": m["metrics"].get("ece"), **m["reasons"]} for m in gated]
        show_table(rows, "calibration error, and what reasons say of the pairs that pass")
    for method in value["methods"]:
        if method.get("reliability"):
            show_table(
                method["reliability"], f"{method['name']}: claimed and observed at a prior of one half"
            )
    say(
        "recall: hits over min(k, new links), everybody ranked; active: people with three merchants or more; "
        "auc: random pairs, shared: those of them that share a merchant"
    )
