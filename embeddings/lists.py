"""The circles of each user as computed when a version was published, in one file of fixed-size records.

A record has the 16 bytes of the user's pseudonym, the number of circles, their rows and scores, and what is
told of the first of them; records are sorted by pseudonym. A person is forgotten in place: processes that
have the file mapped see it at once. A list of 100 circles takes 956 bytes, or 1,072 where a version has more
than 65,536 circles: a million people stay below 1 GiB. Files of before reasons were kept are read too.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embeddings.told import Sentence, unpack
from graph.arrays import mapped, mapped_to_change

if TYPE_CHECKING:
    from embeddings.batch import TopLists

FILE = "lists.npy"
SMALL_ROWS = 2**16  # circles that two bytes can name
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]
Fields = Mapping[str, tuple[Any, int, int]]
# Places of users in their sequence, the first circle rows of each, -1 after the end of a list, and the room
# of a table -> tables of things (num_users, room) and words (num_users, num_places), see `told.pack`.
Tell = Callable[[Int64, Int64, int], tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]]


def key_of(user_id: str) -> bytes:
    """16 bytes that name a user: a pseudonym of 32 hex digits as it is, any other id hashed."""
    try:
        key = bytes.fromhex(user_id)
    except ValueError:
        key = b""
    return key if len(key) == 16 and user_id == key.hex() else hashlib.sha256(user_id.encode()).digest()[:16]


def record_of(list_size: int, num_circles: int) -> np.dtype[np.void]:
    """Layout of one user's list."""
    row, places, things = ("<u2", 20, 44) if num_circles <= SMALL_ROWS else ("<u4", 14, 35)
    size = (list_size,)
    return np.dtype(
        [
            ("user", "V16"),
            ("num", "<u4"),
            ("circles", row, size),
            ("scores", "<f4", size),
            ("things", "<u4", (things,)),
            ("told", "<u8", (places,)),
        ]
    )


class Lists:
    """Precomputed lists, memory-mapped.

    Args:
        records: `record_of` records, increasing by user.
    """

    def __init__(self, records: npt.NDArray[np.void]) -> None:
        self.records = records
        # A slice of bytes costs a tenth of a record or one of its fields.
        every = np.frombuffer(records, np.uint8) if len(records) else np.zeros(0, np.uint8)
        self._bytes = every.data
        self._fields = fields_of(records.dtype)

    @classmethod
    def load(cls, folder: Path) -> "Lists":
        return cls(mapped(folder / FILE))

    def __len__(self) -> int:
        return len(self.records)

    def of(self, user_id: str) -> tuple[Int64, Float32] | None:
        """Circle rows and scores, best first; None for a user without a list."""
        entry = self.entry(user_id)
        return None if entry is None else (entry.rows, entry.scores)

    def entry(self, user_id: str) -> "Entry | None":
        """The same with what is told of the first circles."""
        key, layout, kept = key_of(user_id), self.records.dtype, self._bytes
        low, high, size = 0, len(self.records), layout.itemsize
        while low < high:
            middle = (low + high) // 2
            start = middle * size
            if kept[start : start + len(key)].tobytes() < key:
                low = middle + 1
            else:
                high = middle
        found = bytes(kept[low * size : (low + 1) * size])  # as it is now, even if overwritten next
        if not found.startswith(key):
            return None
        entry = Entry(found, self._fields)
        return entry if entry.num else None


class Entry:
    """One person's list, read from the bytes of their record: whoever asks for ten circles reads ten.

    Args:
        record: as it was when it was looked up.
        fields: of a record, see `fields_of`.
    """

    __slots__ = ("_fields", "_record", "num")

    def __init__(self, record: bytes, fields: Fields) -> None:
        self._record, self._fields = memoryview(record), fields
        self.num: int = self._numbers("num")[0]

    def _numbers(self, name: str, most: int | None = None) -> Any:
        """A field, or the first of its numbers."""
        code, start, size = self._fields[name]
        numbers = self._record[start : start + size].cast(code)
        return numbers if most is None else numbers[:most]

    @property
    def listed(self) -> tuple[Sequence[int], Sequence[float]]:
        """Circle rows and their scores, best first."""
        return self._numbers("circles", self.num), self._numbers("scores", self.num)

    @property
    def rows(self) -> Int64:
        """int64 (n,)."""
        return np.array(self.listed[0], dtype=np.int64)

    @property
    def scores(self) -> Float32:
        """float32 (n,)."""
        return np.array(self.listed[1], dtype=np.float32)

    def told(self, wanted: Collection[int] | None = None) -> dict[int, tuple[Sentence, ...]]:
        """What is told of the first circles, by circle row; empty where nothing was kept.

        Args:
            wanted: rows to read; all when absent.
        """
        if "told" not in self._fields:
            return {}
        words = self._numbers("told", self.num)
        things = self._numbers("things")
        wanted = None if wanted is None else frozenset(wanted)
        return {
            row: told
            for row, word in zip(self._numbers("circles", len(words)), words, strict=True)
            if (wanted is None or row in wanted) and (told := unpack(things, word)) is not None
        }


def fields_of(layout: np.dtype[np.void]) -> Fields:
    """Fields of numbers in a record: name -> code of its numbers, its first byte, and its bytes."""
    fields: Mapping[str, Any] = layout.fields or {}
    return {
        name: (kind.base.char, start, kind.itemsize)
        for name, (kind, start, *_) in fields.items()
        if kind.base.char != "V"
    }


def write_lists(
    folder: Path, users: Sequence[str], list_size: int, num_circles: int, blocks: "Iterable[TopLists]"
) -> None:
    """Write the lists of all users.

    Args:
        blocks: the lists of the users in order, of as many circles as `list_size` or fewer.
    """
    keys = _keys(users)
    place = np.empty(len(keys), np.int64)
    place[_order(keys)] = np.arange(len(keys))
    layout, shape = record_of(list_size, num_circles), (len(keys),)
    records, start = np.lib.format.open_memmap(folder / FILE, mode="w+", dtype=layout, shape=shape), 0
    for block in blocks:
        these = slice(start, start + len(block))
        made, start = np.zeros(len(block), dtype=layout), these.stop
        made["user"], made["num"] = keys[these], block.num
        made["circles"][:, : block.rows.shape[1]] = block.rows
        made["scores"][:, : block.scores.shape[1]] = block.scores
        records[place[these]] = made
    records.flush()


def write_told(folder: Path, users: Sequence[str], tell: Tell, at_once: int) -> None:
    """Keep what is told of the first circles of each user's list.

    Args:
        users: everybody who has a list, in any order.
        at_once: people of a block.
    """
    records = mapped_to_change(folder / FILE)
    places, room = (records.dtype[name].shape[0] for name in ("told", "things"))
    order = _order(_keys(users))
    for start in range(0, len(order), at_once):
        block = records[start : start + at_once]
        circles = block["circles"][:, :places].astype(np.int64)
        circles[np.arange(circles.shape[1]) >= block["num"][:, None].astype(np.int64)] = -1
        block["things"], words = tell(order[start : start + at_once], circles, room)
        block["told"][:, : words.shape[1]] = words
    records.flush()


def _keys(users: Sequence[str]) -> npt.NDArray[np.void]:
    return np.frombuffer(b"".join(map(key_of, users)), dtype="V16")


def _order(keys: npt.NDArray[np.void]) -> Int64:
    """Places of the keys as they increase."""
    halves = keys.view(">u8").reshape(len(keys), 2)
    return np.lexsort((halves[:, 1], halves[:, 0]))


def forget(version_folder: Path, user_id: str) -> bool:
    """Overwrite one person's record so that neither the id nor the list is left; False when there is none.

    May be repeated at any time. The list goes before the id, so that a process stopped in between finds the
    record again; the id becomes that of the record before it, so that the order holds. Records that took over
    this person's id in that way move on with it.
    """
    records = mapped_to_change(version_folder / FILE)
    key, start = key_of(user_id), _find(records, key_of(user_id))
    if start < 0:
        return False
    same = slice(start, next(i for i in range(start, len(records) + 1) if not _is(records, i, key)))
    for name in (name for name in records.dtype.names or () if name != "user"):
        records[name][same] = 0
    records.flush()
    records["user"][same] = records["user"][start - 1] if start else np.void(bytes(16))
    records.flush()
    return True


def _is(records: npt.NDArray[np.void], at: int, key: bytes) -> bool:
    return at < len(records) and records["user"][at].tobytes() == key


def _find(records: npt.NDArray[np.void], key: bytes) -> int:
    """First record of this user, or -1."""
    users = records["user"]
    at = bisect_left(range(len(records)), key, key=lambda place: users[place].tobytes())
    return at if _is(records, at, key) else -1
