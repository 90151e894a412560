"""Whom each person could be linked with, as computed when a version was published.

Nobody sees this: it is what mutual matching chooses from, and every live rule (consent, blocks, dismissals)
is applied again to what it gives. Symmetric: a pair is in both lists, with one weight and one reason.
A person is forgotten in place: processes that have the files mapped see it at once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays import mapped, mapped_to_change
from graph.errors import IncompatibleVersion, InputError, NotFound
from graph.policy.link_reasons import FALLBACK, LinkReason, as_records, from_records

FORMAT = 1
ABOUT = "links.json"
NOBODY = -1  # stands where somebody was who has been forgotten
Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Float32 = npt.NDArray[np.float32]
_ARRAYS = ("users", "offsets", "others", "weight", "uncertainty", "reason")
_PLACE = "links_place.npy"  # versions of before it was kept have none


@dataclass(frozen=True)
class Rows:
    """The candidates of one person, best first; equal weights by index.

    others: int64 (n,), store indices. weight: float32, see `LinkCandidates`. uncertainty: float32.
    reason: int32, index into `reasons`.
    """

    others: Int64
    weight: Float32
    uncertainty: Float32
    reason: Int32

    def __len__(self) -> int:
        return len(self.others)


@dataclass(frozen=True)
class LinkCandidates:
    """Candidates of consenting adults.

    users: int64 (n,), indices of people in the store (rows of the snapshot where there is no store),
        increasing. offsets: int64 (n + 1,); the list of `users[i]` is from `offsets[i]` to `offsets[i + 1]`.
    others: int64, their candidates, also members of `users`.
    weight: float32 in [0, 1], how likely two consenting strangers belong together at a prior of one half,
        after gates and ceiling; above zero, since zero is "no link".
    uncertainty: float32 in [0, 1]. reason: int32, index into `reasons`.
    calibrated: False as long as nobody has accepted anybody; weights are those of a formula then.
    place: int64 (n,), row of each of `users` in the snapshot, by which lots are drawn: a store's indices say
        in which order people came, and so who paid first, also behind the wall. None: those indices.
    """

    users: Int64
    offsets: Int64
    others: Int64
    weight: Float32
    uncertainty: Float32
    reason: Int32
    reasons: tuple[LinkReason, ...]
    calibrated: bool
    place: Int64 | None = None

    def __len__(self) -> int:
        """People with a list, which may be empty."""
        return len(self.users)

    def of(self, user: int) -> Rows:
        """The list of one person; empty for one who has none."""
        at = int(np.searchsorted(self.users, user))
        known = at < len(self.users) and self.users[at] == user
        part = slice(int(self.offsets[at]), int(self.offsets[at + 1])) if known else slice(0, 0)
        kept = self.others[part] != NOBODY
        return Rows(
            *(getattr(self, name)[part][kept] for name in ("others", "weight", "uncertainty", "reason"))
        )

    def places(self, users: Int64) -> Int64:
        """By what lots of some of `users` are drawn."""
        return users if self.place is None else self.place[np.searchsorted(self.users, users)]

    @classmethod
    def make(
        cls,
        pairs: Sequence[tuple[int, int, float]] | Mapping[tuple[int, int], float],
        *,
        users: Sequence[int] = (),
        uncertainty: Sequence[float] | float = 0.5,
        reason: Sequence[int] | int = 0,
        reasons: Sequence[LinkReason] = (FALLBACK,),
        calibrated: bool = True,
    ) -> "LinkCandidates":
        """From pairs of a few people; see `from_pairs`.

        Args:
            pairs: one, other and weight, each pair once.
            users: people with an empty list beside those of the pairs.
        """
        rows = [(*pair, w) for pair, w in pairs.items()] if isinstance(pairs, Mapping) else list(pairs)
        one, other, weight = (np.array([row[i] for row in rows]) for i in range(3))
        return cls.from_pairs(
            one.astype(np.int64),
            other.astype(np.int64),
            weight.astype(np.float32),
            users=np.array(users, dtype=np.int64),
            uncertainty=np.broadcast_to(np.asarray(uncertainty, dtype=np.float32), len(rows)),
            reason=np.broadcast_to(np.asarray(reason, dtype=np.int32), len(rows)),
            reasons=tuple(reasons),
            calibrated=calibrated,
        )

    @classmethod
    def from_pairs(
        cls,
        one: Int64,
        other: Int64,
        weight: Float32,
        *,
        users: Int64,
        uncertainty: Float32,
        reason: Int32,
        reasons: tuple[LinkReason, ...],
        calibrated: bool,
    ) -> "LinkCandidates":
        """Both directions of each pair.

        Raises:
            InputError: a pair of somebody with themselves, a pair given twice, a weight outside (0, 1].
        """
        _check(one, other, weight)
        everybody = np.unique(np.concatenate([one, other, users]))
        rows, others = np.concatenate([one, other]), np.concatenate([other, one])
        columns = [np.concatenate([values, values]) for values in (weight, uncertainty, reason)]
        order = np.lexsort((others, -columns[0], rows))
        offsets = np.zeros(len(everybody) + 1, dtype=np.int64)
        np.cumsum(np.bincount(np.searchsorted(everybody, rows), minlength=len(everybody)), out=offsets[1:])
        return cls(
            everybody,
            offsets,
            others[order],
            columns[0][order].astype(np.float32),
            columns[1][order].astype(np.float32),
            columns[2][order].astype(np.int32),
            reasons,
            calibrated,
        )

    def save(self, folder: Path) -> None:
        """Write into a folder that is not yet visible to anybody."""
        for name in _ARRAYS:
            np.save(folder / f"links_{name}.npy", getattr(self, name))
        if self.place is not None:
            np.save(folder / _PLACE, self.place)
        about = {"format": FORMAT, "calibrated": self.calibrated, "reasons": as_records(self.reasons)}
        (folder / ABOUT).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "LinkCandidates":
        """Memory-map.

        Raises:
            NotFound: the version has no links: nobody agreed to them when it was made.
            IncompatibleVersion: written by another format, or damaged.
        """
        about = _about(folder)
        try:
            reasons = from_records(about["reasons"])
            arrays: dict[str, Any] = {name: mapped(folder / f"links_{name}.npy") for name in _ARRAYS}
            if (folder / _PLACE).is_file():
                arrays["place"] = mapped(folder / _PLACE)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise IncompatibleVersion(f"the links of {folder.name} are damaged; train again") from error
        return cls(**arrays, reasons=reasons, calibrated=bool(about["calibrated"]))


def _about(folder: Path) -> dict[str, Any]:
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"version {folder.name} has no links; train again once people agree to them") from None
    except ValueError as error:
        raise IncompatibleVersion(f"{ABOUT} of {folder.name} is damaged; train again") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise IncompatibleVersion(f"{ABOUT} of {folder.name}: expected format {FORMAT}; train again")
    return about


def forget(folder: Path, user: int) -> bool:
    """Take one person out of all lists in place; False when nobody knew them. May be repeated.

    What is left is an empty list under the index of the person before them in the file, who finds their own
    list first; whoever took over this index in that way moves on with it.
    """
    if not (folder / ABOUT).is_file():
        return False
    users, offsets, others, weight, uncertainty, reason = (
        mapped_to_change(folder / f"links_{name}.npy") for name in _ARRAYS
    )
    gone, at = others == user, slice(*np.searchsorted(users, [user, user + 1]).tolist())
    if at.start < at.stop:
        whole = slice(int(offsets[at.start]), int(offsets[at.stop]))
        gone[whole] |= others[whole] != NOBODY
    others[gone] = NOBODY  # first of all: no list may show them with something missing
    for values in (weight, uncertainty, reason):
        values[gone] = 0
        values.flush()
    others.flush()
    users[at] = (
        users[at.start - 1] if at.start else NOBODY
    )  # last: until then a killed process finds them again
    users.flush()
    return bool(gone.any())


def _check(one: Int64, other: Int64, weight: Float32) -> None:
    if (one == other).any():
        raise InputError("a person is paired with themselves; expected two different people in each pair")
    low, high = np.minimum(one, other), np.maximum(one, other)
    if len(np.unique(np.stack([low, high]), axis=1).T) != len(one):
        raise InputError("a pair is given twice; expected each pair once, in one direction")
    if not ((weight > 0) & (weight <= 1)).all():
        raise InputError("a weight is not above 0 and at most 1; leave out the pairs that have none")
