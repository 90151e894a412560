"""The portraits of all merchants in one week: an immutable file, published by a rename, read in place.

    portraits/2026-W47.sqlite    bodies by merchant, label lists, peers

A week holds every merchant that has a portrait: made this week, or carried over from an earlier one. Readers
open the newest file and see it whole; it never changes. SQLite, since the standard library reads one row of a
million in microseconds.
"""

import json
import os
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from graph.errors import StoreError
from graph.portraits.body import Body
from graph.portraits.growth import Around, around
from graph.portraits.history import History
from graph.portraits.questions import Labels
from graph.queries import load_queries

FORMAT = 2
KEPT = 3  # newest files; a reader may still hold the one before
_NAME = re.compile(r"([0-9]{4}-W[0-9]{2})\.sqlite")
_QUERIES = load_queries("portraits")


@dataclass(frozen=True)
class Peers:
    """Similar merchants of one merchant, together.

    number: of peers. chosen_by: how they were chosen, name -> value for people, such as {"kind": "store"}.
    counts: question -> noisy counts of all peers added up, flat, in the labels of the merchant's own body.
    people: of all peers. measures: name -> 25th, 50th and 75th percentile over peers.
    """

    number: int
    chosen_by: Mapping[str, str]
    people: int
    counts: Mapping[str, list[int]]
    measures: Mapping[str, tuple[float, float, float]]


@dataclass
class PortraitWeek:
    """One week's file, open for reading; shared by threads."""

    path: Path
    _db: sqlite3.Connection = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _labels: dict[str, Labels] = field(default_factory=dict, repr=False)
    _around: dict[str, Around | None] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, path: Path) -> "PortraitWeek":
        """Raises StoreError where the file is damaged or of another format."""
        address = f"file:{quote(str(path))}?mode=ro&immutable=1"
        try:
            db = sqlite3.connect(address, uri=True, check_same_thread=False)
            row = db.execute(_QUERIES["format"]).fetchone()
        except sqlite3.Error as error:
            raise _unreadable(path, error) from error
        if row is None or row[0] != str(FORMAT):
            raise StoreError(
                f"portraits {str(path)!r} are of another format; `circles portraits build` makes new ones"
            )
        return cls(path, db)

    @property
    def week(self) -> str:
        return self.path.stem

    def about(self) -> dict[str, str]:
        """Facts of the whole week, such as `made_at`."""
        return dict(self._rows("about"))

    def body(self, merchant_id: str) -> Body | None:
        found = self._rows("body", merchant_id)
        if not found:
            return None
        value = json.loads(found[0][0])
        return Body.read(value, self.labels(value["labels_id"]))

    def peers(self, merchant_id: str) -> Peers | None:
        """None where there are too few similar merchants, or no portrait."""
        found = self._rows("peers", merchant_id)
        if not found or not found[0][0]:
            return None
        value = json.loads(found[0][0])
        measures = {name: tuple(percentiles) for name, percentiles in value["measures"].items()}
        return Peers(**value | {"measures": measures})

    def labels(self, labels_id: str) -> Labels:
        if labels_id not in self._labels:
            ((text,),) = self._rows("labels", labels_id)
            self._labels[labels_id] = Labels(**{k: tuple(v) for k, v in json.loads(text).items()})
        return self._labels[labels_id]

    def bodies(self) -> Iterable[Body]:
        """All of them, by merchant id."""
        for merchant_id in self.merchants():
            body = self.body(merchant_id)
            if body is not None:
                yield body

    def merchants(self) -> list[str]:
        """Ids of merchants that have a portrait, sorted."""
        return [row[0] for row in self._rows("merchants")]

    def ends(self) -> dict[str, int]:
        """Where the window of each merchant's portrait ends: id -> epoch seconds."""
        return dict(self._rows("ends"))

    def tried(self) -> dict[str, int]:
        """Merchants whose fans were found too few: id -> week of that count, in weeks since 1970."""
        return dict(self._rows("tried"))

    def history(self) -> History:
        """What everybody bought, by period; empty where nothing is known."""
        return History.read(self.about().get("history", "[]"))

    def around(self, labels: Labels, least_people: int) -> Around | None:
        """What everybody does, for portraits with these labels; followed once. None where nothing is known.

        Args:
            least_people: of a period.
        """
        if labels.labels_id not in self._around:
            self._around[labels.labels_id] = around(self.history(), labels.categories, least_people)
        return self._around[labels.labels_id]

    def check(self) -> None:
        """Read the whole file. Raises StoreError where a part of it is damaged."""
        ((found, *_), *_) = self._rows("check")
        if found != "ok":
            raise _unreadable(self.path, found)

    def close(self) -> None:
        self._db.close()

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(_QUERIES[query], values).fetchall()
        except sqlite3.Error as error:
            raise _unreadable(self.path, error) from error


def write_week(
    folder: Path,
    week: str,
    labels: Iterable[Labels],
    portraits: Iterable[tuple[Body, Peers | None]],
    about: Mapping[str, str],
    tried: Mapping[str, int] | None = None,
) -> Path:
    """Publish a week, whole or not at all; an earlier file of the same week is replaced. Hold `portraits`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(".*.sqlite"):
        left.unlink()  # of a build that was killed while it wrote
    small = {} if tried is None else tried  # not `or`: it may fill up only while the portraits are made
    staged = folder / f".{week}-{secrets.token_hex(4)}.sqlite"
    try:
        _write(staged, {"format": str(FORMAT), "week": week} | dict(about), labels, portraits, small)
    except BaseException as error:
        staged.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error):
            raise StoreError(
                f"portraits {str(staged)!r} cannot be written: {error}; see to its disk"
            ) from error
        raise
    staged.chmod(0o600)
    os.replace(staged, folder / f"{week}.sqlite")
    for old in sorted(weeks(folder))[:-KEPT]:
        (folder / f"{old}.sqlite").unlink(missing_ok=True)
    return folder / f"{week}.sqlite"


def _write(
    path: Path,
    facts: Mapping[str, str],
    labels: Iterable[Labels],
    portraits: Iterable[tuple[Body, Peers | None]],
    tried: Mapping[str, int],
) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            f"pragma journal_mode = off; pragma synchronous = full; begin; {_QUERIES['schema']};"
        )
        db.executemany(_QUERIES["put_about"], facts.items())
        db.executemany(_QUERIES["put_labels"], ((x.labels_id, _text(vars(x))) for x in labels))
        db.executemany(
            _QUERIES["put_portrait"],
            ((b.merchant_id, b.dumped(), None if p is None else _text(vars(p))) for b, p in portraits),
        )
        db.executemany(_QUERIES["put_tried"], tried.items())
        db.commit()


def weeks(folder: Path) -> list[str]:
    """Weeks that are there, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(match[1] for path in folder.iterdir() if (match := _NAME.fullmatch(path.name)))


@dataclass
class PortraitWeeks:
    """The newest week of a home, opened once and again when there is a newer one."""

    folder: Path
    _open: tuple[tuple[str, int], PortraitWeek] | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def current(self) -> PortraitWeek | None:
        """None where none was ever built."""
        names = weeks(self.folder)
        if not names:
            return None
        path = self.folder / f"{names[-1]}.sqlite"
        stamp = (names[-1], path.stat().st_ino)
        with self._lock:
            if self._open is None or self._open[0] != stamp:
                self._open = (stamp, PortraitWeek.open(path))
            return self._open[1]


def _unreadable(path: Path, error: sqlite3.Error | str) -> StoreError:
    why = str(error).replace("\n", " ")
    return StoreError(f"portraits {str(path)!r} cannot be read: {why}; `circles portraits build` mends that")


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
