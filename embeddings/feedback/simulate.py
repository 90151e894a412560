"""The loop of showing, joining and training again, played on real people's later behaviour.

Each round is a week: a quick fit on who is in what by now, a list for everybody, and what they do with it. A
person looks at place p with probability 1 / p. What they look at and joined in truth later, they join;
anything else they join now and then, just because it was shown (`impulse`). Whatever is joined is trained on
in the next round, and that closes the loop: what is shown becomes what is liked.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from embeddings.batch import BatchScorer
from embeddings.feedback.concentration import coverage, gini
from embeddings.fit import fit
from embeddings.scorer import best
from embeddings.touches import Touches, touches_of
from graph.csr import Csr
from graph.policy.exploration import Pool, explore
from graph.policy.feedback import DAY_S, FeedbackRules, sinking, sunk
from graph.snapshot import Snapshot

Bool = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
ROUND_S = int(7 * DAY_S)


@dataclass(frozen=True)
class Setting:
    """How the loop is played.

    explores: the last slots are drawn by lot, with the floor for small circles. sinks: what stays without an
    answer sinks. impulse: chance that somebody joins what they look at and would not have joined.
    """

    rules: FeedbackRules
    explores: bool = True
    sinks: bool = True
    rounds: int = 20
    length: int = 10
    impulse: float = 0.1
    min_supporters: int = 1
    half_life_days: float = 180.0
    seed: int = 0


@dataclass(frozen=True)
class Round:
    """What one round showed.

    coverage: share of all circles in any list. gini: of their showings. tail_rank: mean place, 1 is the
    first, of the circles that began with the fewest members (half of all), in everybody's ranking of all.
    joined, wanted: joinings, and those of them that people also made in truth.
    """

    number: int
    coverage: float
    gini: float
    tail_rank: float
    joined: int
    wanted: int


@dataclass
class _State:
    """All are (num_users, num_circles). times: showings without an answer. last: the round of the last."""

    members: Bool
    wanted: Bool
    turned_down: Bool
    times: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]


def simulate(
    snapshot: Snapshot, later: Mapping[int, set[int]], setting: Setting, told: Callable[[Round], None] = print
) -> list[Round]:
    """Play the loop.

    Args:
        snapshot: the graph at the start.
        later: row of a person -> rows of the circles they joined afterwards in truth.
        told: called with each round as it ends.
    """
    rng, state = np.random.default_rng(setting.seed), _start(snapshot, later)
    tail = _tail(state.members)
    out = []
    for number in range(1, setting.rounds + 1):
        scores = _scores(snapshot, state, setting)
        shown = _shown(scores, state, setting, number, rng)
        joined, wanted = _answered(shown, state, setting, number, rng)
        counts = np.bincount(shown[shown >= 0], minlength=state.members.shape[1])
        out.append(Round(number, coverage(counts), gini(counts), _mean_rank(scores, tail), joined, wanted))
        told(out[-1])
    return out


def _start(snapshot: Snapshot, later: Mapping[int, set[int]]) -> _State:
    shape = (len(snapshot.users), len(snapshot.circles))
    wanted = np.zeros(shape, dtype=bool)
    for user, circles in later.items():
        wanted[user, list(circles)] = True
    nothing = np.zeros(shape, dtype=np.int32)
    return _State(_dense(snapshot.members), wanted, _dense(snapshot.dismissed), nothing, nothing.copy())


def _dense(edges: Csr) -> Bool:
    out = np.zeros((edges.num_rows, edges.num_columns), dtype=bool)
    out[edges.rows(), edges.indices] = True
    return out


def _tail(members: Bool) -> Int64:
    sizes = members.sum(axis=0)
    return np.argsort(sizes, kind="stable")[: len(sizes) // 2]


def _scores(snapshot: Snapshot, state: _State, setting: Setting) -> Float32:
    """Everybody's scores of all circles, by a model of who is in what now."""
    rows, columns = np.nonzero(state.members)
    members = Csr.of(rows, columns, state.members.shape, {"joined_at": np.zeros(len(rows), np.uint32)})
    now = replace(snapshot, members=members)
    fitted = fit(
        now, quick=True, min_supporters=setting.min_supporters, half_life_days=setting.half_life_days
    )
    touches: Touches = touches_of(now, half_life_days=setting.half_life_days)
    return BatchScorer(fitted.model).scores(touches)


def _shown(scores: Float32, state: _State, setting: Setting, number: int, rng: np.random.Generator) -> Int64:
    """The list of everybody: int64 (num_users, length), -1 where there is nothing more to show."""
    allowed = ~(state.members | state.turned_down)
    small = state.members.sum(axis=0) < setting.rules.small_members
    out = np.full((len(scores), setting.length), -1, dtype=np.int64)
    for user in range(len(scores)):
        picked = _ranked(scores[user], allowed[user], state, user, setting, number)
        if setting.explores:
            pool = partial(Pool.of, allowed[user], small)
            drawn = explore(picked, pool, rules=setting.rules, lot=lambda _: float(rng.random()))
            picked[len(picked) - len(drawn) :] = [entry.row for entry in drawn]
        out[user, : len(picked)] = picked
    return out


def _ranked(
    scores: Float32, allowed: Bool, state: _State, user: int, setting: Setting, number: int
) -> list[int]:
    """The best circles of one person, with what they left unanswered further down, as in serving."""
    if not setting.sinks:
        return [int(row) for row in best(scores, setting.length, allowed)[0]]
    sinks = int(np.count_nonzero(state.times[user] > setting.rules.free_showings))
    rows, now = best(scores, setting.length + sinks, allowed)[0], number * ROUND_S
    times, last = state.times[user, rows].tolist(), (state.last[user, rows] * ROUND_S).tolist()
    factors = [sinking(*seen, now=now, rules=setting.rules) for seen in zip(times, last, strict=True)]
    return [int(row) for row in rows[sunk(factors)][: setting.length]]


def _answered(
    shown: Int64, state: _State, setting: Setting, number: int, rng: np.random.Generator
) -> tuple[int, int]:
    """Let people look and join, and count what stays without an answer; joinings, and wanted ones."""
    users, places = np.nonzero(shown >= 0)
    circles = shown[users, places]
    looks = rng.random(len(users)) < 1.0 / (places + 1)
    wants = state.wanted[users, circles]
    joins = looks & (wants | (rng.random(len(users)) < setting.impulse))
    state.members[users[joins], circles[joins]] = True
    state.times[users, circles] += 1
    state.times[users[joins], circles[joins]] = 0
    state.last[users, circles] = number
    return int(joins.sum()), int((joins & wants).sum())


def _mean_rank(scores: Float32, rows: Int64) -> float:
    order = np.argsort(-scores, axis=1, kind="stable")
    is_wanted = np.zeros(scores.shape[1], dtype=bool)
    is_wanted[rows] = True
    return float(np.nonzero(is_wanted[order])[1].mean()) + 1.0 if len(rows) else 0.0


def kept(rounds: list[Round]) -> float:
    """Coverage of the last round over that of the first."""
    return rounds[-1].coverage / rounds[0].coverage if rounds and rounds[0].coverage else 0.0


def settings(rules: FeedbackRules, **more: float) -> Iterator[tuple[str, Setting]]:
    """The four ways of playing, by name."""
    for explores in (False, True):
        for sinks in (False, True):
            name = {(0, 0): "neither", (1, 0): "floor", (0, 1): "discount", (1, 1): "both"}[explores, sinks]
            yield name, replace(Setting(rules, explores=explores, sinks=sinks), **more)  # type: ignore[arg-type]
