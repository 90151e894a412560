"""A small real house: an interchange folder that was loaded, trained on and is served."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from api.app import create_app
from api.commands.common import Parts
from api.commands.train import train
from api.context import Context
from api.service_db import ServiceDb
from graph.settings import Settings
from loaders.run import load
from tests.api.contracts import problems_of
from tests.tables import write_tables

PEOPLE = 80  # even ones drink coffee, odd ones climb; the first 60 have joined circles
JOINED = 60
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LOADED_AT = 1_790_000_000  # 2026-09-21


@dataclass(frozen=True)
class Service:
    """An application and keys for it."""

    app: Flask
    keys: dict[str, str]

    @property
    def context(self) -> Context:
        found: Context = self.app.extensions["circles"]
        return found

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = "service", **more: Any
    ) -> Any:
        """One request, answered as the contract says; `key` names a role of `keys`, is one, or None."""
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {self.keys.get(key, key)}"
        if body is not None:
            more["json"] = body
        response = self.app.test_client().open(path, method=method, headers=headers, **more)
        wrong = problems_of(self.app, method, path, response)
        assert wrong == [], wrong
        return response

    def circles(self, user: str, query: str = "", **more: Any) -> list[str]:
        """Ids of the circles that a user is recommended."""
        answer = self.ask("GET", f"/v1/users/{user}/circles?{query}", **more)
        assert answer.status_code == 200, answer.text
        return [item["circle_id"] for item in answer.json["items"]]

    def ended(self, job_id: str, key: str = "scientist") -> Any:
        """A job, once it has ended."""
        until = time.monotonic() + 90
        while time.monotonic() < until:
            job = self.ask("GET", f"/v1/jobs/{job_id}", key=key).json
            if job["state"] in ("done", "failed"):
                return job
            time.sleep(0.3)
        raise AssertionError(f"not ended: {job}")

    def visitor(self, key: str | None = None, **form: Any) -> FlaskClient:
        """A browser of pages; with a key, or a merchant to try, it is signed in."""
        client = self.app.test_client()
        if key is not None or form:
            form |= {"key": self.keys.get(key, key)} if key is not None else {}
            assert client.post("/merchant/session", data=form).status_code == 303
        return client

    def offer(self, *merchants: str) -> None:
        """Make these public data, and let anybody try some merchants."""
        store = self.context.store.get()
        store.set_meta("terms", "public")
        store.set_meta("demo_merchants", json.dumps(merchants))

    def new_key(self, role: str, subject: str | None = None) -> str:
        return self.context.keys.create(role, subject=subject, now=int(time.time()))


def write_exports(folder: Path) -> Path:
    """The interchange folder, as CSV."""
    folder.mkdir()
    shops = {"coffee shop": "c", "climbing gym": "k"}
    tables: dict[str, list[tuple[Any, ...]]] = {
        "merchants": [("merchant_id", "name", "category")]
        + [(f"{at}{i}", f"{kind.title()} {i}", kind) for kind, at in shops.items() for i in range(4)]
        + [("chemist", "Chemist", "pharmacy")],
        "products": [
            ("product_id", "name", "category"),
            ("beans", "Beans", "COFFEE"),
            ("rope", "Rope", "CLIMBING GEAR"),
            ("pills", "Pills", "pharmacy"),
        ],
        "circles": [
            ("circle_id", "name", "description", "owner_id", "scene", "state"),
            ("drinkers", "Coffee drinkers", "For those who brew", "c0", "dining", "open"),
            ("bakers", "Bakers", "", "c1", "dining", "open"),
            ("climbers", "Climbers", "", "k0", "fitness", "open"),
            ("newcomers", "Newcomers", "", "k1", "fitness", "proposed"),
            ("shut", "Shut", "", "k2", "fitness", "closed"),
        ],
        "themes": [
            ("circle_id", "kind", "target_id"),
            ("drinkers", "product", "beans"),
            ("drinkers", "merchant", "c0"),
            ("drinkers", "product", "pills"),
            ("bakers", "category", "coffee shop"),
            ("climbers", "category", "climbing gym"),
            ("newcomers", "category", "climbing gym"),
            ("shut", "category", "climbing gym"),
        ],
        "payments": [("payment_id", "user_id", "merchant_id", "product_id", "amount", "currency", "paid_at")]
        + [payment(f"p{u}-{i}", f"u{u}", i) for u in range(PEOPLE) for i in range(4)]
        + [("p-pills", "u0", "chemist", "pills", "9.90", "CNY", "2026-09-01T08:00:00Z")],
        "memberships": [("user_id", "circle_id", "joined_at")]
        + [(f"u{u}", ("drinkers", "climbers")[u % 2], "2026-08-01T00:00:00Z") for u in range(JOINED)]
        + [(f"u{u}", "bakers", "2026-08-02T00:00:00Z") for u in range(0, 48, 2)],
    }
    return write_tables(folder, tables)


def payment(payment_id: str, user_id: str, shop: int) -> tuple[str, ...]:
    """A payment of somebody who has the taste of their number."""
    climbs = int(user_id[1:]) % 2
    product = ("beans", "rope")[climbs]
    return (
        payment_id,
        user_id,
        f"{'ck'[climbs]}{shop}",
        product,
        "4.50",
        "CNY",
        f"2026-08-0{shop + 1}T08:00:00Z",
    )


@pytest.fixture
def db(tmp_path: Path) -> Iterator[ServiceDb]:
    """An empty service database."""
    made = ServiceDb(tmp_path / "service.db")
    yield made
    made.close()


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with the exports loaded and a version published; never changed, only copied."""
    base = tmp_path_factory.mktemp("published")
    parts = Parts(Settings(home=base / "home"))
    exports = write_exports(base / "exports")
    load(
        [str(exports)],
        home=parts.home,
        store=parts.store,
        policy=parts.policy,
        key=parts.key,
        assume_consent=True,
        now=LOADED_AT,
    )
    train(parts, gnn=False)
    parts.store.close()
    return parts.home.path


@pytest.fixture
def settings(published_home: Path, tmp_path: Path) -> Settings:
    """A house of one's own."""
    shutil.copytree(published_home, tmp_path / "home")
    return Settings(home=tmp_path / "home")


def exploring(context: Context, share: float, **rules: Any) -> Context:
    """The context with another share of slots that are drawn by lot."""
    feedback = replace(context.policy.feedback, exploration_share=share, **rules)
    return replace(context, policy=replace(context.policy, feedback=feedback))


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """The application on a house of its own, with a key for each role; nothing in lists is drawn by lot."""
    app = create_app(settings)
    app.extensions["circles"] = exploring(app.extensions["circles"], 0.0)
    made = Service(app, {})
    context = made.context
    subjects = {"merchant": "c0", "member": context.pseudonyms.of("u0")}
    for role in ("service", "merchant", "member", "operator", "scientist"):
        made.keys[role] = made.new_key(role, subjects.get(role))
    yield made
    context.close()


@pytest.fixture
def climb(service: Service) -> Service:
    """The same with a key of the merchant that runs the climbers; `merchant` runs the drinkers."""
    service.keys["climb"] = service.new_key("merchant", "k0")
    return service


@pytest.fixture
def store_away(settings: Settings) -> Settings:
    """The same house with its store gone."""
    (settings.home / "circles.db").rename(settings.home / "elsewhere.db")
    (settings.home / "circles.db").mkdir()
    return settings


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application from this process, for a browser; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def address(service: Service) -> Iterator[str]:
    """Where the application is served."""
    with serving(service.app) as base:
        yield base


@pytest.fixture
def browser() -> Iterator[Any]:
    """A real Chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()
