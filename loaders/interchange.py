"""An interchange folder as plain tables, for evaluation: no store, no pseudonyms, ids as they are.

The same readers and checks as for loading. Payments pass through a payment log of their own in a temporary
folder, so that edges mean the same here and there. Everybody counts as consenting.
"""

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.aggregate import connect
from graph.cut import Tables
from graph.edges import UserEdges
from graph.errors import InputError
from graph.log import Manifest, PaymentLog
from graph.policy.values import Policy
from graph.schema import Purpose
from graph.stores.base import ThemeTarget
from loaders.completejourney import NAME as COMPLETE_JOURNEY
from loaders.files import TableFile
from loaders.interning import Int64, Interners, Numbering
from loaders.mapping import read_map
from loaders.parsing import Parser
from loaders.payments import Intake
from loaders.placing import labels_from
from loaders.recovery import silent
from loaders.refused import Refused
from loaders.sources import find
from loaders.staging import Staging
from loaders.tables import Columns, TableReader
from loaders.writing import write_segment

# Public data has no clock: nothing in it is in the future.
_LATEST = 2**32 - 1 - 86_400
_MEMORY = "1GB"


def read_tables(
    source: str,
    *,
    mapping: Path | None = None,
    policy: Policy,
    unknown_category: str = "ordinary",
    cut: int | None,
) -> Tables:
    """Read a folder (without its `test/`), a file or `completejourney`.

    Args:
        cut: epoch seconds; payments, memberships and links from then on are left out. What a circle is
            about is known before it begins, so circles stay.

    Raises:
        InputError: something cannot be read.
    """
    with reading(source, mapping, policy) as opened:
        return opened.tables(unknown_category, cut)


def read_moments(
    source: str,
    cuts: Sequence[int | None],
    *,
    mapping: Path | None = None,
    policy: Policy,
    unknown_category: str = "ordinary",
) -> Iterator[Tables]:
    """The same as `read_tables` for each of several cuts, while the files are read once."""
    with reading(source, mapping, policy) as opened:
        for cut in cuts:
            yield opened.tables(unknown_category, cut)


def read_with_answers(
    source: str, *, mapping: Path | None = None, policy: Policy, unknown_category: str = "ordinary"
) -> Iterator[Tables]:
    """A folder as it is, and again with the payments under `test/` where there are any."""
    yield read_tables(source, mapping=mapping, policy=policy, unknown_category=unknown_category, cut=None)
    folder = Path(source) / "test"
    if source == COMPLETE_JOURNEY or not any(folder.glob("payments.*")):
        return
    with reading(source, mapping, policy) as opened:
        tested = find([str(folder)], read_map(mapping), policy)
        opened.files.extend(file for file in tested if file.table == "payments")
        yield opened.tables(unknown_category, None)


def read_answers(
    source: str, *, mapping: Path | None = None, policy: Policy, cut: int | None
) -> dict[str, list[str]]:
    """What is to be found: user id -> circle ids, sorted.

    Without a cut the memberships under `test/`; with one, those that begin at it or later, without circles
    that the person had been in before.

    Raises:
        InputError: there is no such table, or a cut but no dates.
    """
    if cut is not None:
        with reading(source, mapping, policy) as opened:
            return _grouped(_later(opened.table("memberships"), cut, source))
    folder = Path(source) / "test"
    if source == COMPLETE_JOURNEY or not folder.is_dir():
        raise InputError(f"{source!r} has no folder `test` with answers; name a moment with --cut")
    with reading(str(folder), mapping, policy) as opened:
        members = opened.table("memberships")
        return _grouped(list(zip(members["user_id"], members["circle_id"], strict=True)))


def read_cities(source: str, *, mapping: Path | None = None, policy: Policy) -> dict[str, str | None]:
    """User id -> city, of the table of users; empty where there is none."""
    with reading(source, mapping, policy) as opened:
        users = opened.table("users")
    return dict(zip(users["user_id"], users["city"], strict=True))


def _later(members: Columns, cut: int, source: str) -> list[tuple[str, str]]:
    rows = list(zip(members["user_id"], members["circle_id"], members["joined_at"], strict=True))
    if not any(joined is not None for _, _, joined in rows):
        raise InputError(f"{source!r}: no membership has a joined_at, so nothing can be cut by date")
    before = {(user, circle) for user, circle, joined in rows if joined is None or joined < cut}
    after = {(user, circle) for user, circle, joined in rows if joined is not None and joined >= cut}
    return sorted(after - before)


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = defaultdict(list)
    for user, circle in sorted(set(pairs)):
        out[user].append(circle)
    return dict(out)


@contextmanager
def reading(source: str, mapping: Path | None, policy: Policy) -> Iterator["_Reading"]:
    """The files of a source, opened for a while; a table is read when it is asked for."""
    files = find([source], read_map(mapping), policy)
    with tempfile.TemporaryDirectory(prefix="circles-") as folder:
        connection = connect(Path(folder) / "spill", _MEMORY, None)
        try:
            yield _Reading(files, Path(folder), policy, Parser(connection))
        finally:
            connection.close()


@dataclass
class _Reading:
    """The files of a source while they are read into tables."""

    files: list[TableFile]
    folder: Path
    policy: Policy
    parser: Parser

    def __post_init__(self) -> None:
        self.number_of = {label: Numbering() for label in ("User", "Merchant", "Product", "Circle")}
        self.interners = Interners(self.number_of.__getitem__)
        self._log: PaymentLog | None = None
        self._read: dict[str, Columns] = {}

    def table(self, name: str) -> Columns:
        """Good rows of one table; empty when there is no file of it."""
        reader = TableReader(self.parser, None, _LATEST)
        return reader.read(name, [file for file in self.files if file.table == name])

    def tables(self, unknown_category: str, cut: int | None) -> Tables:
        """Everything before the cut."""
        number = self.interners
        names = ("users", "merchants", "products", "circles", "themes", "memberships", "links")
        read = self._read = self._read or {name: self.table(name) for name in names}
        number.user.of_list(read["users"]["user_id"])
        for name, interner in (("merchant", number.merchant), ("product", number.product)):
            interner.of_list(read[f"{name}s"][f"{name}_id"])
        for table, named in (("products", "merchant_id"), ("circles", "owner_id")):
            number.merchant.of_list([merchant for merchant in read[table][named] if merchant is not None])
        number.circle.of_list(read["circles"]["circle_id"])
        log = self._log = self._log or self._logged(read, unknown_category)
        edges = log.aggregate(until=None if cut is None else cut - 1, memory=_MEMORY)
        members, left = _members(read["memberships"], number, cut)
        themes = _themes(read["themes"], number)
        links = _links(read["links"], number, cut)
        ids = {label: numbering.ids for label, numbering in self.number_of.items()}
        makers = _positions(ids["Merchant"], read["products"]["merchant_id"])
        owners = _positions(ids["Merchant"], read["circles"]["owner_id"])
        products = read["products"] | {"merchant": makers}
        circles = read["circles"] | {"owner": owners}
        of_merchants = ("name", "category", "scene", "sensitive")
        everybody = np.ones(len(ids["User"]), dtype=bool)
        return Tables(
            users={"id": ids["User"]},
            merchants=_nodes(ids["Merchant"], read["merchants"], *of_merchants),
            products=_nodes(ids["Product"], products, "name", "category", "merchant", "sensitive"),
            circles=_nodes(ids["Circle"], circles, "name", "scene", "owner", "state", "created_at"),
            paid=_columns(edges["paid"], "merchant"),
            bought=_columns(edges["bought"], "product"),
            members=members,
            dismissed=left,
            links=links,
            themes=themes,
            consents={purpose.value: everybody for purpose in Purpose},
        )

    def _logged(self, read: Mapping[str, Columns], unknown_category: str) -> PaymentLog:
        """Every payment in a log of its own."""
        log = PaymentLog(self.folder / "log")
        products, merchants = (
            {"index": range(len(read[name][key])), **read[name]}
            for name, key in (("products", "product_id"), ("merchants", "merchant_id"))
        )
        labels = labels_from(products, merchants, self.policy, unknown_category)
        with Refused(self.folder, "refused") as refused:
            staging, nothing = Staging(log.staging), np.zeros(0, dtype=np.uint64)
            intake = Intake(log, staging, refused, self.policy, self.parser, _LATEST, nothing)
            intake.read([file for file in self.files if file.table == "payments"], lambda done: None)
        written = write_segment(log, intake, self.interners, labels, told=silent)
        log.commit(Manifest().replaced((), [written.segment]))
        return log


def _nodes(ids: list[str], read: Mapping[str, Sequence[Any]], *names: str) -> dict[str, list[Any]]:
    """Columns by position; things that only other tables name come last and are unknown."""
    missing = len(ids) - len(read[names[0]])
    return {"id": ids, **{name: [*read[name], *[None] * missing] for name in names}}


def _positions(ids: list[str], values: Sequence[str | None]) -> list[int]:
    position_of = {value: i for i, value in enumerate(ids)}
    return [position_of.get(value, -1) if value is not None else -1 for value in values]


def _columns(edges: UserEdges, other: str) -> dict[str, npt.NDArray[Any]]:
    columns = {name: edges.edges[name] for name in edges.edges.dtype.names or ()}
    users = np.repeat(edges.users, np.diff(edges.offsets))
    return columns | {"user": users, other: edges.edges[other].astype(np.int64)}


def _members(read: Columns, number: Interners, cut: int | None) -> tuple[dict[str, Int64], dict[str, Int64]]:
    """Current members at the cut, and who had left by then."""
    end = sys.maxsize if cut is None else cut
    joined = np.array([-1 if at is None else at for at in read["joined_at"]], dtype=np.int64)
    left = np.array([end if at is None else at for at in read["left_at"]], dtype=np.int64)
    begun = joined < end
    users, circles = number.user.of_list(read["user_id"]), number.circle.of_list(read["circle_id"])
    now, gone = begun & (left >= end), begun & (left < end)
    members = np.unique(np.stack([users[now], circles[now]]), axis=1, return_index=True)[1]
    left_pairs = np.unique(np.stack([users[gone], circles[gone]]), axis=1)
    return (
        {
            "user": users[now][members],
            "circle": circles[now][members],
            "joined_at": np.maximum(joined[now][members], 0),
        },
        {"user": left_pairs[0], "circle": left_pairs[1]},
    )


def _links(read: Columns, number: Interners, cut: int | None) -> dict[str, Int64]:
    since = np.array([-1 if at is None else at for at in read["since"]], dtype=np.int64)
    known = since < (sys.maxsize if cut is None else cut)
    users, others = number.user.of_list(read["user_id"]), number.user.of_list(read["other_user_id"])
    return {"user": users[known], "other": others[known], "since": np.maximum(since[known], 0)}


def _themes(read: Columns, number: Interners) -> dict[int, list[ThemeTarget]]:
    out: dict[int, list[ThemeTarget]] = defaultdict(list)
    circles = number.circle.of_list(read["circle_id"]).tolist()
    rows = zip(circles, read["kind"], read["target_id"], read["weight"], strict=True)
    for circle, kind, target, weight in rows:
        out[circle].append(ThemeTarget(kind, target, 1.0 if weight is None else weight))
    return dict(out)
