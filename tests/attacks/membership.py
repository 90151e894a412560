"""Can somebody with all files of a version tell who was learned from? A town in several worlds.

In one world half of the targets were there, in the other the other half; each person is so compared with
themself, and chance is exactly .5. The attacker knows the payments and circles of a target, has the version,
and one of their own that was trained without any target on otherwise the same town: what differs between the
two, where the target left marks, is the evidence.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.commands.common import Parts
from api.commands.train import train
from api.services.erasure import Signer, forget
from embeddings.registry import Registry, Version
from graph.csr import Csr
from graph.settings import Settings
from loaders.run import load

LOADED_AT = 1_790_000_000
TABLES = ("merchants", "products", "circles", "themes", "users", "memberships", "links", "payments")


@dataclass(frozen=True)
class Known:
    """What the attacker knows of a target."""

    account: str
    merchants: tuple[str, ...]
    circles: tuple[str, ...]


@dataclass
class World:
    """The town without some people, in a home of its own. address: of its store; embedded when empty."""

    folder: Path
    town: Path
    without: Sequence[str]
    address: str = ""
    parts: Parts = field(init=False)

    def __post_init__(self) -> None:
        store = {"store": self.address} if self.address else {}
        self.parts = Parts(Settings(home=self.folder / "home", **store))
        self.parts.home.make().key_file.write_text("k" * 64)
        exports = leave_out(self.town, self.folder / "exports", self.without)
        load([str(exports)], home=self.parts.home, store=self.parts.store, policy=self.parts.policy,
             key=self.parts.key, now=LOADED_AT)  # fmt: skip

    def trained(self, *, gnn: bool) -> Version:
        train(self.parts, quick=not gnn, device="cpu")
        return Registry(self.parts.home.versions).current()

    def erase(self, accounts: Iterable[str]) -> None:
        registry = Registry(self.parts.home.versions)
        signer = Signer(self.parts.home.path, self.parts.policy.policy_id)
        for account in accounts:
            user = self.parts.pseudonym(account)
            done = forget(
                self.parts.home, self.parts.store, registry, user, clock=lambda: LOADED_AT + 1, signer=signer
            )
            assert done.receipt is not None, account

    def close(self) -> None:
        self.parts.store.close()


def leave_out(town: Path, folder: Path, accounts: Sequence[str]) -> Path:
    """The tables of a town as if some people had never been; all others agree to circles, nobody to links."""
    folder.mkdir(parents=True)
    gone = pa.array(list(accounts), pa.string())
    for name in TABLES:
        table = pq.read_table(town / f"{name}.parquet")
        for column in ("user_id", "other_user_id"):
            if column in table.column_names:
                table = table.filter(pc.invert(pc.is_in(table[column].cast(pa.string()), gone)))
        pq.write_table(table, folder / f"{name}.parquet")
    users = pq.read_table(folder / "users.parquet")["user_id"].to_pylist()
    consents = {"user_id": users, "purpose": ["circles"] * len(users), "granted": [True] * len(users)}
    consents["at"] = [datetime.fromtimestamp(LOADED_AT, UTC)] * len(users)
    pq.write_table(pa.table(consents), folder / "consents.parquet")
    return folder


def targets(town: Path, number: int) -> list[Known]:
    """People of the town who joined a circle, drawn by chance."""
    joined = _of_people(town / "memberships.parquet", "circle_id")
    paid = _of_people(town / "payments.parquet", "merchant_id")
    chosen = np.random.default_rng(5).permutation(sorted(joined))[:number].tolist()
    assert len(chosen) == number
    return [Known(one, tuple(sorted(paid.get(one, set()))), tuple(sorted(joined[one]))) for one in chosen]


def _of_people(path: Path, column: str) -> dict[str, set[str]]:
    table = pq.read_table(path, columns=["user_id", column])
    found: dict[str, set[str]] = {}
    for user, thing in zip(table["user_id"].to_pylist(), table[column].to_pylist(), strict=True):
        found.setdefault(str(user), set()).add(str(thing))
    return found


# -- the attack ---------------------------------------------------------------------------------------


def marks(version: Version, target: Known) -> npt.NDArray[np.float64]:
    """What a version says where the target would have left marks: weights, members, closeness of vectors."""
    circles = version.circles.find_all(list(target.circles))
    rows = {"circle": circles, "merchant": version.merchants.find_all(list(target.merchants))}
    rows = {kind: places[places >= 0] for kind, places in rows.items()}
    circles = rows["circle"]
    found = {channel.name: channel for channel in version.model.channels}  # a search may leave some out
    weights = [
        _sum(found[name].matrix, rows[kind], circles) if name in found else 0.0
        for name, kind in (("members", "circle"), ("merchants", "merchant"))
    ]
    members = float(version.model.num_members[circles].sum())
    return np.array([members, *weights, _closeness(version, rows, circles)])


def _sum(matrix: Csr, rows: npt.NDArray[np.int64], circles: npt.NDArray[np.int64]) -> float:
    parts = [slice(int(matrix.indptr[row]), int(matrix.indptr[row + 1])) for row in rows]
    weights = matrix.columns["weight"]
    return float(sum(weights[part][np.isin(matrix.indices[part], circles)].sum() for part in parts))


def _closeness(
    version: Version, rows: dict[str, npt.NDArray[np.int64]], circles: npt.NDArray[np.int64]
) -> float:
    gnn = version.model.gnn
    if gnn is None:
        return 0.0
    mine = sum(gnn.things[kind][found].sum(axis=0) for kind, found in rows.items() if kind in gnn.things)
    return float((gnn.circles[circles] @ mine).sum())


def evidence(version: Version, without: Version, people: Sequence[Known]) -> npt.NDArray[np.float64]:
    """How much more a version agrees with each person than one trained without any: (num_people,).

    Each mark is scaled by what it usually differs by, and they are added.
    """
    differences = np.array([marks(version, one) - marks(without, one) for one in people])
    usual = np.abs(differences).mean(axis=0)
    return np.asarray((differences / np.where(usual > 0, usual, 1)).sum(axis=1))


def auc(inside: npt.NDArray[np.float64], outside: npt.NDArray[np.float64]) -> float:
    """The chance that somebody who was there has more evidence than somebody who was not; ties count half."""
    higher = (inside[:, None] > outside[None, :]).mean()
    return float(higher + 0.5 * (inside[:, None] == outside[None, :]).mean())


@dataclass(frozen=True)
class Outcome:
    """AUC of the attack on versions that learned from the targets, and after they were erased. largest: the
    largest difference of any evidence then from that of a version which never knew them."""

    learned: float
    erased: float
    largest: float


def attacked(folder: Path, town: Path, people: Sequence[Known], *, gnn: bool) -> Outcome:
    """Train both worlds with their targets, erase these, train again; and attack before and after."""
    halves = people[::2], people[1::2]
    with closing(World(folder / "none", town, [one.account for one in people])) as world:
        without = world.trained(gnn=gnn)
    found: dict[str, list[npt.NDArray[np.float64]]] = {"in": [], "out": [], "gone": [], "never": []}
    for number, (there, away) in enumerate((halves, halves[::-1])):
        with closing(World(folder / f"half-{number}", town, [one.account for one in away])) as world:
            version = world.trained(gnn=gnn)
            found["in"].append(evidence(version, without, there))
            found["out"].append(evidence(version, without, away))
            world.erase(one.account for one in there)
            version = world.trained(gnn=gnn)
            found["gone"].append(evidence(version, without, there))
            found["never"].append(evidence(version, without, away))
    joined = {name: np.concatenate(parts) for name, parts in found.items()}
    largest = float(np.abs(np.concatenate([joined["gone"], joined["never"]])).max())
    return Outcome(auc(joined["in"], joined["out"]), auc(joined["gone"], joined["never"]), largest)
