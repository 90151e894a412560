"""Nothing that a caller sends is in a log line, a metric or another one's answer: marked values, everywhere.

A real server at DEBUG is sent marks in the path, query, body and headers of every route that it has.
"""

import json
import re
import shutil
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from api.app import create_app
from graph.settings import Settings
from tests.servers import Server, serving, wait_until

# What each part of a request is called: no two marks are alike, so that a leak says where it came from.
MARK = re.compile(r"mrk[a-z]+[0-9]{0,6}zq|98765\.43|ck_abcdefabcdef_", re.IGNORECASE)
AMOUNT = "98765.43"
KEY = "ck_abcdefabcdef_" + "f" * 64
HEADERS = {
    "Idempotency-Key": "mrkidemzq",
    "If-Match": '"mrketagzq"',
    "If-None-Match": '"mrknonematchzq"',
    "Cookie": "circles_session=mrkcookiezq; other=mrkothercookiezq",
    "Referer": "http://mrkrefererzq.example/mrkrefpathzq",
    "User-Agent": "mrkagentzq",
    "X-Forwarded-For": "mrkforwardedzq",
    "Accept-Language": "mrklanguagezq",
    "Origin": "http://mrkoriginzq.example",
    "X-CSRF-Token": "mrkcsrfzq",
}
QUERY = {
    "cursor": "mrkcursorzq",
    "q": "mrksearchzq",
    "scene": "mrkscenezq",
    "exclude": "mrkexcludezq",
    "user": "mrkuserzq",
    "city": "mrkcityzq",
    "window": "mrkwindowzq",
}
RECORD = {
    "user_id": "mrkaccountzq",
    "account": "mrkaccountbzq",
    "payment_id": "mrkpaymentzq",
    "event_id": "mrkeventzq",
    "kind": "mrkkindzq",
    "merchant_id": "mrkmerchantzq",
    "circle_id": "mrkcirclezq",
    "name": "mrknamezq",
    "city": "mrkcityzq",
    "message_ref": "mrkmessagezq",
    "words": ["mrkwordszq"],
    "amount": AMOUNT,
    "currency": "mrkcurrencyzq",
    "paid_at": "2026-09-01T09:00:00Z",
    "theme": {"words": ["mrkthemezq"], "cities": ["mrktownzq"]},
    "response": "mrkresponsezq",
    "reason": "mrkreasonzq",
}
# What becomes a record is kept, not only refused.
PAYMENT = {name: RECORD[name] for name in ("payment_id", "user_id", "merchant_id", "amount", "paid_at")} | {
    "currency": "CNY"
}


@dataclass(frozen=True)
class Route:
    method: str
    rule: str

    def path(self) -> str:
        places = iter(range(1000))
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda _: f"mrkpath{next(places)}zq", self.rule)


def routes_of(home) -> list[Route]:
    app = create_app(Settings(home=home))
    found = [
        Route(method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods - {"OPTIONS"})
    ]
    app.extensions["circles"].close()
    return found


def send_marks(server: Server, route: Route, key: str) -> None:
    """Ask one route with marks in every part and, where it reads a body, with several bodies."""
    query = "&".join(f"{name}={quote(value)}" for name, value in QUERY.items())
    bodies = [None]
    if route.method in ("POST", "PUT", "PATCH"):
        record = json.dumps(RECORD).encode()
        bodies = [record, b"[" + record + b"]", b'{"name": "mrkbrokenzq", ', b"\xff mrkbyteszq"]
    for body in bodies:
        headers = HEADERS | {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        server.ask(f"{route.path()}?{query}", method=route.method, body=body, **headers)


@pytest.fixture(scope="module")
def marked(published_home, tmp_path_factory):
    """A server that was sent marks on every route: (its log, its metrics, answers to others, routes)."""
    home = tmp_path_factory.mktemp("marked") / "home"
    shutil.copytree(published_home, home)
    routes = routes_of(home)
    assert len(routes) > 70
    with serving(home, LOG_LEVEL="DEBUG") as server:
        keys = {role: server.key(role) for role in ("service", "operator", "scientist")}
        keys["merchant"] = server.key("merchant", "c0")
        for route in routes:
            for key in (KEY, *keys.values()):
                send_marks(server, route, key)
        service = {"Authorization": f"Bearer {keys['service']}", "Content-Type": "application/json"}
        kept = server.ask("/v1/payments", method="POST", body=json.dumps(PAYMENT).encode(), **service)
        assert json.loads(kept[2])["accepted"] == 1, kept
        server.ask("/v1/users/mrkaccountzq/circles", **service)
        metrics = server.ask("/metrics", keys["operator"])[2].decode()
        strangers = [server.ask(path)[2].decode() for path in ("/nowhere", "/readyz", "/openapi.json")]
        wait_until(lambda: "/metrics" in server.log.read_text())
    return server.log.read_text(), metrics, strangers, routes


def test_no_mark_is_in_a_log_line(marked):
    log, _, _, routes = marked
    lines = [json.loads(line) for line in log.splitlines()]
    assert sum(line["logger"] == "api.requests" for line in lines) > len(routes)
    assert [line for line in log.splitlines() if MARK.search(line)] == []


def test_every_route_is_in_the_log_by_its_pattern(marked):
    log, _, _, routes = marked
    seen = {(line.get("method"), line.get("route")) for line in map(json.loads, log.splitlines())}
    assert {(route.method, route.rule) for route in routes} <= seen


def test_no_mark_is_in_a_metric(marked):
    assert MARK.search(marked[1]) is None


def test_no_mark_is_in_an_answer_to_somebody_else(marked):
    assert [text for text in marked[2] if MARK.search(text)] == []
