"""Whoever reads the log reads it without what people muted."""

from contextlib import closing

import numpy as np
import pytest

from graph.log import PaymentLog
from graph.muting import Mask
from graph.policy.payment_mutes import Mutable, PaymentMutes
from graph.schema import SCENES
from graph.segments import rows_of_user
from graph.stores.open import open_store
from loaders.adding import patch_edges, set_edges
from tests.logs import log_of, rows

PAID = [
    {"user": user, "merchant": merchant, "product": merchant} for user in (0, 1) for merchant in (0, 1, 2)
]
LIMITS = {"memory": "200MB", "threads": 1, "progress": lambda *_: None}


def mask(**mutes):
    """User 1 muted something; product 1 is tea, merchant 2 a bakery."""
    kinds = {"Product": {0: None, 1: "tea", 2: None}, "Merchant": {0: "tea", 1: None, 2: "bakery"}}
    said = PaymentMutes(**{kind: frozenset(things) for kind, things in mutes.items()})
    return Mask({1: said}, lambda label, indices: {i: kinds[label][i] for i in indices})


def shops(edges):
    owners = np.repeat(edges.users, np.diff(edges.offsets)).tolist()
    return sorted(zip(owners, edges.edges[edges.edges.dtype.names[0]].tolist(), strict=True))


@pytest.mark.parametrize(
    ("mutes", "left"),
    [
        ({"merchants": [1]}, [0, 2]),
        ({"categories": ["tea"]}, [2]),
        ({"categories": ["bakery"]}, [0, 1]),
        ({"scenes": [0]}, []),
        ({"payments": [5]}, [0, 2]),
    ],
)
@pytest.mark.parametrize("waiting", [False, True])
def test_what_one_person_muted_is_in_none_of_their_edges(tmp_path, mutes, left, waiting):
    paid = rows(*PAID)
    log = PaymentLog(tmp_path) if waiting else log_of(tmp_path, paid)
    extra = {name: paid[name] for name in paid.dtype.names} if waiting else None
    for users in (None, np.array([0, 1])):
        edges = log.aggregate(users, extra=extra, mask=mask(**mutes), threads=1)
        for kind in ("paid", "bought"):
            assert shops(edges[kind]) == [(0, 0), (0, 1), (0, 2)] + [(1, shop) for shop in left]


@pytest.fixture
def embedded(tmp_path):
    with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as store:
        yield store


@pytest.fixture
def town(tmp_path, embedded):
    """A store whose users 0 and 1 paid `PAID`, and its log."""
    embedded.intern("User", ["u0", "u1"])
    for label in ("Merchant", "Product"):
        embedded.intern(label, ["a", "b", "c"])
    log = log_of(tmp_path / "log", rows(*PAID))
    set_edges(log, embedded, np.array([0, 1]), **LIMITS)
    return log, embedded


def mute(log, store, kind=Mutable.MERCHANTS, thing="1"):
    store.mute_payments(1, kind, thing, 9, rows_of_user(log, 1))


def test_a_load_keeps_out_what_was_muted_before_it(town):
    log, store = town
    mute(log, store)
    before = shops(store.edges("paid"))
    set_edges(log, store, np.array([0, 1]), **LIMITS)
    assert shops(store.edges("paid")) == before == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2)]
    pairs = {kind: np.array([user << 32 | 1 for user in (0, 1)]) for kind in ("paid", "bought")}
    patch_edges(log, store, pairs, **LIMITS)
    assert shops(store.edges("paid")) == before


@pytest.mark.parametrize("patching", [False, True])
def test_a_mute_that_comes_while_a_load_adds_up_holds_in_the_end(town, monkeypatch, patching):
    log, store = town
    name = "patch_edges" if patching else "set_edges"
    write = getattr(store, name)

    def late(*arguments):
        mute(log, store)
        write(*arguments)

    monkeypatch.setattr(store, name, late)
    if patching:
        pairs = {kind: np.array([1 << 32 | 1]) for kind in ("paid", "bought")}
        patch_edges(log, store, pairs, **LIMITS)
    else:
        set_edges(log, store, np.array([0, 1]), **LIMITS)
    assert [shop for user, shop in shops(store.edges("paid")) if user == 1] == [0, 2]


def test_a_scene_is_told_by_its_name(town):
    log, store = town
    mute(log, store, Mutable.SCENES, SCENES[0])
    assert [user for user, _ in shops(store.edges("paid"))] == [0, 0, 0]


def test_all_rows_of_one_person_are_read_from_all_segments(tmp_path):
    months = [0, 40 * 86_400]
    first = rows(*({"user": user, "paid_at": at} for user in (0, 1, 2) for at in months), merchant=3)
    second = rows({"payment": 90, "user": 1, "product": 7, "quantity": 2, "refund": True, "walled": True})
    log = log_of(tmp_path, first, second)
    theirs = np.concatenate([first[first["user"] == 1], second])
    assert np.sort(rows_of_user(log, 1), order="payment").tolist() == theirs.tolist()
    assert len(rows_of_user(log, 9)) == 0
