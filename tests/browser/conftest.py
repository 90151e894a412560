"""A merchant's page in a real Chromium: of a town with a made-up fan graph, and of the demonstration."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.pages import figures
from graph.settings import Settings
from tests import scenes
from tests.api import conftest as served
from tests.browser.views import Views
from tests.houses import House

address = served.address

SHOP = "k0"  # a merchant of the town, who is signed in


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the tests of a module; each view has cookies of its own."""
    yield from served.browser.__wrapped__()


@pytest.fixture
def service(town_service: Any) -> Any:
    return town_service


@pytest.fixture
def graph_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], None]:
    """Let the page show a graph that is made up: a function of `expand`."""

    def give(make: Callable[..., Any]) -> None:
        monkeypatch.setattr(figures, "fan_graph", lambda *_, expand=(), now: make(expand=expand))

    give(scenes.fan_graph)
    return give


@pytest.fixture
def visit(service: Any, address: str, browser: Any, graph_of: Any) -> Iterator[Callable[..., Any]]:
    """Open views of the page, signed in; of None the page is still empty.

    A fault of a script fails the test, and so does a request to another host.
    """
    opened, faults, hosts = [], [], set()

    def open_view(query: str | None = "", *, width: int = 1280, **more: Any) -> Any:
        view = browser.new_context(viewport={"width": width, "height": 900}, locale="en-US", **more)
        opened.append(view)
        view.request.post(f"{address}/merchant/session", form={"key": service.keys[SHOP]})
        page = view.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: hosts.add(asked.url.split("/")[2]))
        page.home = f"{address}/merchant/{SHOP}"
        if query is not None:
            page.goto(page.home + query)
        return page

    yield open_view
    for view in opened:
        view.close()
    assert faults == []
    assert hosts <= {address.split("/")[2], ""}


@pytest.fixture(scope="session")
def site(demonstration: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demonstration is served by its own command, from a copy that may be changed."""
    copy = House(tmp_path_factory.mktemp("site") / "home")
    shutil.copytree(demonstration.home, copy.home)
    with copy.serving() as client:
        yield client.base


@pytest.fixture
def look(browser: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Open views of the demonstration: `Views.open`. A fault of a script or another host fails the test."""
    views = Views(browser)
    yield lambda *values, **more: views.open(site, *values, **more)
    views.close()
    assert views.faults == []
    assert views.hosts <= {site.split("/")[2], ""}


@pytest.fixture
def broken(demonstration: House, tmp_path: Path, browser: Any) -> Iterator[Callable[..., Any]]:
    """Break a copy of the demonstration's home by a function of its path, and open views of what is left."""
    with ExitStack() as left:
        views = left.enter_context(closing(Views(browser)))

        def serve(harm: Callable[[Path], None]) -> Callable[..., Any]:
            home = lean_copy(demonstration.home, tmp_path / "home")
            harm(home)
            app = create_app(Settings(home=home))
            left.callback(app.extensions["circles"].close)
            base = left.enter_context(served.serving(app))
            left.callback(views.close)  # a browser keeps its connections, and a server waits for them
            return lambda *values, **more: views.open(base, *values, **more)

        yield serve


def lean_copy(home: Path, to: Path) -> Path:
    """A home of one's own, whose largest folders, never written by who serves, are the other's."""
    shared = ("log", "snapshots", "versions")
    shutil.copytree(home, to, ignore=shutil.ignore_patterns(*shared))
    for name in shared:
        (to / name).symlink_to(home / name)
    return to
