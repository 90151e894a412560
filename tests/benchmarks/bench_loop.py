"""Do lists close in on themselves? Twenty rounds of showing, joining and training, with and without guards.

    python tests/benchmarks/bench_loop.py [FOLDER] [--impulse SHARE] [--share SHARE] [--seeds N] [--json FILE]

Plays `embeddings/feedback/simulate.py` on an interchange folder (mafengwo of `../shared/data` by default):
what people joined in truth later are its test answers; floor, lot and discount are those of policy.toml. An
impulse of 0.4 is a strong loop: somewhat more than one joining a person and week just because it was shown.
"""

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from measure import DATA, PROJECT, print_table, report

from embeddings.feedback.simulate import Round, Setting, kept, settings, simulate
from graph.cut import build
from graph.policy.values import read_policy
from graph.snapshot import Snapshot
from loaders.interchange import read_answers, read_tables

BAR = 0.9  # of the coverage of the first round, kept in the last one
GUARDED = ("floor", "both")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA / "mafengwo")
    parser.add_argument(
        "--impulse", type=float, default=0.4, help="joinings of what is looked at but not wanted"
    )
    parser.add_argument("--share", type=float, help="exploration share; that of policy.toml if absent")
    parser.add_argument("--only", help="these ways of playing, separated by commas")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    policy = read_policy(PROJECT / "policy.toml")
    rules = (
        policy.feedback if given.share is None else replace(policy.feedback, exploration_share=given.share)
    )
    snapshot, later = read(given.folder)
    plays = {
        name: [play(snapshot, later, setting, name, seed) for seed in range(given.seeds)]
        for name, setting in settings(rules, impulse=given.impulse, rounds=given.rounds)
        if given.only is None or name in given.only.split(",")
    }
    rows = [row_of(name, seeds) for name, seeds in plays.items()]
    print_table(rows, f"{given.folder.name}, impulse {given.impulse}, mean of {given.seeds} seeds")
    rounds = {name: [[asdict(r) for r in seed] for seed in seeds] for name, seeds in plays.items()}
    report(
        {"folder": given.folder.name, "impulse": given.impulse, "rows": rows, "rounds": rounds}, given.json
    )


def read(folder: Path) -> tuple[Snapshot, dict[int, set[int]]]:
    """The graph, and what people joined later, by row."""
    policy = read_policy(PROJECT / "policy.toml")
    tables = read_tables(str(folder), mapping=None, policy=policy, cut=None)
    newest = max((int(e["last_at"].max(initial=0)) for e in (tables.paid, tables.bought) if e), default=0)
    snapshot = build(tables, as_of=newest, policy=policy)
    answers = read_answers(str(folder), mapping=None, policy=policy, cut=None)
    later = {}
    for user, circles in answers.items():
        rows = snapshot.circles.find_all(list(circles))
        if (row := snapshot.users.find(user)) >= 0:
            later[row] = set(rows[rows >= 0].tolist())
    return snapshot, later


def play(
    snapshot: Snapshot, later: dict[int, set[int]], setting: Setting, name: str, seed: int
) -> list[Round]:
    """One run of the loop, told as it goes."""
    rounds = simulate(snapshot, later, replace(setting, seed=seed), lambda _: None)
    print(f"{name}, seed {seed}: {kept(rounds):.3f} of the coverage kept", flush=True)
    return rounds


def row_of(name: str, plays: list[list[Round]]) -> dict[str, Any]:
    """First and last round of one way of playing, mean over seeds."""
    share = float(np.mean([kept(rounds) for rounds in plays]))
    first, last = ([rounds[at] for rounds in plays] for at in (0, -1))

    def both(figure: str, digits: int) -> str:
        ends = [float(np.mean([getattr(r, figure) for r in rounds])) for rounds in (first, last)]
        return " to ".join(f"{end:.{digits}f}" for end in ends)

    return {
        "guard": name,
        "coverage": both("coverage", 3),
        "kept": round(share, 3),
        "bar": BAR if name in GUARDED else "",
        "held": ("yes" if share >= BAR else "NO") if name in GUARDED else "",
        "gini": both("gini", 3),
        "tail rank": both("tail_rank", 0),
        "joined": int(np.mean([sum(r.joined for r in rounds) for rounds in plays])),
        "wanted": int(np.mean([sum(r.wanted for r in rounds) for rounds in plays])),
    }


if __name__ == "__main__":
    main()
