"""The Python client: made from the contract, needs nothing but Python, loses nothing to a cut connection."""

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

import make_client
from api import contract
from circles_client import Client, ProblemError, Retries, Unanswered, every
from graph.settings import PROJECT

QUICK = Retries(times=3, first_s=0.01)
PAYMENT = {"payment_id": "p-1", "user_id": "new", "merchant_id": "c0", "paid_at": "2026-11-01T09:00:00Z"}


@pytest.fixture
def client(service, address):
    return Client(address, service.keys["service"], retries=QUICK)


def test_it_is_what_the_contract_gives(service):
    made = make_client.source(contract.of(service.app))
    assert made == make_client.MADE.read_text(encoding="utf-8"), (
        "the contract changed: save /openapi.json and run client/make_client.py on it"
    )


def test_it_needs_nothing_but_python():
    program = f"import sys; sys.path.insert(0, {str(PROJECT / 'client')!r}); import circles_client"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)


def test_it_asks_and_is_answered(client):
    assert client.payments_take([PAYMENT])["accepted"] == 1
    assert client.users_put_consent("new", "circles", {"granted": True})["granted"]
    answer = client.circles_for_user("new", limit=2, exclude=["bakers"])
    assert answer["user_id"] == "new"
    assert "bakers" not in [item["circle_id"] for item in answer["items"]]


def test_a_refusal_is_an_exception_with_its_code(client):
    with pytest.raises(ProblemError, match="not_found") as found:
        client.users_get("no/body?")
    assert (found.value.status, found.value.type) == (404, "/problems/not_found")
    with pytest.raises(ProblemError) as refused:
        client.circles_for_user("u0", limit=0)
    assert refused.value.errors[0]["field"] == "limit"


def test_a_change_is_tied_to_what_was_seen(service, address):
    client = Client(address, service.keys["service"], retries=QUICK)
    client.users_get("u0")
    seen = client.etag
    client.users_put("u0", {"city": "杭州"}, if_match=seen)
    assert client.etag not in (None, seen)
    with pytest.raises(ProblemError, match="precondition_failed"):
        client.users_put("u0", {"city": "上海"}, if_match=seen)
    assert client.etag is None


def test_every_item_of_all_pages_comes_once(service, address):
    client = Client(address, service.keys["operator"])
    ids = [line["circle_id"] for line in every(client.own_circles_list, limit=2)]
    assert sorted(ids) == sorted(line["circle_id"] for line in client.own_circles_list(limit=100)["items"])
    assert len(ids) > 2


@contextmanager
def between(address, first):
    """A way to the service that does something else with the first connection; gives its address."""
    host, port = address.removeprefix("http://").split(":")
    listener = socket.create_server(("127.0.0.1", 0))

    def carry():
        handlers = [first]
        while True:
            try:
                here, _ = listener.accept()
            except OSError:
                return
            with here, socket.create_connection((host, int(port))) as there:
                (handlers.pop() if handlers else pass_on)(here, there)

    thread = threading.Thread(target=carry)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def request_of(here):
    """All of a request: the head, and as much body as it says."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += here.recv(65536)
    head, _, body = text.partition(b"\r\n\r\n")
    length = [
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    ]
    while len(body) < sum(length):
        body += here.recv(65536)
    return head + b"\r\n\r\n" + body


def pass_on(here, there):
    there.sendall(request_of(here))
    while part := there.recv(65536):
        here.sendall(part)


def lose_the_answer(here, there):
    there.sendall(request_of(here))
    there.recv(65536)


def say_later(here, there):
    request_of(here)
    here.sendall(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("first", [lose_the_answer, say_later])
def test_what_is_sent_again_counts_once_and_says_so(service, address, first):
    with between(address, first) as way:
        answer = Client(way, service.keys["service"], retries=QUICK).payments_take([PAYMENT])
    assert answer == {"accepted": 1, "duplicates": 0, "rejected": []}


def test_a_change_from_a_revision_is_not_sent_again(service, address):
    with between(address, lose_the_answer) as way:
        client = Client(way, service.keys["merchant"], retries=QUICK)
        with pytest.raises(Unanswered):
            client.own_circles_edit("drinkers", {"name": "Brewers"}, if_match='"0"')
    assert service.ask("GET", "/v1/circles/drinkers", key="merchant").json["owner"]["revision"] == 1


def test_after_the_last_try_it_says_that_no_answer_came(service):
    with pytest.raises(Unanswered, match="GET"):
        Client("http://127.0.0.1:9", "", retries=Retries(times=1, first_s=0.01)).health_healthz()
