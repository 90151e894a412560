"""Find the rows of the log between some pairs of users and things, without the dataframe engine.

A day's payments touch few pairs of many. Three columns of every file are compared with the pairs, which is
far quicker than joining whole rows; where a file has rows between them, its other columns are read too.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from graph.edges import KEYS
from graph.log import NONE, ROW

MOST_ROWS = 2_000_000  # found rows that are kept in memory: 70 MB
_MARKS_A_PAIR = 32  # so that about 2 in 100 others look like a pair, 5 where ids are regular
_MOST_BITS = 28  # of the marks: 256 MB, for ten million pairs
_FACTORS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))  # odd, no pattern in their bits
# What edges are made of; the other columns of the log are never read to add it up.
COLUMNS = tuple(name for name in ROW.names or () if name not in ("payment", "declared"))
_LOOKED_AT = ("user", "merchant", "product")

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


class Marks:
    """A set of pairs that never denies one of its own, and seldom takes another for one.

    Args:
        users, things: (n,), the pairs.
    """

    def __init__(self, users: Int64, things: Int64) -> None:
        bits = min(_MOST_BITS, max(10, (_MARKS_A_PAIR * len(users)).bit_length()))
        self._shift = np.uint64(64 - bits)
        self._users = np.zeros(int(users.max(initial=-1)) + 2, dtype=bool)
        self._users[users] = True
        self._marks = np.zeros(1 << bits, dtype=bool)
        self._marks[self._places(users, things)] = True

    def of_users(self, users: npt.NDArray[np.integer]) -> Bool:
        """Whether each user is in any pair; exact."""
        return np.asarray(self._users[np.minimum(users, len(self._users) - 1)])

    def of_pairs(self, users: npt.NDArray[np.integer], things: npt.NDArray[np.integer]) -> Bool:
        """Whether each pair may be one of the set."""
        return np.asarray(self._marks[self._places(users, things)])

    def _places(
        self, users: npt.NDArray[np.integer], things: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.uint64]:
        mixed = users.astype(np.uint64) * _FACTORS[0] + things.astype(np.uint64) * _FACTORS[1]
        return mixed >> self._shift


class Pairs:
    """The pairs of one kind of edge: marks to look at many rows quickly, and the pairs to be exact.

    Args:
        users, things: (n,), merchants for `paid`, products for `bought`.
    """

    def __init__(self, kind: str, users: Int64, things: Int64) -> None:
        self.thing = KEYS[kind][0]
        self._marks = Marks(users, things)
        self._pairs = np.sort(users << 32 | things)

    def positions(self, columns: pa.Table, user: npt.NDArray[np.uint32]) -> Int64:
        """Which rows lie between the pairs."""
        rows = np.flatnonzero(self._marks.of_users(user))
        things = columns[self.thing].fill_null(NONE).to_numpy()[rows]
        maybe = self._marks.of_pairs(user[rows], things)
        rows, keys = rows[maybe], user[rows[maybe]].astype(np.int64) << 32 | things[maybe]
        at = np.searchsorted(self._pairs, keys)
        return np.asarray(rows[self._pairs[np.minimum(at, len(self._pairs) - 1)] == keys])


def rows_between(
    files: Iterable[Path], waiting: pa.Table, pairs: Mapping[str, tuple[Int64, Int64]]
) -> dict[str, pa.Table] | None:
    """Rows between pairs.

    Args:
        files: of the log.
        waiting: further rows, with `COLUMNS`.
        pairs: kind of edge -> users and merchants or products.

    Returns:
        Kind -> columns `COLUMNS`; None when more than `MOST_ROWS` were found.
    """
    wanted = {kind: Pairs(kind, *both) for kind, both in pairs.items()}
    parts = {kind: [rows] for kind, rows in _taken(waiting, _positions(waiting, wanted)).items()}
    num_found = 0
    for path in files:
        found = _found(path, wanted)
        num_found += sum(rows.num_rows for rows in found.values())
        if num_found > MOST_ROWS:
            return None
        for kind, rows in found.items():
            parts[kind].append(rows)
    return {kind: pa.concat_tables(tables) for kind, tables in parts.items()}


def _found(path: Path, wanted: Mapping[str, Pairs]) -> dict[str, pa.Table]:
    """Rows of one file by kind of edge; none where there are no rows."""
    with pa.memory_map(str(path)) as source:
        file = pq.ParquetFile(source)
        columns = file.read(columns=list(_LOOKED_AT), use_threads=False)
        positions = {kind: rows for kind, rows in _positions(columns, wanted).items() if len(rows)}
        if not positions:
            return {}
        rest = file.read(columns=[name for name in COLUMNS if name not in _LOOKED_AT], use_threads=False)
        for name in rest.column_names:
            columns = columns.append_column(name, rest[name])
        return _taken(columns, positions)


def _positions(columns: pa.Table, wanted: Mapping[str, Pairs]) -> dict[str, Int64]:
    user = columns["user"].to_numpy()
    return {kind: pairs.positions(columns, user) for kind, pairs in wanted.items()}


def _taken(columns: pa.Table, positions: Mapping[str, Int64]) -> dict[str, pa.Table]:
    return {kind: columns.select(COLUMNS).take(pa.array(rows)) for kind, rows in positions.items()}
