"""A real server against those who mean harm: what they send is refused, and others are answered.

`make soak` opens 10,000 connections, `make test` fewer; HOSTILE_CONNECTIONS says how many.
"""

import gzip
import json
import os
import resource
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.servers import Server, serving, wait_until

CONNECTIONS = int(os.environ.get("HOSTILE_CONNECTIONS", "2000"))
MB = 1_000_000
CLOSE = b"Host: x\r\nConnection: close\r\n"


@pytest.fixture(scope="module")
def server(published_home, tmp_path_factory) -> Iterator[Server]:
    """One worker, so that whoever stops it stops all."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    shutil.copytree(published_home, home)
    with serving(home) as started:
        yield started


@pytest.fixture(scope="module")
def head(server) -> bytes:
    """The head of a batch of events by a service, without its length."""
    key = server.key("service").encode()
    return (
        b"POST /v1/events HTTP/1.1\r\n"
        + CLOSE
        + b"Authorization: Bearer "
        + key
        + b"\r\nContent-Type: application/json\r\n"
    )


@pytest.fixture(autouse=True)
def unharmed(server):
    """Whatever was sent: the same worker answers, and nothing crashed."""
    (before,) = server.workers()
    yield
    assert server.ask("/v1/users/u60/circles", server.key("service"))[0] == 200
    assert [worker.pid for worker in server.workers()] == [before.pid]
    assert [line for line in server.lines() if line["level"] in ("ERROR", "CRITICAL")] == []


def told(server: Server, *parts: bytes, end: bool = False) -> bytes:
    """All that is answered to these bytes."""
    with server.connect() as connection:
        try:
            for part in parts:
                connection.sendall(part)
            if end:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all was sent
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except OSError:  # reset, since we had more to say
        pass
    return found


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@contextmanager
def opened(server: Server, number: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many connections on which a part of a request was sent."""
    with ExitStack() as stack:
        connections = []
        for _ in range(number):
            connection = stack.enter_context(server.connect())
            connection.sendall(sent)
            connections.append(connection)
        yield connections


def test_half_heads_stop_nobody_and_are_hung_up_on(server):
    with opened(server, 200, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ") as connections:
        assert server.ask("/healthz")[0] == 200
        assert all(read_all(connection) == b"" for connection in connections)


def test_half_bodies_stop_nobody_who_reads(server, head):
    form = (
        b"POST /merchant/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 50\r\n\r\nkey="
    )
    with opened(server, 20, form):
        wait_until(lambda: status(told(server, head + b"Content-Length: 2\r\n\r\n[]")) == 503)
        assert all(server.ask("/healthz")[0] == 200 for _ in range(10))
        assert server.ask("/v1/users/u60/circles", server.key("service"))[0] == 200
    wait_until(lambda: status(told(server, head + b"Content-Length: 2\r\n\r\n[]")) == 422)


def test_many_connections_take_little_memory_and_others_are_answered(server):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before, min(most, CONNECTIONS + 2000)), most))
    (worker,) = server.workers()
    memory = worker.memory_info().rss
    with opened(server, CONNECTIONS, b"G"):
        assert worker.num_fds() > CONNECTIONS / 2  # they are open, or were and are hung up on already
        assert server.ask("/healthz")[0] == 200
        assert worker.memory_info().rss - memory < 20 * MB + CONNECTIONS * 20_000


def test_a_large_body_is_refused_before_it_is_sent(server, head):
    assert status(told(server, head + b"Content-Length: 10000000\r\n\r\n")) == 413


def test_a_large_body_without_a_length_is_refused_and_not_kept(server, head):
    (worker,) = server.workers()
    memory = worker.memory_info().rss
    line = b'{"event_id": "large", "kind": "dismiss", "user_id": "u60", "circle_id": "climbers"}\n'
    chunk = b"%x\r\n%s\r\n" % (len(line), line)
    large = head.replace(b"application/json", b"application/x-ndjson") + b"Transfer-Encoding: chunked\r\n\r\n"
    many = [chunk * 1000] * (10 * MB // (1000 * len(line)))
    answer = told(server, large, *many, b"0\r\n\r\n")
    assert answer == b"" or status(answer) == 413  # empty where our side was reset before it could read
    assert worker.memory_info().rss - memory < 20 * MB
    alone = told(server, large + chunk + b"0\r\n\r\n")
    assert b'"accepted":1' in alone  # so what was before the limit was not taken for all there was


BODIES = {
    "100,000 brackets": (b"[" * 100_000 + b"]" * 100_000, 400),
    "no UTF-8": (b'[{"event_id": "\xff\xfe"}]', 400),
    "half a surrogate": (b'[{"event_id": "\\ud800"}]', 400),
    "NaN": (b'[{"position": NaN}]', 400),
    "infinity": (b'[{"position": 1e999}]', 400),
    "5,000 digits": (b'[{"position": ' + b"9" * 5000 + b"}]", 400),
    "NUL": (b"[\x00]", 400),
    "no records": (b"[]", 422),
    "2,000 records": (b"[" + b",".join([b"{}"] * 2000) + b"]", 422),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_body_is_a_problem(server, head, name):
    body, expected = BODIES[name]
    answer = told(server, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert status(answer) == expected
    assert b"application/problem+json" in answer


def test_a_nul_in_an_id_is_a_refused_record(server, head):
    event = {"event_id": "a\x00b", "kind": "dismiss", "user_id": "u\x00", "circle_id": "c\x00"}
    body = json.dumps([event]).encode()
    answer = told(server, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert status(answer) == 200
    assert b'"accepted":0' in answer


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, gzip", "x"])
def test_a_packed_body_is_not_unpacked(server, head, encoding):
    bomb = gzip.compress(b"[" * 10 * MB)
    packed = f"Content-Encoding: {encoding}\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    assert status(told(server, head + packed + bomb)) == 415


def test_a_body_that_is_cut_short_is_refused_and_not_taken_for_a_shorter_one(server, head):
    lines = b'{"event_id": "cut", "kind": "dismiss", "user_id": "u60", "circle_id": "climbers"}\n'
    ndjson = head.replace(b"application/json", b"application/x-ndjson")
    cut = told(server, ndjson + b"Content-Length: %d\r\n\r\n" % (2 * len(lines)) + lines, end=True)
    assert status(cut) == 400
    whole = told(server, ndjson + b"Content-Length: %d\r\n\r\n" % len(lines) + lines)
    assert b'"accepted":1' in whole  # so the first one was not kept


LINES = {
    "two lengths": b"Content-Length: 2\r\nContent-Length: 3\r\n",
    "a length that is none": b"Content-Length: +2\r\n",
    "a length beyond all": b"Content-Length: 99999999999999999999999\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n",
    "chunked not last": b"Transfer-Encoding: chunked, identity\r\n",
    "a space before the colon": b"Content-Length : 2\r\n",
    "a folded line": b"X-A: b\r\n c\r\nContent-Length: 2\r\n",
    "NUL in a header": b"X-A: a\x00b\r\nContent-Length: 2\r\n",
}


@pytest.mark.parametrize("name", LINES)
def test_a_head_that_two_might_read_in_two_ways_is_refused(server, head, name):
    answer = told(server, head + LINES[name] + b"\r\n[]")
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1") == 1


def test_of_length_and_chunks_only_chunks_count_and_nothing_is_smuggled(server, head):
    hidden = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
    lengths = b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % (5 + len(hidden))
    answer = told(server, head + lengths + b"0\r\n\r\n" + hidden)
    assert status(answer) == 400  # an empty body is no JSON
    assert answer.count(b"HTTP/1.1") == 1  # what came after it is not answered on this connection


HEADS = {
    "a path of 100 KB": (b"GET /v1/users/" + b"a" * 100_000 + b" HTTP/1.1\r\n", 414),
    "a path of 20 KB": (b"GET /healthz/" + b"a" * 20_000 + b" HTTP/1.1\r\n", 404),
    "a query of 50 KB": (b"GET /healthz?" + b"a&" * 25_000 + b" HTTP/1.1\r\n", 200),
    "200 headers": (b"GET /healthz HTTP/1.1\r\n" + b"X-A: a\r\n" * 200, 431),
    "a header of 1 MB": (b"GET /healthz HTTP/1.1\r\nX-A: " + b"a" * MB + b"\r\n", 431),
    "up from assets": (b"GET /assets/../../../etc/passwd HTTP/1.1\r\n", 404),
    "up, encoded": (b"GET /assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\n", 404),
    "up, encoded twice": (b"GET /assets/%252e%252e%252fetc HTTP/1.1\r\n", 404),
    "two slashes": (b"GET //x.example/%2e%2e HTTP/1.1\r\n", 404),
    "backslashes": (b"GET /assets/..\\..\\etc HTTP/1.1\r\n", 404),
    "an encoded NUL": (b"GET /assets/a%00.css HTTP/1.1\r\n", 404),
    "a bare NUL": (b"GET /healthz\x00 HTTP/1.1\r\n", 400),
    "no UTF-8": (b"GET /%ff%fe HTTP/1.1\r\n", 404),
    "CONNECT": (b"CONNECT x:80 HTTP/1.1\r\n", 404),
    "TRACE": (b"TRACE /healthz HTTP/1.1\r\n", 405),
    "an unknown method": (b"PROPFIND /healthz HTTP/1.1\r\n", 405),
    "no method": (b"G\x01T /healthz HTTP/1.1\r\n", 400),
    "HTTP/0.9": (b"GET /healthz\r\n", 400),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_strange_head_is_refused(server, name):
    line, expected = HEADS[name]
    answer = told(server, line + CLOSE + b"\r\n")
    assert status(answer) == expected
    assert b"root:" not in answer


def test_http_2_is_not_spoken(server):
    assert told(server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == b""


def test_a_header_does_not_change_the_method(server):
    key = server.key("service")
    answer = server.ask("/v1/users/u60", key, X_HTTP_Method_Override="DELETE", X_Method_Override="DELETE")
    assert (answer[0], server.ask("/v1/users/u60", key)[0]) == (200, 200)


def test_pipelined_requests_are_answered_one_after_another(server):
    line = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = told(server, line * 50 + b"GET /healthz HTTP/1.1\r\n" + CLOSE + b"\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 51
