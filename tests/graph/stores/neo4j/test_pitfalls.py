"""What goes wrong with a real server: it is killed, frozen, cut off, full, old, or not ours."""

import os
import random
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import neo4j
import numpy as np
import pytest

from graph.edges import PAID, UserEdges
from graph.errors import ConfigError, StoreMismatch, StoreUnavailable
from graph.settings import PROJECT
from graph.stores.neo4j import schema
from graph.stores.neo4j.address import target_of
from graph.stores.neo4j.schema import release_of
from graph.stores.neo4j.store import Neo4jStore
from graph.stores.open import open_store
from tests.wires import Relay, received

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j")]
KILLS = 2


@pytest.fixture
def address(empty_neo4j) -> str:
    return empty_neo4j()


@pytest.fixture
def store(address) -> Iterator[Neo4jStore]:
    with closing(Neo4jStore(address)) as store:
        store.intern("User", [f"u{i}" for i in range(200)])
        store.intern("Merchant", [f"m{i}" for i in range(20)])
        store.intern("Circle", ["c"])
        yield store


@contextmanager
def session_of(address):
    target = target_of(address)
    driver = neo4j.GraphDatabase.driver(target.uri, auth=(target.user, target.password))
    with driver, driver.session() as session:
        yield session


# -- not ours -----------------------------------------------------------------------------------------


def test_a_wrong_password_is_said_and_not_repeated(address):
    target = target_of(address)
    wrong = target.uri.replace("://", f"://{target.user}:sesame@")
    with pytest.raises(ConfigError, match="refuses the user or password") as caught:
        open_store(wrong)
    assert "sesame" not in str(caught.value)


def test_a_database_that_does_not_exist_is_named(address):
    with pytest.raises((ConfigError, StoreUnavailable), match="nowhere"):
        open_store(f"{address}/nowhere")


def test_nobody_listening_is_unavailable_at_once():
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match="is the server up"):
        open_store("bolt://neo4j:sesame@127.0.0.1:9")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("version", "release"),
    [("5.26.30", (5, 26)), ("4.4.40", (4, 4)), ("2026.08.1", (2026, 8)), ("5.27-aura", (5, 27))],
)
def test_a_release_is_read_from_what_the_server_calls_itself(version, release):
    assert release_of(version) == release


def test_a_server_that_is_too_old_is_refused(address, monkeypatch):
    monkeypatch.setattr(schema, "OLDEST", (9999, 0))
    with pytest.raises(StoreMismatch, match=r"is Neo4j 5\.\d+.* expected"):
        open_store(address)


def test_a_database_of_another_program_is_left_as_it_is(address):
    with session_of(address) as session:
        session.run("CREATE (:Film {title: 'Solaris'})").consume()
        with pytest.raises(StoreMismatch, match="another program"):
            open_store(address)
        assert session.run("MATCH (n) RETURN labels(n)").values() == [[["Film"]]]


def test_a_newer_schema_is_refused(address):
    open_store(address).close()
    with session_of(address) as session:
        session.run("MATCH (m:Meta {key: 'schema_version'}) SET m.value = '99'").consume()
    with pytest.raises(StoreMismatch, match="schema 99"):
        open_store(address)


IDENTITY = """
    import sys
    from graph.stores.open import open_store
    print(open_store(sys.argv[1]).meta("store_id"))
"""


def test_processes_that_make_the_schema_at_once_agree(address):
    command = [sys.executable, "-c", textwrap.dedent(IDENTITY), address]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) for _ in range(3)]
    assert len({process.communicate()[0] for process in started}) == 1


# -- busy ---------------------------------------------------------------------------------------------


def all_pay(store, merchants, users):
    """Edges of many users to some merchants, written in the order given."""
    for user in users:
        edges = np.zeros(len(merchants), dtype=PAID)
        edges["merchant"], edges["payments"], edges["days"] = sorted(merchants), 1, 1
        store.set_edges("paid", UserEdges(np.array([user]), np.array([0, len(merchants)]), edges))


def test_writers_in_opposite_order_do_not_deadlock(store):
    failures: list[Exception] = []

    def work(users):
        try:
            all_pay(store, range(20), users)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must fail with it
            failures.append(error)

    threads = [threading.Thread(target=work, args=(order,)) for order in (range(15), range(14, -1, -1)) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.edges("paid").edges) == 15 * 20
    assert store.check() == []


def test_a_full_pool_is_unavailable_soon_and_not_for_ever(address):
    with closing(Neo4jStore(address, pool_size=1, acquire_s=0.3)) as store:
        with store._session(neo4j.READ_ACCESS) as held:
            held.run("RETURN 1").consume()
            transaction = held.begin_transaction()
            began = time.monotonic()
            with pytest.raises(StoreUnavailable):
                store.seq()
            assert time.monotonic() - began < 5
            transaction.close()
        assert store.seq() == 0


# -- cut off ------------------------------------------------------------------------------------------

COMMIT = b"\xb0\x12"  # the message COMMIT of the Bolt protocol, without fields


class CuttingRelay(Relay):
    """Cuts the next connection that commits before the answer comes back."""

    cut_next = False
    num_cut = 0

    def forward(self, near, far) -> None:
        while data := received(near):
            cut = self.cut_next and COMMIT in data
            if cut:
                self.cut_next, self.num_cut = False, self.num_cut + 1
                near.shutdown(socket.SHUT_RDWR)  # nothing comes back any more
            far.sendall(data)
            if cut:
                time.sleep(0.5)  # the server commits meanwhile
                break
        far.close()


def test_a_commit_whose_answer_is_lost_is_repeated_and_counts_once(store, address):
    port = int(target_of(address).uri.rpartition(":")[2])
    relay = CuttingRelay(port)
    through = address.replace(f":{port}", f":{relay.port}")
    columns = {
        "payment": [1], "user": [0], "merchant": [3], "product": [None], "quantity": [None], "band": [1],
        "scene": [0], "paid_at": [86_400], "refund": [False], "walled": [False],
    }  # fmt: skip
    with closing(Neo4jStore(through)) as cut_off:
        relay.cut_next = True
        applied = cut_off.add_payments(columns, at=5)
        assert (relay.num_cut, applied.new + applied.duplicates) == (1, 1)
        relay.cut_next = True
        cut_off.join(0, 0, 10)
        assert relay.num_cut == 2
    relay.close()
    assert store.user_state("u0").paid["payments"].tolist() == [1]
    assert len(store.inbox()["payment"]) == 1
    assert [c.kind for c in store.changes(0, 100)].count("join") == 1
    assert store.check() == []


# -- a server of one's own, to be killed ----------------------------------------------------------------


WRITER = """
    import sys
    import time
    from graph.errors import StoreConflict, StoreUnavailable
    from graph.stores.open import open_store

    def begun(number):
        try:
            store = open_store(sys.argv[1])
            store.add_event(f"e{number}", "join", number, 0, None, number)
            return store
        except (StoreConflict, StoreUnavailable):  # just started, on a machine that others use
            time.sleep(0.1)

    first = int(sys.argv[2])
    while not (store := begun(first)):
        pass
    print(first)
    for number in range(first + 1, 1_000_000):
        store.add_event(f"e{number}", "join", number, 0, None, number)
        print(number)
"""


@pytest.mark.slow
def test_a_server_killed_while_writing_loses_nothing_that_it_acknowledged(mortal_server, neo4j_programs):
    rounds = int(os.environ.get("NEO4J_KILLS", KILLS))  # `make soak` asks for more
    luck, next_one = random.Random(3), 0
    with closing(open_store(mortal_server.connection())) as store:
        store.intern("User", [f"u{i}" for i in range(100 * rounds + 2000)])
        store.intern("Circle", ["c"])
    for _ in range(rounds):
        script, place = textwrap.dedent(WRITER), mortal_server.connection()
        command = [sys.executable, "-u", "-c", script, place, str(next_one)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        first = writer.stdout.readline()
        assert first, "the writer ended before it had begun"
        time.sleep(luck.uniform(0.0, 0.6))
        mortal_server.kill()
        if luck.random() < 0.5:
            writer.kill()
        acknowledged = int((first + writer.communicate()[0]).split()[-1])
        mortal_server.up(neo4j_programs)
        with closing(open_store(mortal_server.connection())) as store:
            members = store.circle_members(0).tolist()
            assert members == list(range(len(members)))
            assert acknowledged < len(members) <= acknowledged + 2  # one more may have been on its way
            assert store.check() == []
        next_one = len(members)


def wait_until_stopped(pid):
    """A busy machine stops the threads of a process one after the other; one may still answer meanwhile."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        threads = Path(f"/proc/{pid}/task").glob("*/stat")
        if all(thread.read_text().rpartition(")")[2].split()[0] == "T" for thread in threads):
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} did not stop")


def test_a_frozen_server_is_noticed_and_comes_back(mortal_server):
    with closing(open_store(mortal_server.connection())) as store:
        before, pid = store.seq(), mortal_server.status().pid
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_until_stopped(pid)
            began = time.monotonic()
            with pytest.raises(StoreUnavailable):
                store.seq()
            assert time.monotonic() - began < 40
        finally:
            os.kill(pid, signal.SIGCONT)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                assert store.seq() == before
                break
            except StoreUnavailable:
                time.sleep(0.5)
        else:
            raise AssertionError("the store did not come back")
