"""What people do changes their next answer on every worker: the one that comes right after it."""

import http.client
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import pytest

from api.services.flows import NOBODY
from graph.portraits.town import town_of
from graph.schema import Purpose
from tests.fans import CLIMBERS, DRINKERS, chosen_here
from tests.flow.faults import Server, key_of, log, request, running, until
from tests.houses import House

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
TRIALS = int(os.environ.get("CONSENT_TRIALS", "10"))  # `make soak` asks for a thousand
TASTE = [("beans", "c0"), ("beans", "c1"), ("beans", "c2")]


@contextmanager
def pinned(server: Server) -> Iterator[dict[int, http.client.HTTPConnection]]:
    """An open connection to each worker, by its process."""
    held: dict[int, http.client.HTTPConnection] = {}
    spare: list[http.client.HTTPConnection] = []

    def one_more() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        spare.append(connection)
        request(connection, "GET", "/healthz", "")
        held.setdefault(owner_of(server, connection), connection)
        return len(held) == server.num_workers

    try:
        until(one_more, "each worker has a connection")
        yield held
    finally:
        for connection in spare:
            connection.close()


def owner_of(server: Server, connection: http.client.HTTPConnection) -> int:
    """The worker at the other end."""
    ours = connection.sock.getsockname()[1]
    for pid in server.workers():
        with suppress(psutil.NoSuchProcess):
            if any(c.raddr and c.raddr.port == ours for c in psutil.Process(pid).net_connections("tcp")):
                return pid
    raise AssertionError("nobody is at the other end")


@pytest.fixture(scope="module")
def served(tmp_path_factory, published_home):
    """A server of two workers, and a key."""
    house = House(tmp_path_factory.mktemp("fresh") / "home")
    shutil.copytree(published_home, house.home)
    key = key_of(house)
    with running(house) as server:
        yield server, key


@pytest.fixture
def fresh(served):
    """The server, a connection to each worker, and the key; connections that wait for long are closed."""
    server, key = served
    with pinned(server) as workers:
        yield server, list(workers.values()), key


def seen(fresh, path):
    """What each worker says now."""
    _, workers, key = fresh
    answers = [request(worker, "GET", path, key) for worker in workers]
    return [(status, body) for status, _, body in answers]


def change(fresh, method, path, body):
    """Do something by the first worker, and begin to count."""
    status, _, told = request(fresh[1][0], method, path, fresh[2], body)
    assert status in (200, 202, 204), told
    assert not (told or {}).get("rejected"), told
    return time.monotonic()


def at_once(fresh, path, holds):
    """The very next answer of every worker must show it."""
    answers = seen(fresh, path)
    assert all(status == 200 and holds(body) for status, body in answers), answers


def ids(body):
    return [item["circle_id"] for item in body["items"]]


def event(kind, user, circle):
    return {"event_id": f"{kind}-{user}-{circle}", "kind": kind, "user_id": user, "circle_id": circle}


def test_payments_and_consent_of_somebody_new_make_a_list_of_their_own(fresh):
    circles = "/v1/users/fresh-1/circles?limit=3"
    change(fresh, "PUT", "/v1/users/fresh-1/consents/circles", {"granted": True})
    at_once(fresh, circles, lambda body: body["reason"] == "nothing_known")
    payments = [
        {"payment_id": f"f{i}", "user_id": "fresh-1", "merchant_id": shop, "product_id": product,
         "amount": "3", "currency": "CNY", "paid_at": "2026-09-01T08:00:00Z"}
        for i, (product, shop) in enumerate(TASTE)
    ]  # fmt: skip
    began = change(fresh, "POST", "/v1/payments", payments)
    at_once(fresh, circles, lambda body: body["personalised"] and ids(body)[0] in ("drinkers", "bakers"))
    log.info("new payments to changed lists on both workers: %.3f s", time.monotonic() - began)
    change(fresh, "PUT", "/v1/users/fresh-1/consents/circles", {"granted": False})
    at_once(fresh, circles, lambda body: (body["personalised"], body["reason"]) == (False, "consent_missing"))


@pytest.mark.parametrize(("kind", "user"), [("join", "u61"), ("dismiss", "u63")])
def test_joined_and_dismissed_circles_are_gone_and_left_ones_stay_away(fresh, kind, user):
    path = f"/v1/users/{user}/circles?limit=3"
    first = ids(seen(fresh, path)[0][1])[0]
    change(fresh, "POST", "/v1/events", event(kind, user, first))
    at_once(fresh, path, lambda body: first not in ids(body))
    if kind == "join":
        change(fresh, "POST", "/v1/events", event("leave", user, first))
        at_once(fresh, path, lambda body: first not in ids(body))


def test_a_mute_is_known_to_every_worker(fresh):
    change(fresh, "PUT", "/v1/users/u2/mutes/circles/drinkers", None)
    at_once(fresh, "/v1/users/u2/mutes", lambda body: "drinkers" in str(body))
    change(fresh, "DELETE", "/v1/users/u2/mutes/circles/drinkers", None)
    at_once(fresh, "/v1/users/u2/mutes", lambda body: "drinkers" not in str(body))


@pytest.mark.parametrize("mute", ["merchants/c0", "categories/COFFEE", "payments/p62-0", "scenes/dining"])
def test_muted_payments_count_for_nothing_on_any_worker_until_they_are_taken_back(fresh, mute):
    path, muted = "/v1/users/u62/circles?limit=3", f"/v1/users/u62/mutes/{mute}"
    change(fresh, "PUT", "/v1/users/u62/mutes/merchants/k0", None)  # never paid: only scored anew
    before = [body["items"] for _, body in seen(fresh, path)]
    began = change(fresh, "PUT", muted, None)
    at_once(fresh, path, lambda body: body["items"] not in before)
    log.info("%s to changed lists on both workers: %.3f s", mute, time.monotonic() - began)
    change(fresh, "DELETE", muted, None)
    at_once(fresh, path, lambda body: body["items"] in before)


@contextmanager
def crowded(server: Server, key: str, path: str) -> Iterator[None]:
    """Others who ask every worker for something all the time."""
    stop = threading.Event()

    def load():
        with suppress(OSError), pinned(server) as workers:
            while not stop.is_set():
                for worker in workers.values():
                    request(worker, "GET", path, key)

    crowd = [threading.Thread(target=load) for _ in range(2)]
    for one in crowd:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in crowd:
            one.join()


def test_a_withdrawn_consent_is_never_overlooked_under_load(fresh):
    path, appeared = "/v1/users/u64/circles?limit=3", []
    consent = "/v1/users/u64/consents/circles"
    with crowded(fresh[0], fresh[2], "/v1/users/u66/circles?limit=9"):
        for turn in range(TRIALS):
            change(fresh, "PUT", consent, {"granted": False})
            appeared += [turn for _, body in seen(fresh, path) if body["personalised"]]
            change(fresh, "PUT", consent, {"granted": True})
            at_once(fresh, path, lambda body: body["personalised"])
    assert appeared == []


@contextmanager
def without_a_version(house: House, **how: Any) -> Iterator[Server]:
    """A server over a store alone: it answers what needs no published version, and is never ready."""
    server = Server(house, **how)
    try:
        server.start()
        until(server.lives, "the server is up")
        yield server
    finally:
        server.stop()


def test_who_withdraws_links_is_never_overlooked_among_suggestions(link_house):
    """Neither side is shown the other, on any worker, from the next request on; both are, once granted."""
    made = link_house({(0, 1): 0.9, (2, 3): 0.9})
    appeared, consent = [], "/v1/users/u0/consents/links"
    with (
        without_a_version(House(made.context.home.path)) as server,
        pinned(server) as workers,
        crowded(server, made.key("service"), "/v1/users/u2/links"),
    ):
        held = server, list(workers.values()), made.key("service")
        for turn in range(TRIALS):
            change(held, "PUT", consent, {"granted": False})
            for user in ("u1", "u0"):
                appeared += [turn for _, body in seen(held, f"/v1/users/{user}/links") if body["items"]]
            change(held, "PUT", consent, {"granted": True})
            for user in ("u1", "u0"):
                at_once(held, f"/v1/users/{user}/links", lambda body: len(body["items"]) == 1)
    assert appeared == []


def test_who_withdraws_portraits_is_never_overlooked_in_invitations_portraits_and_audiences(town_service):
    """Invitations are gone from every worker at the next request, and who counts people counts them out."""
    context, store = town_service.context, town_service.context.store.get()
    audience = chosen_here(town_service, "ropes", "k0")
    path = f"/v1/audiences/{audience['audience_id']}/invitations"
    assert town_service.ask("POST", path, {"message_ref": "m"}, key="k0").status_code == 200
    index = int(dict(store.export(edges=False))["invitations"]["user"][0])
    users = context.pseudonyms.of_many([f"u{number}" for number in range(DRINKERS + CLIMBERS)])
    user, others = f"u{users.index(store.ids('User', [index])[0])}", "/v1/users/u1/invitations"
    policy, appeared = {"CIRCLES_POLICY": str(context.home.path / "policy.toml")}, []
    with (
        without_a_version(House(context.home.path), environment=policy) as server,
        pinned(server) as workers,
        crowded(server, town_service.keys["service"], others),
    ):
        held = server, list(workers.values()), town_service.keys["service"]
        for turn in range(TRIALS):
            change(held, "PUT", f"/v1/users/{user}/consents/portraits", {"granted": False})
            appeared += [turn for _, body in seen(held, f"/v1/users/{user}/invitations") if body["items"]]
            appeared += [turn] * int(index in town_of(store, context.policy).people)
            appeared += [turn] * int(store.visible(NOBODY, [index], Purpose.PORTRAITS).sum())
            change(held, "PUT", f"/v1/users/{user}/consents/portraits", {"granted": True})
            at_once(held, f"/v1/users/{user}/invitations", lambda body: len(body["items"]) == 1)
        change(held, "PUT", f"/v1/users/{user}/consents/portraits", {"granted": False})
    again = chosen_here(town_service, "ropes", "k0", holdout=0.2)["audience_id"]
    rows = dict(store.export(edges=False))["audience_people"]
    kept = {person for person, of in zip(rows["user"], rows["audience_id"], strict=True) if of == again}
    assert (index in kept, len(kept) > 100, appeared) == (False, True, [])


def test_a_closed_circle_and_an_erased_person_are_gone_from_every_worker(fresh):
    server, _, key = fresh
    owner = key_of(server.house, "merchant", "--merchant", "c1")
    path = "/v1/users/u20/circles?limit=5&scene=dining"
    had = ids(seen(fresh, path)[0][1])
    status, _, told = request(fresh[1][0], "DELETE", "/v1/circles/bakers", owner)
    assert status in (200, 204), told
    at_once(fresh, path, lambda body: "bakers" not in ids(body) and len(ids(body)) <= len(had))
    assert request(fresh[1][0], "DELETE", "/v1/users/u21", key)[0] == 202
    assert [status for status, _ in seen(fresh, "/v1/users/u21/circles")] == [404, 404]


def test_a_block_ends_a_suggestion_on_both_sides_on_every_worker(link_house, tmp_path):
    made = link_house({(0, 1): 0.9, (2, 3): 0.9})
    key = made.key("service")
    with without_a_version(House(made.context.home.path)) as server, pinned(server) as workers:
        held = server, list(workers.values()), key
        for user in ("u0", "u1"):
            at_once(held, f"/v1/users/{user}/links", lambda body: len(body["items"]) == 1)
        handle = made.handle(0, 1)
        change(held, "POST", f"/v1/links/{handle}/responses", {"user_id": "u0", "response": "block"})
        for user in ("u0", "u1"):
            at_once(held, f"/v1/users/{user}/links", lambda body: body["items"] == [])
