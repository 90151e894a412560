"""What a person sees, stops and takes back, by a real server of two workers on a real Neo4j."""

from contextlib import closing

import orjson
import pyarrow.parquet as pq
import pytest

from api.erasure_receipts import is_of, keys_of, problem_of
from api.traces import files_with
from graph.home import Home
from graph.log import PaymentLog
from graph.stores.open import open_store
from loaders.pseudonyms import Pseudonyms
from tests.flow.faults import key_of, running, until
from tests.flow.test_freshness import at_once, change, event, pinned, seen

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j"), pytest.mark.slow]
MUTES = ("merchants/c0", "categories/COFFEE", "scenes/dining", "payments/p62-0")


@pytest.fixture
def fresh(on_neo4j):
    """A server, a connection to each of its workers, and a key; nothing is left of the embedded store."""
    for path in on_neo4j.home.glob("circles.db*"):
        path.unlink()
    with running(on_neo4j) as server, pinned(server) as workers:
        yield server, list(workers.values()), key_of(on_neo4j)


def test_muted_payments_count_for_nothing_and_come_back_on_every_worker(fresh):
    path, card = "/v1/users/u62/circles?limit=3", "/v1/users/u62/card"
    change(fresh, "PUT", "/v1/users/u62/mutes/merchants/k0", None)  # never paid: only scored anew
    before = [body["items"] for _, body in seen(fresh, path)]
    for mute in MUTES:
        kind, thing = mute.split("/")
        change(fresh, "PUT", f"/v1/users/u62/mutes/{mute}", None)
        at_once(fresh, path, lambda body: body["items"] not in before)
        at_once(fresh, card, lambda body: body["data"]["muted"]["payments"] >= 1)
        at_once(
            fresh,
            card,
            lambda body, kind=kind, thing=thing: kind == "payments" or thing in body["muted"][kind],
        )
        change(fresh, "DELETE", f"/v1/users/u62/mutes/{mute}", None)
        at_once(fresh, path, lambda body: body["items"] in before)
    at_once(fresh, card, lambda body: body["data"]["payments"] == 4)


def test_a_withdrawn_consent_holds_on_every_worker_and_the_card_says_so(fresh):
    path, card = "/v1/users/u64/circles?limit=3", "/v1/users/u64/card"
    rec_id = seen(fresh, path)[0][1]["rec_id"]
    for purpose in ("circles", "links", "portraits"):
        change(fresh, "PUT", f"/v1/users/u64/consents/{purpose}", {"granted": False})
    at_once(fresh, path, lambda body: (body["personalised"], body["reason"]) == (False, "consent_missing"))
    at_once(fresh, card, lambda body: not any(use["granted"] for use in body["uses"]))
    at_once(fresh, "/v1/users/u64/links", lambda body: body["items"] == [])
    at_once(fresh, f"/v1/recommendations/{rec_id}", lambda body: body["withheld"] == {"consent": 3})
    change(fresh, "PUT", "/v1/users/u64/consents/circles", {"granted": True})
    at_once(fresh, path, lambda body: body["personalised"])


def live(fresh, user):
    """Leave traces wherever a person can."""
    paid = {"payment_id": f"h-{user}", "user_id": user, "merchant_id": "c0", "amount": "4.50",
            "currency": "CNY", "paid_at": "2026-09-02T08:00:00Z"}  # fmt: skip
    change(fresh, "POST", "/v1/payments", [paid])
    change(fresh, "PUT", f"/v1/users/{user}/consents/links", {"granted": True})
    change(fresh, "PUT", f"/v1/users/{user}/mutes/circles/drinkers", None)
    change(fresh, "PUT", f"/v1/users/{user}/mutes/merchants/c1", None)
    seen(fresh, f"/v1/users/{user}/circles")
    change(fresh, "POST", "/v1/events", event("join", user, "drinkers"))


def left_in(house, user, index):
    """Where the pseudonym or the index of somebody still stands: files of the home, the log, the store."""
    home = Home(house.home)
    files = [path for path in home.path.rglob("*") if path.is_file()]
    found = [path.name for path in files_with([user.encode(), bytes.fromhex(user)], files)]
    for path in PaymentLog(home.log).files():
        if index in pq.read_table(path, partitioning=None)["user"].to_pylist():
            found.append(path.name)
    with closing(open_store(house.store)) as store:
        for name, columns in store.export():
            people = {*columns.get("user", []), *columns.get("other", [])}
            texts = {value for column in columns.values() for value in column if isinstance(value, str)}
            if index in people or user in texts:
                found.append(name)
        assert store.check() == []
    return found


def test_whoever_asks_for_it_is_gone_from_every_worker_file_and_table(fresh, on_neo4j):
    server, _, key = fresh
    user = Pseudonyms(Home(on_neo4j.home).key_file.read_text().strip().encode()).of("u66")
    live(fresh, "u66")
    with closing(open_store(on_neo4j.store)) as store:
        index = store.user(user).index
    assert len(left_in(on_neo4j, user, index)) > 5
    status, _, job = server.ask("DELETE", "/v1/users/u66", key)
    assert (status, [status for status, _ in seen(fresh, "/v1/users/u66")]) == (202, [404, 404])
    path = f"/v1/jobs/{job['job_id']}"
    until(lambda: server.ask("GET", path, key)[2]["state"] == "done", "the person is erased")
    receipt = server.ask("GET", path, key)[2]["result"]["receipt"]
    keys = keys_of(orjson.dumps(server.ask("GET", "/erasure-keys", "")[2]))
    assert (problem_of(receipt, keys), is_of(receipt, user)) == (None, True)
    assert (receipt["removed"]["payments"], receipt["removed"]["users"]) == (4, 1)
    assert left_in(on_neo4j, user, index) == []
