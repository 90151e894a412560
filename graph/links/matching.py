"""Mutual matching: which candidates are shown in a week, so that a pair is shown to both or to neither.

Pure and deterministic for candidates, seed and rules. Every pair draws a lot from the seed, so that lists
rotate from week to week and one list says little about what a single purchase changed. Then pairs are taken
from the best on while both have room; taking in rounds all pairs that both sides have among their first
gives the same lists as taking them one by one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.links.candidates import LinkCandidates
from graph.links.periods import DAYS
from graph.policy.link_lists import ListRules

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

_PART = 0x9E3779B97F4A7C15  # so that the lot of taking part is another than that of the place
ROTATION = 0.5  # how much the lot of a week weighs beside the logarithm of the weight


@dataclass(frozen=True)
class Past:
    """What earlier weeks and people's decisions say.

    refused: int64 (n, 2), pairs that must not come back: declined, blocked, reported, linked already.
    shown: int64 (n, 3), user, other and in how many weeks it was shown to the user without an answer.
    eligible: int64, people who may be in a list now, increasing; None for all.
    """

    refused: Int64
    shown: Int64
    eligible: Int64 | None = None

    @classmethod
    def nothing(cls) -> "Past":
        return cls(np.zeros((0, 2), dtype=np.int64), np.zeros((0, 3), dtype=np.int64))


@dataclass(frozen=True)
class Chosen:
    """Pairs of a week. one, other: int64 (n,), one < other. row: int64, where the candidates have the pair.
    day: int8, from which day of the week on both are shown it."""

    one: Int64
    other: Int64
    row: Int64
    day: npt.NDArray[np.int8]


def match(candidates: LinkCandidates, *, seed: int, rules: ListRules, past: Past) -> Chosen:
    """Choose the pairs of a week.

    Args:
        seed: 64 bits made of version, week and policy.

    Returns:
        Each person has at most `list_size` pairs, fewer after leaving some unanswered, and at most
        `daily_cap` that begin on one day.
    """
    one, other, row = _pairs(candidates, past)
    keys = _sorted(np.stack([candidates.places(one), candidates.places(other)], axis=1))
    part = _lots(_key(*keys), seed ^ _PART) < rules.weekly_share
    one, other, row, key = one[part], other[part], row[part], _key(*keys)[part]
    order = np.lexsort((key, -_priority(candidates.weight[row], one, other, _lots(key, seed), past)))
    one, other, row = one[order], other[order], row[order]
    people, ends = np.unique(np.stack([one, other], axis=1), return_inverse=True)
    ends = ends.reshape(-1, 2)
    room, day = _room(people, rules, past), np.full(len(one), -1, dtype=np.int8)
    for today in range(DAYS):
        open_ = np.flatnonzero(day < 0)
        taken = open_[_greedy(ends[open_], np.minimum(room, rules.daily_cap))]
        if not len(taken):
            break
        day[taken] = today
        room -= np.bincount(ends[taken].ravel(), minlength=len(people))
    kept = day >= 0
    return Chosen(one[kept], other[kept], row[kept], day[kept])


def _pairs(candidates: LinkCandidates, past: Past) -> tuple[Int64, Int64, Int64]:
    """Each pair once that may be chosen: one < other, and where it stands."""
    users = np.repeat(candidates.users, np.diff(candidates.offsets))
    row = np.flatnonzero(candidates.others > users)
    one, other = users[row], np.asarray(candidates.others[row], dtype=np.int64)
    kept = ~np.isin(_key(one, other), _key(*_sorted(past.refused)))
    if past.eligible is not None:
        kept &= np.isin(one, past.eligible) & np.isin(other, past.eligible)
    return one[kept], other[kept], row[kept]


def _sorted(pairs: Int64) -> tuple[Int64, Int64]:
    return pairs[:, :2].min(axis=1), pairs[:, :2].max(axis=1)


def _key(one: Int64, other: Int64) -> Int64:
    """One number for a pair of indices below 2**31."""
    return (one << 31) | other


def _priority(weight: npt.NDArray[np.float32], one: Int64, other: Int64, lot: Float64, past: Past) -> Float64:
    """Logarithm of the weight, plus the lot of the week, halved for each week it was shown in vain."""
    gumbel = -np.log(-np.log(np.clip(lot, 1e-12, 1 - 1e-12)))
    priority = np.log(weight.astype(np.float64)) + ROTATION * gumbel
    if len(past.shown):
        keys, where = np.unique(_key(*_sorted(past.shown)), return_inverse=True)
        times = np.bincount(where, weights=past.shown[:, 2])
        at = np.minimum(np.searchsorted(keys, _key(one, other)), len(keys) - 1)
        priority -= np.log(2) * np.where(keys[at] == _key(one, other), times[at], 0)
    return priority


def _lots(keys: Int64, seed: int) -> Float64:
    """One number for each pair, evenly from [0, 1)."""
    drawn = mixed(keys.astype(np.uint64), seed) >> np.uint64(11)
    return np.asarray(drawn.astype(np.float64) / 2.0**53)


def _room(people: Int64, rules: ListRules, past: Past) -> Int64:
    """How many pairs each person has room for: less for who leaves suggestions unanswered, at least one."""
    waiting = np.zeros(len(people))
    at = np.searchsorted(people, past.shown[:, 0])
    known = at < len(people)
    known[known] = people[at[known]] == past.shown[known, 0]
    np.add.at(waiting, at[known], past.shown[known, 2])
    room = np.ceil(rules.list_size * rules.unanswered_discount ** (waiting / rules.list_size))
    return np.maximum(room, 1).astype(np.int64)


def _greedy(ends: npt.NDArray[np.intp], room: Int64) -> Bool:
    """Which pairs are taken when each, best first, is taken if both ends have room: bool (len(ends),)."""
    taken, alive, room = np.zeros(len(ends), dtype=bool), np.arange(len(ends)), room.copy()
    alive = alive[(room[ends] > 0).all(axis=1)]
    while len(alive):
        both = (_places(ends[alive]) < room[ends[alive]]).all(axis=1)
        taken[alive[both]] = True
        room -= np.bincount(ends[alive[both]].ravel(), minlength=len(room))
        alive = alive[~both]
        alive = alive[(room[ends[alive]] > 0).all(axis=1)]
    return taken


def _places(ends: npt.NDArray[np.intp]) -> Int64:
    """Place of each pair in the list of each of its two ends, counted from 0 in the order given: (n, 2)."""
    flat = ends.ravel()
    order = np.argsort(flat, kind="stable")
    grouped = flat[order]
    starts = np.flatnonzero(np.concatenate([[True], grouped[1:] != grouped[:-1]]))
    counted = np.arange(len(flat)) - np.repeat(starts, np.diff(np.append(starts, len(flat))))
    places = np.empty(len(flat), dtype=np.int64)
    places[order] = counted
    return places.reshape(-1, 2)


def mixed(values: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """Evenly spread 64-bit numbers, the same for the same value and seed.

    Source: SplitMix64, Steele, Lea and Flood 2014.
    """
    out = values + np.uint64(seed & (2**64 - 1))
    out = (out ^ (out >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    out = (out ^ (out >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(out ^ (out >> np.uint64(31)))
