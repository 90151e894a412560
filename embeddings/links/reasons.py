"""What may be said of each pair: by category, else by scene, else that there is something in common.

Counted among the eligible alone: how many people what is said would be true of.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from embeddings.links.ground import Ground, Int64
from embeddings.links.pairs import Joined, Pairs, join
from graph.policy.link_reasons import (
    A_FEW,
    FALLBACK,
    SEVERAL,
    SPOKEN_SCENES,
    UNSPOKEN_SCENES,
    Band,
    CategorySizes,
    LinkReason,
)
from graph.policy.link_reasons import choose as chosen
from graph.schema import SCENES

BANDS = {Band.A_FEW: A_FEW, Band.SEVERAL: SEVERAL}


def reasons_of(ground: Ground, pairs: Pairs, categories: Sequence[str]) -> list[LinkReason]:
    """One for each pair.

    Args:
        categories: names, in the order of `ground.category`.
    """
    scenes = [scene if scene in SPOKEN_SCENES else "" for scene in SCENES]
    known = np.where(ground.scene < len(SCENES), ground.scene, -1)
    money = np.isin(ground.scene, [SCENES.index(scene) for scene in UNSPOKEN_SCENES])
    levels = [(np.where(money, -1, ground.category), list(categories)), (known, scenes)]
    sizes = [sizes_of(ground, kind, names) for kind, names in levels]
    joined = join(ground.visits, pairs.one, pairs.other)
    shared = [_shared(joined, kind, names) for kind, names in levels]
    return [
        next(
            (r for s, n in zip(shared, sizes, strict=True) if (r := chosen(s[pair], n)) != FALLBACK), FALLBACK
        )
        for pair in range(len(pairs))
    ]


def _shared(joined: Joined, kind: Int64, names: Sequence[str]) -> Mapping[int, Counter[str]]:
    """Pair -> merchants of each kind that both go to."""
    out: dict[int, Counter[str]] = defaultdict(Counter)
    for pair, place in zip(joined.pair.tolist(), kind[joined.thing].tolist(), strict=True):
        if place >= 0 and names[place]:
            out[pair][names[place]] += 1
    return out


def sizes_of(ground: Ground, kind: Int64, names: Sequence[str]) -> CategorySizes:
    """How many eligible people and merchants each name hides, and what is said of one or two of them.

    Args:
        kind: int64 (num_merchants,), position in `names`; -1 unknown. An empty name is never spoken.
    """
    visits, num = ground.visits, max(len(names), 1)
    rows = np.repeat(np.arange(ground.num_users), np.diff(visits.indptr))
    place = kind[visits.indices]
    known = place >= 0
    keys, places = np.unique(rows[known] * num + place[known], return_counts=True)
    visited = kind[np.unique(visits.indices)]
    merchants = np.bincount(visited[visited >= 0], minlength=num).tolist()
    users = np.bincount(keys % num, minlength=num).tolist()
    told = [(i, band) for band in BANDS for i in range(num)]
    fits = [
        sparse.csr_array(
            (np.ones(int(k.sum())), (keys[k] // num, keys[k] % num)), shape=(ground.num_users, num)
        )
        for k in (places >= least for least in BANDS.values())
    ]
    both = sparse.hstack(fits, format="csr")
    counted = sparse.triu(both.T @ both).tocoo()
    fitting = {
        tuple(sorted({(names[told[at][0]], told[at][1]) for at in (one, other)})): int(number)
        for one, other, number in zip(*counted.coords, counted.data, strict=True)
        if names
    }
    named = [i for i, name in enumerate(names) if name]
    return CategorySizes(
        {names[i]: users[i] for i in named}, {names[i]: merchants[i] for i in named}, fitting
    )
