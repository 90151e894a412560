"""A real server with two workers: keys, limits and the audit log hold over both, and no secret is told."""

import http.client
import json
import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import jwt
import pytest

from graph.local_neo4j.ports import free_port
from tests.houses import CIRCLES

ISSUER, AUDIENCE = "https://app.example", "circles"
TOKEN_SECRET = "marker-token-secret-" * 4
PSEUDONYM_KEY = "marker-pseudonym-key-" * 3
STORE_PASSWORD = "marker-store-password"
RATES_PASSWORD = "marker-rates-password"


@dataclass
class Server:
    """A server that was started with settings of its own, everything it logged, and every answer it gave."""

    port: int
    environment: dict[str, str]
    log: Path
    told: list[bytes] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    def ask(self, method, path, body=None, key=None, **headers):
        """(status, headers, body) over a connection of its own, so that any worker may answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        if isinstance(body, dict):
            headers["Content-Type"], body = "application/json", json.dumps(body)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        read = answer.read()
        connection.close()
        self.told.append(read)
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, read

    def status(self, *arguments, **more):
        return self.ask(*arguments, **more)[0]

    def run(self, *arguments):
        """A command with the same settings; what it printed for its caller."""
        done = subprocess.run(
            [CIRCLES, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.printed += [done.stderr]
        return done.stdout.strip()

    def key(self, *arguments):
        return self.run("keys", "create", *arguments)


@contextmanager
def started(folder, **settings):
    """A server with two workers that logs all there is to log."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIRCLES_")}
    given = {"HOME": str(folder / "home"), "LOG_LEVEL": "DEBUG"} | settings
    environment = kept | {f"CIRCLES_{name}": value for name, value in given.items()}
    server = Server(free_port(), environment, folder / "log")
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            [CIRCLES, "serve", "--port", str(server.port), "--workers", "2"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait(server)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait(server):
    until = time.monotonic() + 90
    while True:
        try:
            if server.status("GET", "/healthz") == 200:
                return
        except OSError:
            time.sleep(0.1)
        assert time.monotonic() < until


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("access")
    files = {"MEMBER_JWT_KEY": TOKEN_SECRET, "PSEUDONYM_KEY": PSEUDONYM_KEY, "STORE": "sqlite:///circles.db"}
    for name, secret in files.items():
        (folder / name).write_text(secret + "\n")
    settings = {f"{name}_FILE": str(folder / name) for name in files}
    limits = {"RATE_WRITES": "30/day", "RATE_PUBLIC": "20/day"}
    with started(
        folder, MEMBER_JWT_ISSUER=ISSUER, MEMBER_JWT_AUDIENCE=AUDIENCE, **limits, **settings
    ) as made:
        yield made


def member_token(account):
    now = int(time.time())
    claims = {"sub": account, "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600}
    return jwt.encode(claims, TOKEN_SECRET, "HS256")


group = pytest.mark.xdist_group("access")


@group
def test_a_revoked_and_a_rotated_key_stop_on_both_workers_at_the_next_request(server):
    key = server.key("service")
    assert {server.status("GET", "/v1/models", key=key) for _ in range(20)} == {200}
    new = server.run("keys", "rotate", key.split("_")[1], "--overlap", "0m")
    assert {server.status("GET", "/v1/models", key=key) for _ in range(20)} == {401}
    assert {server.status("GET", "/v1/models", key=new) for _ in range(20)} == {200}
    server.run("keys", "revoke", new.split("_")[1])
    assert {server.status("GET", "/v1/models", key=new) for _ in range(20)} == {401}


@group
def test_writes_over_both_workers_are_as_many_as_one_may_and_all_of_them_are_in_one_chain(server):
    key, before = server.key("service"), int(server.run("audit", "head").split()[0])
    asked = [
        server.status("PUT", f"/v1/users/u{i}/consents/circles", {"granted": True}, key=key)
        for i in range(40)
    ]
    assert sorted(set(asked)) == [200, 429]
    assert 30 <= asked.count(200) <= 31  # 31 where midnight falls into the test
    number, head = server.run("audit", "head").split()
    assert int(number) - before == asked.count(200)
    assert json.loads(server.run("audit", "verify", "--head", head, "--json"))["problem"] is None


@group
def test_no_secret_is_in_an_answer_or_in_a_log_of_everything(server):
    key, merchant, token = (
        server.key("service"),
        server.key("merchant", "--merchant", "m0"),
        member_token("anna"),
    )
    assert server.status("PUT", "/v1/users/anna/consents/links", {"granted": True}, key=token) == 200
    assert server.status("PUT", "/v1/users/anna", {"verified": 7}, key=key) == 422
    assert server.status("GET", "/v1/users/anna/circles", key=key) == 503  # nothing is published
    assert server.status("GET", "/v1/users/anna", key=token[:-1] + ("A" if token[-1] != "A" else "B")) == 401
    assert server.status("GET", "/v1/users/anna", key=f"{key}0") == 401
    _, headers, _ = server.ask("POST", "/merchant/session", urlencode({"key": merchant}), **FORM)
    cookie = headers["set-cookie"].partition("=")[2].partition(";")[0]
    server.ask("GET", "/merchant/m0", Cookie=f"circles={cookie}")
    server.ask("GET", "/readyz")
    for command in (
        ("keys", "list"),
        ("audit", "show"),
        ("graph", "check"),
        ("recommend", "anna"),
        ("models", "list"),
    ):
        server.printed.append(server.run(*command))
    secrets = [TOKEN_SECRET, PSEUDONYM_KEY, "marker-", cookie, token, token.rpartition(".")[2]]
    assert found_in(server, [*secrets, key.rpartition("_")[2], merchant.rpartition("_")[2]]) == []
    assert b"/v1/users/<user_id>" in server.log.read_bytes()  # it did log


@group
def test_an_address_is_one_whatever_port_it_asks_from(server):
    asked = [server.status("GET", "/openapi.json") for _ in range(24)]
    assert asked.count(429) >= 2
    assert server.status("GET", "/healthz") == 200


@group
def test_a_store_that_is_away_does_not_make_its_password_known(tmp_path):
    address = f"neo4j://circles:{STORE_PASSWORD}@127.0.0.1:{free_port()}"
    (tmp_path / "store").write_text(address)
    (tmp_path / "rates").write_text(f"redis://:{RATES_PASSWORD}@127.0.0.1:{free_port()}")
    files = {"STORE_FILE": str(tmp_path / "store"), "RATE_STORE_FILE": str(tmp_path / "rates")}
    with started(tmp_path, **files) as server:
        key = server.key("service")
        assert server.status("GET", "/readyz") == 503
        assert server.status("PUT", "/v1/users/anna", {}, key=key) == 503
        server.printed.append(server.run("graph", "check"))
        assert found_in(server, [STORE_PASSWORD, RATES_PASSWORD]) == []
        assert b"127.0.0.1" in server.log.read_bytes()  # it did say which store


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def found_in(server, secrets):
    """Which secrets stand in what the server logged or told, or in what its commands printed."""
    everything = b"\n".join([server.log.read_bytes(), *server.told, "\n".join(server.printed).encode()])
    return [secret for secret in secrets if secret.encode() in everything]
