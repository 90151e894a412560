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

import neo4j
import numpy as np
import pytest

from graph.edges import PAID, UserEdges
from graph.errors import ConfigError, StoreMismatch, StoreUnavailable
from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer
from graph.settings import PROJECT
from graph.stores.neo4j import schema
from graph.stores.neo4j.address import target_of
from graph.stores.neo4j.schema import release_of
from graph.stores.neo4j.store import Neo4jStore
from graph.stores.open import open_store

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j")]
KILLS = 5


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


class CuttingProxy:
    """Passes bytes on, and cuts the next connection that commits before the answer comes back."""

    def __init__(self, port: int) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._target = port
        self.port = self._server.getsockname()[1]
        self.cut_next = False
        self.num_cut = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._forward, args=(near, far), daemon=True).start()
            threading.Thread(target=self._back, args=(far, near), daemon=True).start()

    def _forward(self, near, far) -> None:
        while data := _received(near):
            cut = self.cut_next and COMMIT in data
            if cut:
                self.cut_next, self.num_cut = False, self.num_cut + 1
                near.shutdown(socket.SHUT_RDWR)  # nothing comes back any more
            far.sendall(data)
            if cut:
                time.sleep(0.5)  # the server commits meanwhile
                break
        far.close()

    def _back(self, far, near) -> None:
        while data := _received(far):
            try:
                near.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self._server.close()


def _received(end) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def test_a_commit_whose_answer_is_lost_is_repeated_and_counts_once(store, address):
    port = int(target_of(address).uri.rpartition(":")[2])
    proxy = CuttingProxy(port)
    through = address.replace(f":{port}", f":{proxy.port}")
    columns = {
        "payment": [1], "user": [0], "merchant": [3], "product": [None], "quantity": [None], "band": [1],
        "scene": [0], "paid_at": [86_400], "refund": [False], "walled": [False],
    }  # fmt: skip
    with closing(Neo4jStore(through)) as cut_off:
        proxy.cut_next = True
        applied = cut_off.add_payments(columns, at=5)
        assert (proxy.num_cut, applied.new + applied.duplicates) == (1, 1)
        proxy.cut_next = True
        cut_off.join(0, 0, 10)
        assert proxy.num_cut == 2
    proxy.close()
    assert store.user_state("u0").paid["payments"].tolist() == [1]
    assert len(store.inbox()["payment"]) == 1
    assert [c.kind for c in store.changes(0, 100)].count("join") == 1
    assert store.check() == []


# -- a server of one's own, to be killed ----------------------------------------------------------------


@pytest.fixture(scope="module")
def own_server(tmp_path_factory, neo4j_programs):
    """A second real server, which may be killed."""
    server = LocalServer(tmp_path_factory.mktemp("own"))
    server.up(neo4j_programs, port=free_port(), heap="512m", pagecache="128m")
    yield server
    server.kill()


WRITER = """
    import sys
    from graph.stores.open import open_store
    store = open_store(sys.argv[1])
    for number in range(int(sys.argv[2]), 1_000_000):
        store.add_event(f"e{number}", "join", number, 0, None, number)
        print(number)
"""


@pytest.mark.slow
def test_a_server_killed_while_writing_loses_nothing_that_it_acknowledged(own_server, neo4j_programs):
    rounds = int(os.environ.get("NEO4J_KILLS", KILLS))  # `make soak` asks for more
    luck, next_one = random.Random(3), 0
    with closing(open_store(own_server.connection())) as store:
        store.intern("User", [f"u{i}" for i in range(100 * rounds + 2000)])
        store.intern("Circle", ["c"])
    for _ in range(rounds):
        script, place = textwrap.dedent(WRITER), own_server.connection()
        command = [sys.executable, "-u", "-c", script, place, str(next_one)]
        writer = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=PROJECT
        )
        writer.stdout.readline()  # it has begun
        time.sleep(luck.uniform(0.0, 0.6))
        own_server.kill()
        if luck.random() < 0.5:
            writer.kill()
        told = writer.communicate()[0].split()
        acknowledged = int(told[-1]) if told else next_one
        own_server.up(neo4j_programs)
        with closing(open_store(own_server.connection())) as store:
            members = store.circle_members(0).tolist()
            assert members == list(range(len(members)))
            assert acknowledged < len(members) <= acknowledged + 2  # one more may have been on its way
            assert store.check() == []
        next_one = len(members)


def test_a_frozen_server_is_noticed_and_comes_back(own_server):
    with closing(open_store(own_server.connection())) as store:
        before, pid = store.seq(), own_server.status().pid
        os.kill(pid, signal.SIGSTOP)
        try:
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
