"""Fixtures that every part shares. In CI a skipped test is a failure: no part is left out silently."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
from hypothesis import settings

from api.app import create_app
from api.commands.common import Parts
from api.context import Context
from api.services.link_weeks import past_of
from graph.errors import ConfigError, StoreUnavailable
from graph.links.candidates import LinkCandidates
from graph.links.periods import period_of
from graph.links.weeks import make_week, save_week
from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer, Programs, programs
from graph.policy.link_lists import ListRules
from graph.policy.values import Policy, read_policy
from graph.settings import PROJECT, Settings
from graph.stores.neo4j.address import target_of
from tests.api.conftest import Service
from tests.fans import load_fans, policy_with, serve_town
from tests.houses import House
from tests.speed import keep_in_memory, short_lived

SHARED_DATA = PROJECT.parent / "shared" / "data"
IN_CI = os.environ.get("CI") == "true"
settings.register_profile("circles", deadline=None)  # of machines that others use too, time says nothing
settings.load_profile("circles")
keep_in_memory()
MAY_SKIP_IN_CI = {"gpu"}  # the only thing that a machine for tests need not have
SOAKS = {
    "spark": "SOAK_SPARK",
    "kafka": "SOAK_KAFKA",
}  # marker -> variable with which `make soak` asks for it


def pytest_collection_modifyitems(config, items):
    """Engines of half a gigabyte each are tried by `make soak`; elsewhere these tests are deselected."""
    unasked = {name for name, variable in SOAKS.items() if not os.environ.get(variable)}
    left = [item for item in items if any(item.get_closest_marker(name) for name in unasked)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


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
def neo4j_programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """Java and Neo4j's jars, fetched at the first run; a named skip where they cannot be had."""
    try:
        found = programs(os.environ, progress=lambda stage, done, total: None)
        return short_lived(found, tmp_path_factory.mktemp("java"))
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
    return lambda: wiped(neo4j_server)


def wiped(address: str) -> str:
    """The address of a server, nothing in its database any more."""
    target = target_of(address)
    with neo4j.GraphDatabase.driver(target.uri, auth=(target.user, target.password)) as driver:
        for text in ("MATCH ()-[r]->() CALL (r) { DELETE r }", "MATCH (n) CALL (n) { DELETE n }"):
            driver.session(database=target.database).run(f"{text} IN TRANSACTIONS OF 20000 ROWS").consume()
    return address


@pytest.fixture(scope="session")
def second_server(tmp_path_factory, neo4j_programs) -> Iterator[LocalServer]:
    server = LocalServer(tmp_path_factory.mktemp("mortal"))
    server.up(neo4j_programs, port=free_port(), heap="512m", pagecache="128m")
    yield server
    server.kill()


@pytest.fixture
def mortal_server(second_server, neo4j_programs) -> LocalServer:
    """A second real server, empty, which may be frozen and killed."""
    second_server.up(neo4j_programs)
    wiped(second_server.connection())
    return second_server


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data sets beside the project; a named skip where they are absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real data sets at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "home")


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A home with the demonstration loaded and trained, as `circles demo` leaves it.

    Only for tests of the xdist group "demonstration": one worker loads and trains for them all. A copy of
    the home that TEST_DEMONSTRATION names spares that, while one works on them.
    """
    house = House(tmp_path_factory.mktemp("demonstration") / "home")
    if given := os.environ.get("TEST_DEMONSTRATION"):
        shutil.copytree(given, house.home)
    else:
        house.run("demo", "--no-serve")
    return house


@pytest.fixture(scope="session")
def fans_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the town of `tests/fans.py` loaded, and its own policy without quiet hours; only copied."""
    base = tmp_path_factory.mktemp("fans")
    parts = Parts(Settings(home=base / "home", policy=policy_with(base, quiet_from=0, quiet_to=0)))
    parts.home.make().key_file.write_text("k" * 64)  # lots fall by the key: the same ones in every run
    load_fans(base / "exports", parts)
    parts.store.close()
    shutil.copy(parts.settings.policy, parts.home.path / "policy.toml")
    return parts.home.path


@pytest.fixture
def town_service(fans_home: Path, tmp_path: Path) -> Iterator[Service]:
    """The application over a town of one's own, with a key for every merchant that runs a circle."""
    shutil.copytree(fans_home, tmp_path / "home")
    made = serve_town(Settings(home=tmp_path / "home", policy=tmp_path / "home" / "policy.toml"))
    yield made
    made.context.close()


class LinkHouse:
    """A real application over a store of adults who agreed to links, with this week's pairs made.

    u0, u1, ... are their accounts; user number and store index are one.
    """

    def __init__(
        self,
        folder: Path,
        pairs: dict[tuple[int, int], float],
        *,
        num_people: int,
        store: str | None = None,
    ) -> None:
        self.app = create_app(Settings(home=folder, **({"store": store} if store else {})))
        self.context: Context = self.app.extensions["circles"]
        self.store = self.context.store.get()
        accounts = self.context.pseudonyms.of_many([f"u{i}" for i in range(num_people)])
        self.store.upsert("User", {"id": accounts, "adult": [True] * num_people})
        for number in range(num_people):
            self.consent(number, True, at=1)
        self.candidates = LinkCandidates.make(pairs)
        self.make_week(period_of(self.context.now()))
        self._keys: dict[int | str, str] = {}

    def consent(self, user: int, granted: bool, *, at: int | None = None) -> None:
        moment = self.context.now() if at is None else at
        row = {"user": [user], "purpose": ["links"], "granted": [granted], "at": [moment]}
        self.store.set_consents(row)

    def make_week(self, period: int) -> None:
        """Match the candidates for a week, as the service does; a list has room for everybody."""
        week = make_week(
            self.candidates,
            period=period,
            version="v1",
            policy_id="p",
            store_id=self.context.store.identity(),
            rules=ListRules(list_size=100, daily_cap=100, unanswered_discount=0.5),
            past=past_of(self.store, period),
        )
        save_week(week, self.context.home.links)

    def key(self, who: int | str) -> str:
        """The key of a member, or of the service."""
        if who not in self._keys:
            role, subject = (
                (who, None) if isinstance(who, str) else ("member", self.context.pseudonyms.of(f"u{who}"))
            )
            self._keys[who] = self.context.keys.create(str(role), subject=subject, now=int(time.time()))
        return self._keys[who]

    def ask(self, method: str, path: str, who: int | str, body: Any = None) -> Any:
        """One request of a member, or of the service; always under one id, so that bytes can be compared."""
        headers = {"Authorization": f"Bearer {self.key(who)}", "X-Request-Id": "one"}
        return self.app.test_client().open(path, method=method, headers=headers, json=body)

    def links(self, who: int, query: str = "") -> list[dict[str, Any]]:
        answer = self.ask("GET", f"/v1/users/u{who}/links?{query}", who)
        assert answer.status_code == 200, answer.text
        return list(answer.json["items"])

    def handle(self, viewer: int, other: int) -> str:
        """The handle by which one of this week's pair knows the other."""
        return self.context.handles.of(viewer, [other], period_of(self.context.now()))[0]

    def respond(self, viewer: int, other: int | str, response: str) -> Any:
        handle = other if isinstance(other, str) else self.handle(viewer, other)
        return self.ask("POST", f"/v1/links/{handle}/responses", viewer, {"response": response})


@pytest.fixture
def link_house(tmp_path: Path) -> Iterator[Callable[..., LinkHouse]]:
    """Makes a house of people who may be linked, from pairs and their weights."""
    made: list[LinkHouse] = []

    def make(
        pairs: dict[tuple[int, int], float], *, num_people: int = 12, store: str | None = None
    ) -> LinkHouse:
        folder = tmp_path / f"house-{len(made)}"
        made.append(LinkHouse(folder, pairs, num_people=num_people, store=store))
        return made[-1]

    yield make
    for house in made:
        house.context.close()
