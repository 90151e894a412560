"""A real server is told to stop: what was begun is answered, and nobody is sent to it any more."""

import json
import signal
import socket
import ssl
import subprocess
import urllib.request
from http.client import HTTPException
from pathlib import Path

import pytest
import trustme

from graph.settings import POLICY
from tests.houses import CIRCLES
from tests.servers import Server, serving, start, wait_until

BODY = json.dumps([{"event_id": "e1", "kind": "dismiss", "user_id": "u60", "circle_id": "climbers"}]).encode()


def begin(server: Server) -> socket.socket:
    """A request whose last byte is still to come, taken up by a worker."""
    connection = server.connect()
    head = f"Host: x\r\nAuthorization: Bearer {server.key('service')}\r\nContent-Type: application/json"
    length = f"Content-Length: {len(BODY)}\r\nConnection: close"
    connection.sendall(f"POST /v1/events HTTP/1.1\r\n{head}\r\n{length}\r\n\r\n".encode() + BODY[:-1])
    operator = server.key("operator")
    wait_until(lambda: server.total(operator, "circles_requests_in_flight") == 2)
    return connection


def finish(connection: socket.socket) -> bytes:
    with connection:
        connection.sendall(BODY[-1:])
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_request_in_flight_is_answered_before_it_stops(settings):
    with serving(settings.home, "--drain", "0.1", LOG_LEVEL="INFO") as server, server.connect() as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200")  # and is kept open
        connection = begin(server)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Stopping worker" in server.log.read_text())
        answer = finish(connection)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b'"accepted":1' in answer
        assert server.process.wait(timeout=60) == 0
        assert server.lines()[-1]["message"].startswith("Granian shutdown completed")
        with pytest.raises(OSError, match="refused"):
            server.connect()


def test_while_it_drains_it_answers_and_says_that_it_stops(settings):
    with serving(settings.home, "--drain", "600") as server:
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: server.ask("/readyz")[0] == 503)
        assert json.loads(server.ask("/readyz")[2])["status"] == "stopping"
        assert server.ask("/v1/users/u60/circles", server.key("service"))[0] == 200
        server.process.send_signal(signal.SIGTERM)  # a second one: now
        assert server.process.wait(timeout=60) == 0


def test_it_can_be_stopped_while_its_workers_start(settings):
    server = start(settings.home, "--stop-within", "110", workers=2)  # a busy machine starts them slowly
    wait_until(lambda: "Spawning worker-2" in server.log.read_text())
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=120) == 0
    assert "Killing" not in server.log.read_text()


def test_a_worker_that_is_killed_again_and_again_is_replaced_each_time(settings):
    with serving(settings.home) as server:
        for _ in range(2):
            (worker,) = server.workers()
            worker.kill()
            wait_until(lambda gone=worker: not gone.is_running() and len(server.workers()) == 1)
            wait_until(server.is_ready)
        assert server.process.poll() is None


def certify(folder: Path) -> ssl.SSLContext:
    """Write a certificate of a new authority and its key; gives a client that trusts no other authority."""
    authority = trustme.CA()
    made = authority.issue_cert("127.0.0.1")
    made.private_key_pem.write_to_path(folder / "key.pem")
    made.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return client


def test_it_serves_https_and_takes_up_a_new_certificate_at_a_hangup(settings, tmp_path):
    client = certify(tmp_path)
    files = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    server = start(settings.home, *files)

    def answer(client):
        return urllib.request.urlopen(f"https://127.0.0.1:{server.port}/readyz", context=client, timeout=60)

    try:
        wait_until(lambda: answer(client).status == 200)
        assert answer(client).headers["Strict-Transport-Security"].startswith("max-age=")
        with pytest.raises((OSError, HTTPException)):
            server.ask("/readyz")  # plain http
        renewed = certify(tmp_path)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: answer(renewed).status == 200)
    finally:
        assert server.stop() == 0


def test_a_hangup_with_a_broken_policy_changes_nothing_and_says_so(settings, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_bytes(POLICY.read_bytes())
    with serving(settings.home, POLICY=str(policy)) as server:
        before = [worker.pid for worker in server.workers()]
        policy.write_text("[wall")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "is not TOML" in server.log.read_text())
        assert "the workers stay as they are" in server.log.read_text()
        assert server.is_ready()
        policy.write_bytes(POLICY.read_bytes())
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.workers() and server.workers()[0].pid not in before)
        wait_until(server.is_ready)


def test_a_port_in_use_is_one_line_and_a_usage_error(settings):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = subprocess.run([CIRCLES, "serve", "--port", port], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        f"error: cannot listen on 127.0.0.1 port {port}: another program listens there; "
        "stop it, or choose another --port\n"
    )
