"""Who waits for a server that gives no sign of life is sent away; who waits for a slow one is not."""

import threading

import pytest

from graph.errors import NotFound, StoreUnavailable
from graph.stores.neo4j import watch
from graph.stores.neo4j.watch import Watch


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    for name, seconds in (("PATIENCE_S", 0.05), ("SIGN_S", 2.0), ("AGAIN_S", 0.05)):
        monkeypatch.setattr(watch, name, seconds)


class Server:
    """A server that can be frozen: neither calls nor signs come back while it is."""

    def __init__(self):
        self.thawed, self.lost = threading.Event(), []
        self.thawed.set()
        self.watch = Watch("server", lambda: self.thawed.wait(30), lambda: self.lost.append(1))

    def ask(self):
        return self.watch.run(lambda: self.thawed.wait(30))


def test_a_call_gives_what_it_gives_and_raises_what_it_raises():
    server = Server()
    assert server.watch.run(lambda: 7) == 7
    with pytest.raises(NotFound):
        server.watch.run(lambda: (_ for _ in ()).throw(NotFound("nobody")))


def test_a_slow_server_is_waited_for():
    server, done = Server(), threading.Event()
    threading.Timer(0.5, done.set).start()
    assert server.watch.run(lambda: done.wait(30)) is True
    assert (server.watch.is_away, server.lost) == (False, [])


def test_a_frozen_server_is_left_by_all_who_wait_and_used_again():
    server = Server()
    server.thawed.clear()
    told = []

    def wait_for_it():
        try:
            server.ask()
        except StoreUnavailable as error:
            told.append(str(error))

    waiting = [threading.Thread(target=wait_for_it) for _ in range(8)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join(timeout=25)  # the call itself would take 30 s
    assert len(told) == 8
    assert "no sign of life" in told[0]
    with pytest.raises(StoreUnavailable):
        server.watch.run(lambda: pytest.fail("nobody asks a server that is away"))
    assert server.lost == [1]
    server.thawed.set()
    for _ in range(1000):
        if not server.watch.is_away:
            break
        threading.Event().wait(0.02)
    assert server.ask() is True


def test_no_more_threads_are_kept_than_calls_that_ran_at_once():
    server, before = Server(), threading.active_count()
    for _ in range(50):
        server.ask()
    assert threading.active_count() - before <= 2
