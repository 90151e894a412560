"""Can who buys what is sensitive be told from ordinary purchases, vectors and scores? Complete Journey.

    python tests/benchmarks/bench_inference.py [--gnn] [--json FILE]

An attacker has what is trained of everybody, knows for one half who bought such a thing in the year, and
tells of the other half (`tests/attacks/inference.py`): a logistic regression, three seeds, an interval over
people. Trained with the wall and, for comparison, without. What ordinary purchases tell by themselves no wall
removes: they are attacked too, and so is the mere number of shopping days. "as active" is the AUC among pairs
of people of the same tenth by shopping days: what is told beyond how much somebody shops.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from measure import PROJECT, print_table, report

sys.path.insert(0, str(PROJECT))

from embeddings.batch import BatchScorer, user_vectors
from embeddings.fit import fit
from embeddings.links.ground import ground_of
from embeddings.touches import touches_of
from graph.cut import build
from graph.policy.scenes import sensitive_rule
from graph.policy.values import Policy, read_policy
from graph.snapshot import Snapshot
from loaders.completejourney import NAME
from loaders.interchange import read_tables
from tests.attacks.inference import attack

BAR = 0.55
HALF_LIFE_DAYS = 180
TARGETS = ("tobacco", "alcohol", "children", "health")
Float64 = npt.NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gnn", action="store_true", help="train the GNN too, and attack its vectors")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    policy = read_policy(PROJECT / "policy.toml")
    open_policy = replace(policy, sensitive=(("nothing", ("nothing at all",)),))
    walled, unwalled = _snapshot(policy), _snapshot(open_policy)
    trained = {"with": _trained(walled, given.gnn), "without": _trained(unwalled, given.gnn)}
    rows = []
    tenths = _tenths(walled)
    for target in TARGETS:
        has = _buyers(unwalled, policy, target)[unwalled.users.find_all(list(walled.users))]
        for name, features in {**_ordinary(walled), **trained["with"]}.items():
            found = attack(features, has, strata=tenths)
            row = {"target": target, "buyers": int(has.sum()), "told from": name, "auc": round(found.auc, 3)}
            row |= {
                "low": round(found.low, 3),
                "high": round(found.high, 3),
                "as active": round(found.within, 3),
                "bar": BAR,
                "kept": "yes" if found.auc <= BAR else "NO",
                "kept, as active": "yes" if found.within <= BAR else "NO",
            }
            if name in trained["without"]:
                at = unwalled.users.find_all(list(walled.users))
                unguarded = attack(trained["without"][name][at], has, strata=tenths)
                row |= {"without wall": round(unguarded.auc, 3), "and as active": round(unguarded.within, 3)}
            rows.append(row | {name: row.get(name, "") for name in ("without wall", "and as active")})
    print_table(rows, "how well a sensitive habit is told")
    report({"rows": rows}, given.json)


def _snapshot(policy: Policy) -> Snapshot:
    tables = read_tables(NAME, policy=policy, cut=None)
    return build(tables, as_of=int(tables.paid["last_at"].max()), policy=policy)


def _trained(snapshot: Snapshot, gnn: bool) -> dict[str, Float64]:
    """What training makes of people."""
    model = fit(snapshot, gnn=gnn, quick=not gnn).model
    touches = touches_of(snapshot, half_life_days=HALF_LIFE_DAYS)
    out = {
        "vectors of links": ground_of(snapshot).vectors,
        "scores of circles": BatchScorer(model).scores(touches),
    }
    return out | ({"vectors of the GNN": user_vectors(model.gnn, touches)} if model.gnn is not None else {})


def _ordinary(snapshot: Snapshot) -> Mapping[str, Float64]:
    """What was bought outside the wall, as it is."""
    touches = touches_of(snapshot, half_life_days=HALF_LIFE_DAYS)
    bought = touches.of["product_category"].toarray()
    return {"shopping days": np.log1p(_days(snapshot))[:, None], "ordinary purchases": bought}


def _days(snapshot: Snapshot) -> Float64:
    """Days of shopping outside the wall: (num_people,)."""
    return np.bincount(snapshot.paid.rows(), snapshot.paid.columns["days"], len(snapshot.users))


def _tenths(snapshot: Snapshot) -> npt.NDArray[np.int64]:
    """The tenth of each person by shopping days: 0 to 9, (num_people,)."""
    days = _days(snapshot)
    return np.searchsorted(np.quantile(days, np.arange(1, 10) / 10), days)


def _buyers(snapshot: Snapshot, policy: Policy, target: str) -> npt.NDArray[np.bool_]:
    """Who bought anything of a sensitive list of the policy."""
    rules = [sensitive_rule(policy, category) for category in snapshot.categories]
    wanted = np.array([rule is not None and rule.name == target for rule in rules] + [False])
    bought = wanted[snapshot.product_category][snapshot.bought.indices]
    return np.bincount(snapshot.bought.rows()[bought], minlength=len(snapshot.users)) > 0


if __name__ == "__main__":
    main()
