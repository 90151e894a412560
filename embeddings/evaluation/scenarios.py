"""The questions of an evaluation, each a snapshot to learn from and what has to be found.

    warm       the snapshot as it is; the answers of the test
    cold       a fifth of the people have lost all their memberships, what they paid for stays
    few-shot   the same people, and of what they paid for only three payments

What somebody lost is to be found again, with their answers of the test.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from embeddings.peers.sight import has_behaviour
from embeddings.split import without
from graph.csr import Csr
from graph.schema import Purpose
from graph.snapshot import Snapshot

COLD_SHARE = 0.2
FEW_PAYMENTS = 3
SCENARIOS = ("warm", "cold", "few-shot")
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scenario:
    """wanted: user id -> ids of circles to be found."""

    name: str
    snapshot: Snapshot
    wanted: Mapping[str, Collection[str]]


def scenarios_of(
    snapshot: Snapshot,
    wanted: Mapping[str, Collection[str]],
    *,
    seed: int,
    names: Collection[str] = SCENARIOS,
) -> list[Scenario]:
    """The scenarios that these data can pose; without behaviour nobody can be found without memberships."""
    out = [Scenario("warm", snapshot, wanted)]
    if not has_behaviour(snapshot):
        return out
    rng = np.random.default_rng([seed, 2])
    cold = _drawn(snapshot, rng)
    lost = _without_memberships(snapshot, cold)
    back = {user: set(had) | set(wanted.get(user, ())) for user, had in _memberships(snapshot, cold).items()}
    out.append(Scenario("cold", lost, back))
    few = _with_few_payments(lost, cold, rng)
    told = few.paid.rows().tolist() + few.bought.rows().tolist()
    speaking = {few.users[row] for row in set(told) & set(cold.tolist())}
    out.append(Scenario("few-shot", few, {user: had for user, had in back.items() if user in speaking}))
    return [scenario for scenario in out if scenario.name in names and scenario.wanted]


def without_themes(snapshot: Snapshot) -> Snapshot:
    """The same graph, and no circle says what it is about."""
    return replace(snapshot, themes={kind: _emptied(theme) for kind, theme in snapshot.themes.items()})


def memberships_only(snapshot: Snapshot) -> Snapshot:
    """Who is in which circle, and nothing else."""
    return replace(without_themes(snapshot), paid=_emptied(snapshot.paid), bought=_emptied(snapshot.bought))


def _emptied(edges: Csr) -> Csr:
    return without(edges, np.ones(edges.num_edges, dtype=bool))


def _drawn(snapshot: Snapshot, rng: np.random.Generator) -> Int64:
    """A fifth of the people who have joined anything, as increasing rows."""
    consents = np.asarray(snapshot.consents[Purpose.CIRCLES.value], dtype=bool)
    people = np.flatnonzero((np.diff(snapshot.members.indptr) > 0) & consents)
    return np.sort(rng.choice(people, round(COLD_SHARE * len(people)), replace=False))


def _without_memberships(snapshot: Snapshot, people: Int64) -> Snapshot:
    return replace(snapshot, members=without(snapshot.members, np.isin(snapshot.members.rows(), people)))


def _memberships(snapshot: Snapshot, people: Int64) -> dict[str, list[str]]:
    members = snapshot.members
    return {snapshot.users[row]: [snapshot.circles[c] for c in members.row(row)] for row in people.tolist()}


def _with_few_payments(snapshot: Snapshot, people: Int64, rng: np.random.Generator) -> Snapshot:
    return replace(
        snapshot,
        paid=_thinned(snapshot.paid, people, rng),
        bought=_thinned(snapshot.bought, people, rng),
    )


def _thinned(edges: Csr, people: Int64, rng: np.random.Generator) -> Csr:
    """Only FEW_PAYMENTS of each of these people, drawn from all that they made."""
    payments = np.asarray(edges.columns["payments"], dtype=np.int64).copy()
    for row in people.tolist():
        own = edges.row_slice(row)
        kept = min(FEW_PAYMENTS, int(payments[own].sum()))
        payments[own] = rng.multivariate_hypergeometric(payments[own], kept)
    columns = dict(edges.columns) | {"payments": payments.astype(np.uint32)}
    thin = Csr(edges.indptr, edges.indices, edges.num_columns, columns)
    return without(thin, payments == 0)
