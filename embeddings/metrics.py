"""Ranking metrics over full lists: recall, ndcg, hit, coverage, novelty, popularity; vectorised, no sampling.

A user's answers that the model cannot know (circles without a row) still count in the denominators.
The ideal of ndcg is the best list of min(top_k, number of answers) hits.
"""

import numpy as np
import numpy.typing as npt

Bool = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
LONG_ROW = 4_096  # from here on, comparing row by row is faster than many rows at a time: 2 to 9 times


def hits(ranked: npt.NDArray[np.integer], rows: Int64, circles: Int64) -> Bool:
    """Which places of ranked lists are answers.

    Args:
        ranked: (num_users, top_k), circle rows, best first; -1 where a list has ended.
        rows, circles: (num_answers,), an answer `circles[i]` of the list `rows[i]`; unique pairs.

    Returns:
        bool (num_users, top_k).
    """
    if not ranked.size:
        return np.zeros(ranked.shape, dtype=bool)
    width = int(max(ranked.max(), circles.max(initial=0))) + 1
    keys = np.arange(len(ranked), dtype=np.int64)[:, None] * width + ranked
    return np.isin(keys, rows * width + circles) & (ranked >= 0)


def recall_at(found: Bool, num_answers: Int64, top_k: int) -> Float64:
    """Share of each user's answers among the first `top_k`; float64 (num_users,).

    Args:
        found: bool (num_users, at least top_k), see `hits`.
        num_answers: int64 (num_users,), each at least 1, with the answers nobody can find.
    """
    return np.asarray(found[:, :top_k].sum(axis=1) / num_answers)


def ndcg_at(found: Bool, num_answers: Int64, top_k: int) -> Float64:
    """Discounted gain over the ideal of min(top_k, num_answers) hits; float64 (num_users,).

    Source: Järvelin and Kekäläinen 2002, binary gains, discount 1 / log2(1 + place).
    """
    discounts = discounts_of(top_k)[: found.shape[1]]
    gained = found[:, :top_k] @ discounts
    ideal = np.cumsum(discounts_of(top_k))[np.minimum(num_answers, top_k) - 1]
    return np.asarray(gained / ideal)


def discounts_of(top_k: int) -> Float64:
    """1 / log2(1 + place) for places 1 to `top_k`."""
    return np.asarray(1.0 / np.log2(np.arange(2, top_k + 2)))


def coverage(ranked: npt.NDArray[np.integer], num_circles: int) -> float:
    """Share of all circles that are in at least one list; 0.0 without circles."""
    shown = np.unique(ranked)
    return float((shown >= 0).sum() / num_circles) if num_circles else 0.0


def hit_at(found: Bool, top_k: int) -> Float64:
    """1.0 for each user with an answer among the first `top_k`, else 0.0; float64 (num_users,)."""
    return np.asarray(found[:, :top_k].any(axis=1), dtype=np.float64)


def novelty(ranked: npt.NDArray[np.integer], num_members: Int64, num_users: int) -> float:
    """How surprising what is shown is, in bits: mean of -log2 of the share of people who are members.

    A circle with one member more than it has counts, so that one without any is finite. 0.0 for empty lists.

    Args:
        ranked: (num_lists, top_k), circle rows, -1 where a list has ended.
        num_members: int64 (num_circles,).

    Source: Zhou et al. 2010, mean self-information.
    """
    shown = ranked[ranked >= 0]
    if not len(shown):
        return 0.0
    return float(-np.log2((num_members[shown] + 1.0) / (num_users + 1.0)).mean())


def popularity_lift(ranked: npt.NDArray[np.integer], answers: Int64, num_members: Int64) -> float:
    """Mean members of the circles shown over mean members of the circles that were to be found.

    1.0: lists are as popular as what people really joined; more: the well-known is pushed. 0.0 when either
    side is empty or nothing that was to be found has a member.

    Args:
        ranked: (num_lists, top_k), circle rows, -1 where a list has ended.
        answers: int64 (num_answers,), circle rows.
        num_members: int64 (num_circles,).
    """
    shown = ranked[ranked >= 0]
    wanted = float(num_members[answers].mean()) if len(answers) else 0.0
    return float(num_members[shown].mean()) / wanted if len(shown) and wanted else 0.0


def rank_of(
    scores: npt.NDArray[np.float32],
    rows: Int64,
    circles: Int64,
    seen: npt.NDArray[np.float32] | None = None,
    top_k: int | None = None,
) -> Float64:
    """Place of each answer in its user's list, counted from 1; equal scores share their mean place.

    Args:
        scores: float32 (num_users, num_circles), -inf where a circle is not offered.
        rows, circles: (num_answers,), positions in `scores`.
        seen: float32, added to the scores; -inf where a circle is not offered either.
        top_k: places behind it need only be behind it.
    """
    if scores.shape[1] >= LONG_ROW:
        return _rank_one_by_one(scores, rows, circles, seen, top_k or scores.shape[1])
    if seen is not None:
        scores = scores + seen
    out = np.empty(len(rows))
    # 16 million comparisons at a time keep the temporary arrays in 80 MB.
    step = max(1, 16_000_000 // max(1, scores.shape[1]))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        block, own = scores[rows[part]], scores[rows[part], circles[part]][:, None]
        ahead = np.count_nonzero(block > own, axis=1)
        level = np.count_nonzero(block == own, axis=1)
        out[part] = ahead + (level + 1) / 2
    return out


def _rank_one_by_one(
    scores: npt.NDArray[np.float32],
    rows: Int64,
    circles: Int64,
    seen: npt.NDArray[np.float32] | None,
    top_k: int,
) -> Float64:
    """`rank_of` without any copy that is longer than a row."""
    out, before = np.empty(len(rows)), -1
    for at, (row, circle) in enumerate(zip(rows.tolist(), circles.tolist(), strict=True)):
        if row != before:
            values, before = scores[row] if seen is None else scores[row] + seen[row], row
        ahead = np.count_nonzero(values > values[circle])
        level = np.count_nonzero(values == values[circle]) if ahead < top_k else 1
        out[at] = ahead + (level + 1) / 2
    return out


def gain_of(ranks: Float64, top_k: int) -> Float64:
    """Discounted gain of answers at these places; 0 behind `top_k`."""
    return np.asarray(np.where(ranks <= top_k, 1.0 / np.log2(1.0 + ranks), 0.0))
