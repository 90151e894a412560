"""The circles of each user as computed when a version was published, in one file of fixed-size records.

A record has the 16 bytes of the user's pseudonym, the number of circles, their rows and scores; records are
sorted by pseudonym. A person is forgotten in place: processes that have the file mapped see it at once.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

FILE = "lists.npy"
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]


def key_of(user_id: str) -> bytes:
    """16 bytes that name a user: a pseudonym of 32 hex digits as it is, any other id hashed."""
    try:
        key = bytes.fromhex(user_id)
    except ValueError:
        key = b""
    return key if len(key) == 16 and user_id == key.hex() else hashlib.sha256(user_id.encode()).digest()[:16]


def record_of(list_size: int) -> np.dtype[np.void]:
    """Layout of one user's list."""
    size = (list_size,)
    return np.dtype([("user", "V16"), ("num", "<u4"), ("circles", "<u4", size), ("scores", "<f4", size)])


class Lists:
    """Precomputed lists, memory-mapped.

    Args:
        records: `record_of` records, increasing by user.
    """

    def __init__(self, records: npt.NDArray[np.void]) -> None:
        self.records = records

    @classmethod
    def load(cls, folder: Path) -> "Lists":
        return cls(np.asarray(np.load(folder / FILE, mmap_mode="r")))

    def __len__(self) -> int:
        return len(self.records)

    def of(self, user_id: str) -> tuple[Int64, Float32] | None:
        """Circle rows and scores, best first; None for a user without a list."""
        at = _find(self.records, key_of(user_id))
        if at < 0 or not self.records["num"][at]:
            return None
        num = int(self.records["num"][at])
        return self.records["circles"][at][:num].astype(np.int64), self.records["scores"][at][:num].copy()


def write_lists(
    folder: Path,
    users: Sequence[str],
    list_size: int,
    blocks: Iterator[tuple[int, list[tuple[Int64, Float32]]]],
) -> None:
    """Write the lists of all users.

    Args:
        blocks: position of the first user of a block, and the rows and scores of its users in order;
            the blocks may come in any order and together cover all users.
    """
    keys = [key_of(user) for user in users]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    place = {user: at for at, user in enumerate(order)}
    shape = (len(keys),)
    records = np.lib.format.open_memmap(folder / FILE, mode="w+", dtype=record_of(list_size), shape=shape)
    for start, block in blocks:
        for user, (rows, scores) in enumerate(block, start):
            record = records[place[user]]
            record["user"] = np.void(keys[user])
            record["num"] = len(rows)
            record["circles"][: len(rows)] = rows
            record["scores"][: len(rows)] = scores
    records.flush()


def forget(version_folder: Path, user_id: str) -> bool:
    """Overwrite one person's record so that neither the id nor the list is left; False when there is none.

    May be repeated at any time. The list goes before the id, so that a process stopped in between finds the
    record again; the id becomes that of the record before it, so that the order holds. Records that took over
    this person's id in that way move on with it.
    """
    records = np.load(version_folder / FILE, mmap_mode="r+")
    key, start = key_of(user_id), _find(records, key_of(user_id))
    if start < 0:
        return False
    same = slice(start, next(i for i in range(start, len(records) + 1) if not _is(records, i, key)))
    for name in ("num", "circles", "scores"):
        records[name][same] = 0
    records.flush()
    records["user"][same] = records["user"][start - 1] if start else np.void(bytes(16))
    records.flush()
    return True


def _is(records: npt.NDArray[np.void], at: int, key: bytes) -> bool:
    return at < len(records) and records["user"][at].tobytes() == key


def _find(records: npt.NDArray[np.void], key: bytes) -> int:
    """First record of this user, or -1."""
    users, low, high = records["user"], 0, len(records)
    while low < high:
        middle = (low + high) // 2
        if users[middle].tobytes() < key:
            low = middle + 1
        else:
            high = middle
    return low if low < len(records) and users[low].tobytes() == key else -1
