"""What an evaluation of invitations asks: what may be known, by when, and what came afterwards.

By a cut: outcomes of one window before it calibrate, those of one window after it are to be foretold. Where
the data have no time, a share of everybody's visits is held out at random, and people are put into three
parts: training, calibration, and those to be invited.
"""

from dataclasses import dataclass, replace

import numpy as np

from embeddings.invitations.fit import shares_of
from embeddings.invitations.plan import RESERVE, TRAIN_SHARE
from embeddings.invitations.theme import Bool
from embeddings.split import without
from graph.csr import Csr
from graph.snapshot import Snapshot


@dataclass(frozen=True)
class Question:
    """Snapshots of one evaluation.

    before, since: what people are judged by, and where it is read what they did next. now, later: the same of
    those invited. judged: bool (num_users of before). invited: bool (num_users of now).
    """

    before: Snapshot
    since: Snapshot
    now: Snapshot
    later: Snapshot
    judged: Bool
    invited: Bool
    reserve: float


def by_time(before: Snapshot, now: Snapshot, later: Snapshot) -> Question:
    """Everybody is judged by the window before the cut and invited for the one after it."""
    judged, invited = (np.ones(len(snapshot.users), dtype=bool) for snapshot in (before, now))
    return Question(before, now, now, later, judged, invited, RESERVE)


def by_hold_out(whole: Snapshot, share: float, seed: int) -> Question:
    """The same moment for all, with nothing between calibration and invitation that a reserve is for."""
    kept = without_visits(whole, share, seed)
    invited = shares_of(whole.users, seed) >= 2 * TRAIN_SHARE
    return Question(kept, whole, kept, whole, ~invited, invited, 0.0)


def by_answers(train: Snapshot, whole: Snapshot, share: float, seed: int) -> Question:
    """What is under `test/` is to be foretold; a part of train held out likewise calibrates."""
    kept = without_visits(train, share, seed)
    judged, invited = (np.ones(len(snapshot.users), dtype=bool) for snapshot in (kept, train))
    return Question(kept, train, train, whole, judged, invited, RESERVE)


def without_visits(snapshot: Snapshot, share: float, seed: int) -> Snapshot:
    """The same without a share of the payments of each person, drawn at random one by one.

    All that stay are read as of one moment: the last visit to a place may be one of those held out. Where
    products are known, shops are left out: which product was bought on which visit is not.
    """
    rng = np.random.default_rng([seed, 14])
    if snapshot.bought.num_edges:
        nowhere = without(snapshot.paid, np.ones(snapshot.paid.num_edges, dtype=bool))
        return replace(snapshot, bought=_thinned(snapshot.bought, share, rng), paid=nowhere)
    return replace(snapshot, paid=_thinned(snapshot.paid, share, rng))


def _thinned(edges: Csr, share: float, rng: np.random.Generator) -> Csr:
    payments = edges.columns["payments"].astype(np.int64)
    rows = edges.rows().astype(np.int64)
    visits = np.repeat(np.arange(edges.num_edges), payments)
    # Visits of one person in a random order; the first of them are held out.
    order = np.lexsort([rng.random(len(visits)), rows[visits]])
    per_user = np.bincount(rows, payments, edges.num_rows).astype(np.int64)
    starts = np.cumsum(per_user) - per_user
    place = np.arange(len(visits)) - np.repeat(starts, per_user)
    stays = place >= np.round(share * np.repeat(per_user, per_user))
    left = np.bincount(visits[order][stays], minlength=edges.num_edges)
    some = left > 0
    columns = {name: values[some] for name, values in edges.columns.items()}
    columns["last_at"] = np.full_like(columns["last_at"], edges.columns["last_at"].max(initial=0))
    columns["payments"] = left[some].astype(edges.columns["payments"].dtype)
    for name in ("days", "quantity"):
        if name in columns:
            columns[name] = np.minimum(columns[name], columns["payments"]).astype(columns[name].dtype)
    indptr = np.zeros_like(edges.indptr)
    np.cumsum(np.bincount(rows[some], minlength=edges.num_rows), out=indptr[1:])
    return Csr(indptr, edges.indices[some], edges.num_columns, columns)
