"""One real server in the folder of a home, which these tests may stop and kill."""

import threading
from contextlib import closing

import pytest

from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer
from graph.stores.neo4j.address import target_of
from graph.stores.neo4j.bolt import neo4j


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def starts(home, neo4j_programs):
    """What two `up` at once told, on the home's new server."""
    told, port = [], free_port()

    def up():
        told.append(LocalServer(home / "neo4j").up(neo4j_programs, port=port, heap="512m"))

    threads = [threading.Thread(target=up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield told
    LocalServer(home / "neo4j").kill()


@pytest.fixture
def server(home, starts) -> LocalServer:
    return LocalServer(home / "neo4j")


@pytest.fixture(scope="session")
def cypher():
    """Runs a query on a running server; its rows."""

    def run(server: LocalServer, text: str, **values):
        target = target_of(server.connection())
        with closing(neo4j.GraphDatabase.driver(target.uri, auth=(target.user, target.password))) as driver:
            return [list(row) for row in driver.execute_query(text, values).records]

    return run
