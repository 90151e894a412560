"""A foreign site tries to act for a merchant who is signed in, or to sign somebody in as another."""

import re
import time

import pytest

from api.app import create_app
from api.commands.common import Parts
from api.sessions import IDLE_S, LIFE_S
from graph.settings import Settings
from loaders.run import load
from tests.api.conftest import LOADED_AT, Service
from tests.tables import write_tables

LEAVE = "/merchant/session:end"
FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:81"},
    {"Origin": "http://evil.example@localhost.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
)
OWN = ({}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"})


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """An application with a few shops, and nobody who pays there."""
    base = tmp_path_factory.mktemp("csrf")
    parts = Parts(Settings(home=base / "home"))
    (base / "exports").mkdir()
    shops = [("merchant_id", "name"), ("c0", "Coffee"), ("c1", "Tea"), ("k0", "Wall")]
    exports = str(write_tables(base / "exports", {"merchants": shops}))
    load([exports], home=parts.home, store=parts.store, policy=parts.policy, key=parts.key, now=LOADED_AT)
    parts.store.close()
    made = Service(create_app(Settings(home=base / "home")), {})
    made.keys["merchant"] = made.new_key("merchant", "c0")
    yield made
    made.context.close()


@pytest.fixture
def client(service):
    """Somebody signed in as c0."""
    return service.visitor("merchant")


def csrf_of(client, merchant="c0"):
    return re.search(r'name="csrf" value="(\w+)"', client.get(f"/merchant/{merchant}").text)[1]


def is_signed_in(client, merchant="c0"):
    return client.get(f"/merchant/{merchant}").status_code == 200


@pytest.mark.parametrize("given", [None, "", "x", "0" * 128, "é" * 128])
def test_without_the_token_nothing_happens(client, given):
    data = {} if given is None else {"csrf": given}
    assert client.post(LEAVE, data=data).status_code == 403
    assert is_signed_in(client)


def test_the_token_of_another_session_is_none_even_of_the_same_merchant(service, client):
    other = csrf_of(service.visitor("merchant"))
    assert client.post(LEAVE, data={"csrf": other}).status_code == 403
    assert client.post(LEAVE, headers={"X-CSRF-Token": other}).status_code == 403
    assert is_signed_in(client)


def test_a_token_in_the_address_does_not_count(client):
    assert client.post(f"{LEAVE}?csrf={csrf_of(client)}").status_code == 403


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_is_refused_even_with_the_token(client, headers):
    csrf = csrf_of(client)
    assert client.post(LEAVE, data={"csrf": csrf}, headers=headers).status_code == 403
    assert is_signed_in(client)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_signs_nobody_in(service, headers):
    data = {"key": service.keys["merchant"]}
    answer = service.visitor().post("/merchant/session", data=data, headers=headers)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize("headers", OWN, ids=str)
@pytest.mark.parametrize("place", ["form", "header"])
def test_our_own_form_and_script_are_believed(client, headers, place):
    csrf = csrf_of(client)
    sent = {"data": {"csrf": csrf}} if place == "form" else {}
    more = {"X-CSRF-Token": csrf} if place == "header" else {}
    assert client.post(LEAVE, headers=headers | more, **sent).status_code == 303
    assert not is_signed_in(client)


def test_reading_changes_nothing(client):
    for method in ("GET", "HEAD"):
        assert client.open(LEAVE, method=method).status_code in (404, 405)
    assert is_signed_in(client)


def test_a_session_that_somebody_else_planted_is_never_taken_over(service):
    """Fixation: the attacker knows a token, open or made up, and puts it into the victim's browser."""
    attacker = service.visitor("merchant")
    known = attacker.get_cookie("circles").value
    for planted in (known, "A" * 43):
        victim = service.visitor()
        victim.set_cookie("circles", planted)
        key = service.new_key("merchant", "k0")
        assert victim.post("/merchant/session", data={"key": key}).status_code == 303
        assert victim.get_cookie("circles").value not in (known, "A" * 43)
        assert is_signed_in(victim, "k0")
    assert not is_signed_in(attacker)  # what was planted ended


def test_every_sign_in_has_a_token_of_its_own(service):
    tokens = {service.visitor("merchant").get_cookie("circles").value for _ in range(5)}
    assert len(tokens) == 5


def test_a_revoked_key_ends_the_page_at_once(service):
    key = service.new_key("merchant", "c0")
    client = service.visitor(key)
    csrf = csrf_of(client)
    service.context.keys.revoke(key.split("_")[1], now=1)
    assert not is_signed_in(client)
    assert client.post(LEAVE, data={"csrf": csrf}).status_code == 401


@pytest.mark.parametrize(
    "statement",
    [
        f"update sessions set last_seen = last_seen - {IDLE_S}",
        f"update sessions set expires_at = expires_at - {LIFE_S}",
    ],
)
def test_an_old_session_is_none(service, client, statement):
    assert is_signed_in(client)
    with service.context.db._lock:
        service.context.db._connection.execute(statement)
    assert not is_signed_in(client)


@pytest.mark.parametrize("merchant", ["c1", "k0", "nobody"])
def test_who_is_another_and_who_is_nobody_look_the_same(client, merchant):
    def ask(path, method="GET"):
        answer = client.open(path, method=method, headers={"X-Request-Id": "one"})
        return answer.status_code, dict(answer.headers), answer.data

    assert ask(f"/merchant/{merchant}") == ask("/merchant/does-not-exist")
    assert ask(f"/merchant/{merchant}", "POST") == ask("/merchant/does-not-exist", "POST")


def test_another_is_not_told_from_nobody_by_time(client):
    times = {"c1": [], "does-not-exist": []}
    for _ in range(60):
        for merchant, seen in times.items():
            begun = time.thread_time()
            client.get(f"/merchant/{merchant}")
            seen.append(time.thread_time() - begun)
    one, other = (sorted(seen)[30] for seen in times.values())
    assert abs(one - other) < 0.5 * max(one, other)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/merchant/c0",
        "/\\evil.example",
        "\\\\evil.example",
        "/merchant/c0\r\nSet-Cookie: x=1",
        "/merchant/c0?\r\nx: y",
        "/merchant//evil.example",
        "/merchant/../../evil",
        "javascript:alert(1)",
        "/merchant/c0@evil.example",
        "http://[",
        "merchant/c0",
        "/merchant/c1?lang=en",
        "/merchant/c0/../c1\x00",
    ],
)
def test_signing_in_leads_nowhere_else(service, wanted):
    data = {"key": service.keys["merchant"], "next": wanted}
    answer = service.visitor().post("/merchant/session", data=data)
    assert answer.status_code == 303
    assert answer.headers["Location"] in ("/merchant/c0", "/merchant/c0?lang=en")


def test_what_was_wanted_is_repeated_as_text(service):
    data = {"key": "x", "next": '"><script>alert(1)</script>'}
    page = service.visitor().post("/merchant/session", data=data).text
    assert "<script>alert" not in page
