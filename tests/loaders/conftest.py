"""A house to load into, and files to load, written by hand."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from graph.home import Home
from graph.log import PaymentLog
from graph.policy.values import Policy
from graph.segments import read_rows
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.pseudonyms import Pseudonyms
from loaders.report import LoadReport
from loaders.run import load

KEY = b"k" * 32
NOW = 1_800_000_000


@dataclass(frozen=True)
class House:
    """A home with its store, and everything a load needs."""

    home: Home
    store: GraphStore
    policy: Policy

    @property
    def log(self) -> PaymentLog:
        return PaymentLog(self.home.log)

    def load(self, *sources, **asked) -> LoadReport:
        where = {"home": self.home, "store": self.store, "policy": self.policy, "key": KEY, "now": NOW}
        return load([str(source) for source in sources], **{**where, "threads": 1, **asked})

    def user(self, user_id):
        """The index of an account, -1 when it is unknown."""
        return int(self.store.indices("User", [Pseudonyms(KEY).of(user_id)])[0])

    def paid(self, user_id):
        """Merchant -> (payments, days, scene) of an account."""
        state = self.store.user_state(Pseudonyms(KEY).of(user_id))
        names = self.store.ids("Merchant", state.paid["merchant"].tolist())
        rows = state.paid[["payments", "days", "scene"]].tolist()
        return dict(zip(names, rows, strict=True))

    def rows(self):
        """All rows of the log, by payment."""
        found = [read_rows(path) for path in self.log.files()]
        rows = np.concatenate(found) if found else np.zeros(0, dtype=[("payment", "<u8")])
        return rows[np.argsort(rows["payment"])]

    def graph(self):
        """What the graph says, by ids, whatever order things came in."""
        edges = {}
        for kind, label, other in (("paid", "Merchant", "merchant"), ("bought", "Product", "product")):
            found = self.store.edges(kind)
            owners = np.repeat(found.users, np.diff(found.offsets))
            users = self.store.ids("User", owners.tolist())
            others = self.store.ids(label, found.edges[other].tolist())
            rest = [name for name in found.edges.dtype.names if name != other]
            edges[kind] = sorted(zip(users, others, found.edges[rest].tolist(), strict=True))
        return edges


def make_house(folder: Path, policy: Policy) -> House:
    home = Home(folder).make()
    return House(home, open_store(home.store_address("sqlite:///circles.db")), policy)


@pytest.fixture
def house(houses):
    """A house where a place that nobody can name is ordinary."""
    return houses()


@pytest.fixture
def houses(tmp_path, policy):
    """Makes as many houses as a test wants to compare."""
    made = []

    def make(unknown_category="ordinary") -> House:
        own = replace(policy, unknown_category=unknown_category)
        made.append(make_house(tmp_path / f"home-{len(made)}", own))
        return made[-1]

    yield make
    for one in made:
        one.store.close()


@pytest.fixture
def write(tmp_path):
    """Writes a CSV file: `write("payments.csv", "payment_id,user_id,...", row, ...)`; returns its path."""

    def write(name, header, *rows):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header.split(","), *rows])
        return path

    return write


PAYMENTS = "payment_id,user_id,merchant_id,product_id,quantity,amount,currency,paid_at"


@dataclass(frozen=True)
class Pay:
    """Writes payments: `pay(pay.row(1), pay.row(2, user="u2"))`; returns the path."""

    write: object

    def __call__(self, *rows, name="payments.csv"):
        return self.write(name, PAYMENTS, *rows)

    def row(
        self, number, user="u1", merchant="m1", product="", quantity="", amount="5.00", currency="CNY", day=1
    ):
        at = f"2026-03-{day:02d}T10:00:00Z"
        return [f"p{number}", user, merchant, product, quantity, amount, currency, at]


@pytest.fixture
def pay(write):
    return Pay(write)
