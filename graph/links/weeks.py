"""The suggestions of a week as files: made once, mapped by every worker, kept a week for late answers.

`links/<week>/` holds the chosen pairs in the form of `LinkCandidates`, the day each begins on, and in
`week.json` week, version and store. A folder appears whole or not at all, and the lists of a week stay,
whatever version is published later. A person is forgotten in place, see `graph/links/candidates.py`.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph.arrays import mapped
from graph.errors import IncompatibleVersion
from graph.links.candidates import NOBODY, LinkCandidates
from graph.links.candidates import forget as forget_pairs
from graph.links.matching import Chosen, Past, match
from graph.links.periods import DAYS
from graph.policy.link_lists import ListRules

ABOUT = "week.json"
_DAY = "links_day.npy"


@dataclass(frozen=True)
class Suggestion:
    """One person for another: store index, first day of the week, and what is said of the two."""

    other: int
    day: int
    weight: float
    uncertainty: float
    reason: int


@dataclass(frozen=True)
class Week:
    """The suggestions of one week. day: int8, for each entry of `lists.others`."""

    period: int
    version: str
    store_id: str | None
    lists: LinkCandidates
    day: npt.NDArray[np.int8]

    def of(self, user: int, day: int = DAYS - 1) -> list[Suggestion]:
        """Those of one person that begin on `day` or before."""
        lists, at = self.lists, int(np.searchsorted(self.lists.users, user))
        if at == len(lists.users) or lists.users[at] != user:
            return []
        part = slice(int(lists.offsets[at]), int(lists.offsets[at + 1]))
        columns = (lists.others, self.day, lists.weight, lists.uncertainty, lists.reason)
        rows = zip(*(values[part].tolist() for values in columns), strict=True)
        return [Suggestion(*row) for row in rows if row[0] != NOBODY and row[1] <= day]


def make_week(
    candidates: LinkCandidates,
    *,
    period: int,
    version: str,
    policy_id: str,
    store_id: str | None,
    rules: ListRules,
    past: Past,
) -> Week:
    """Match the candidates of a version for a week; the same for the same arguments."""
    seed = hashlib.sha256(f"{version}\n{period}\n{policy_id}".encode()).digest()[:8]
    chosen = match(candidates, seed=int.from_bytes(seed, "big"), rules=rules, past=past)
    lists = LinkCandidates.from_pairs(
        chosen.one,
        chosen.other,
        candidates.weight[chosen.row],
        users=np.zeros(0, dtype=np.int64),
        uncertainty=candidates.uncertainty[chosen.row],
        reason=candidates.reason[chosen.row],
        reasons=candidates.reasons,
        calibrated=candidates.calibrated,
    )
    return Week(period, version, store_id, lists, _days(chosen, lists))


def _days(chosen: Chosen, lists: LinkCandidates) -> npt.NDArray[np.int8]:
    """The day of each entry of the lists."""
    users = np.repeat(lists.users, np.diff(lists.offsets))
    keys = (np.minimum(users, lists.others) << 31) | np.maximum(users, lists.others)
    known = (chosen.one << 31) | chosen.other
    order = np.argsort(known)
    return np.asarray(chosen.day[order][np.searchsorted(known[order], keys)])


def save_week(week: Week, root: Path) -> None:
    """Publish a week by one rename; weeks before the one before it go."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in root.glob("[.0-9]*"):
        if (
            folder.name.startswith(".")
            or int(folder.name) < week.period - 1
            or folder.name == str(week.period)
        ):
            shutil.rmtree(folder, ignore_errors=True)
    staging = root / f".{week.period}-{os.getpid()}"
    staging.mkdir()
    week.lists.save(staging)
    np.save(staging / _DAY, week.day)
    about = {"period": week.period, "version": week.version, "store_id": week.store_id}
    (staging / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    os.rename(staging, root / str(week.period))


def load_week(root: Path, period: int) -> Week | None:
    """Map a week; None when it has not been made.

    Raises:
        IncompatibleVersion: its files are damaged.
    """
    folder = root / str(period)
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        day = mapped(folder / _DAY)
        return Week(period, about["version"], about["store_id"], LinkCandidates.load(folder), day)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise IncompatibleVersion(f"the suggestions of week {period} are damaged; remove them") from error


def forget_in_weeks(root: Path, user: int) -> int:
    """Take one person out of every week, in place; returns in how many they were. May be repeated."""
    folders = root.glob("[0-9]*") if root.is_dir() else ()
    return sum(forget_pairs(folder, user) for folder in folders)
