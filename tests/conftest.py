"""Fixtures that every part shares. In CI a skipped test is a failure: no part is left out silently."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import neo4j
import pytest

from graph.errors import ConfigError, StoreUnavailable
from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer, Programs, programs
from graph.policy.values import Policy, read_policy
from graph.settings import PROJECT
from graph.stores.neo4j.address import target_of

SHARED_DATA = PROJECT.parent / "shared" / "data"
IN_CI = os.environ.get("CI") == "true"
MAY_SKIP_IN_CI = {"gpu"}  # the only thing that a machine for tests need not have


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    may_skip = any(item.get_closest_marker(name) for name in MAY_SKIP_IN_CI)
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and not may_skip:
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The project's own policy."""
    return read_policy(PROJECT / "policy.toml")


@pytest.fixture(scope="session")
def neo4j_programs() -> Programs:
    """Java and Neo4j's jars, fetched at the first run; a named skip where they cannot be had."""
    try:
        return programs(os.environ, progress=lambda stage, done, total: None)
    except (StoreUnavailable, ConfigError) as error:
        pytest.skip(f"no Neo4j server can be started: {error}")


@pytest.fixture(scope="session")
def neo4j_server(request, tmp_path_factory) -> Iterator[str]:
    """Address of a real Neo4j server that belongs to the tests: whatever is in it is wiped.

    The one that TEST_NEO4J_URI names, else one of our own on a free port: one a pytest worker that asks.
    """
    if given := os.environ.get("TEST_NEO4J_URI"):
        yield given
        return
    server = LocalServer(tmp_path_factory.mktemp("neo4j"))
    server.up(request.getfixturevalue("neo4j_programs"), port=free_port(), heap="512m")
    yield server.connection()
    server.kill()


@pytest.fixture
def empty_neo4j(neo4j_server) -> Callable[[], str]:
    """Wipes the server's database and gives its address."""

    def wiped() -> str:
        target = target_of(neo4j_server)
        with neo4j.GraphDatabase.driver(target.uri, auth=(target.user, target.password)) as driver:
            for text in ("MATCH ()-[r]->() CALL (r) { DELETE r }", "MATCH (n) CALL (n) { DELETE n }"):
                driver.session(database=target.database).run(
                    f"{text} IN TRANSACTIONS OF 20000 ROWS"
                ).consume()
        return neo4j_server

    return wiped


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data sets beside the project; a named skip where they are absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real data sets at {SHARED_DATA}")
    return SHARED_DATA
