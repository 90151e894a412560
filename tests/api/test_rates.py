"""Limits on writes, public routes and wrong keys: whom they count, what they answer, what they let be."""

from contextlib import contextmanager

import pytest

from api.app import create_app
from api.rates import Kind, limit_of, place_of
from graph.errors import ConfigError
from graph.settings import Settings


class App:
    """An application without data; u0 is an account."""

    def __init__(self, folder, **settings):
        self.app = create_app(Settings(home=folder, **settings))
        self.context = self.app.extensions["circles"]
        self.context.store.get().upsert("User", {"id": [self.context.pseudonyms.of("u0")]})
        self.keys = [self.context.keys.create("service", now=1) for _ in range(2)]

    def ask(self, method, path, key=None, body=None, *, address="192.0.2.1", form=None, **headers):
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return self.app.test_client().open(
            path, method=method, headers=headers, json=body, data=form, environ_base={"REMOTE_ADDR": address}
        )

    def write(self, key):
        return self.ask("PUT", "/v1/users/u0", self.keys[key], {}).status_code


@pytest.fixture
def app_with(tmp_path):
    @contextmanager
    def make(**settings):
        made = App(tmp_path / "home", **settings)
        yield made
        made.context.close()

    return make


def test_writes_of_one_key_are_limited_and_those_of_another_and_reading_are_not(app_with):
    with app_with(rate_writes="3/day") as app:
        assert [app.write(0) for _ in range(4)] == [200, 200, 200, 429]
        assert app.write(1) == 200
        assert [app.ask("GET", "/v1/users/u0", app.keys[0]).status_code for _ in range(9)] == 9 * [200]


def test_a_refusal_says_when_to_come_again(app_with):
    with app_with(rate_writes="1/day") as app:
        app.write(0)
        answer = app.ask("PUT", "/v1/users/u0", app.keys[0], {})
        wait = answer.headers["Retry-After"]
        assert (answer.status_code, answer.json["code"]) == (429, "rate_exceeded")
        assert 1 <= int(wait) <= 2 * 86400
        assert answer.headers["RateLimit-Policy"] == '"writes";q=1;w=86400'
        assert answer.headers["RateLimit"] == f'"writes";r=0;t={wait}'


def test_an_address_may_ask_so_often_without_a_key_and_is_always_told_of_health(app_with):
    with app_with(rate_public="3/day") as app:
        asked = [app.ask("GET", "/docs").status_code for _ in range(4)]
        assert asked == [200, 200, 200, 429]
        assert app.ask("GET", "/docs", address="192.0.2.2").status_code == 200
        assert {app.ask("GET", "/healthz").status_code for _ in range(9)} == {200}
        assert app.ask("GET", "/v1/users/u0", app.keys[0]).status_code == 200


def test_wrong_keys_of_an_address_are_counted_on_all_routes_and_on_the_form_together(app_with):
    with app_with(rate_failures="3/day") as app:
        assert app.ask("GET", "/v1/users/u0").status_code == 401
        assert app.ask("GET", "/v1/models", "ck_x").status_code == 401
        form = {"form": {"key": "ck_x"}}
        assert app.ask("POST", "/merchant/session", **form).status_code == 401
        page = app.ask("POST", "/merchant/session", **form)
        assert (page.status_code, page.mimetype) == (429, "text/html")
        assert int(page.headers["Retry-After"]) >= 1
        assert app.ask("GET", "/v1/users/u0").status_code == 429
        assert app.ask("GET", "/v1/users/u0", app.keys[0]).status_code == 200  # who has a key is not shut out
        assert app.ask("GET", "/v1/users/u0", address="192.0.2.2").status_code == 401


@pytest.mark.parametrize(
    ("proxies", "told", "apart"),
    [
        (0, ("198.51.100.1", "198.51.100.2"), False),  # anybody may write this header
        (1, ("198.51.100.1", "198.51.100.2"), True),
        (1, ("198.51.100.7, 198.51.100.1", "198.51.100.8, 198.51.100.1"), False),  # only the proxy's own word
        (2, ("198.51.100.7, 203.0.113.1", "198.51.100.8, 203.0.113.1"), True),
    ],
)
def test_a_proxy_is_believed_as_far_as_was_said(app_with, proxies, told, apart):
    with app_with(rate_public="1/day", proxies=proxies) as app:
        asked = [app.ask("GET", "/docs", **{"X-Forwarded-For": text}).status_code for text in told]
        assert asked == [200, 200 if apart else 429]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_an_address_stands_for_a_household(address, place):
    assert place_of(address) == place


def test_no_address_is_kept(app_with, tmp_path):
    with app_with() as app:
        app.ask("GET", "/docs")
        app.ask("GET", "/v1/models")
        kept = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("rates.db*"))
    assert b"192.0.2" not in kept
    assert kept


def test_where_counting_fails_requests_go_on(app_with):
    with app_with(rate_writes="1/day") as app:
        app.context.rates._storage._connection.execute("pragma query_only = on")
        assert [app.write(0) for _ in range(3)] == [200, 200, 200]


def test_what_cannot_count_is_left_alone_for_a_while(app_with, monkeypatch):
    with app_with(rate_writes="1/day") as app:
        rates, asked = app.context.rates, []
        rates._storage._connection.execute("pragma query_only = on")
        app.write(0)
        monkeypatch.setattr(rates._counter, "hit", lambda *given: asked.append(given))
        app.write(0)
        assert asked == []
        rates._rests_until = 0.0  # the while is over
        app.write(0)
        assert len(asked) == 1


def test_off_is_off_and_leaves_no_file(app_with, tmp_path):
    with app_with(rate_writes="off", rate_public="off", rate_failures="off") as app:
        assert app.context.rates is None
        assert [app.write(0) for _ in range(3)] == [200, 200, 200]
    assert not list((tmp_path / "home").glob("rates.db*"))


@pytest.mark.parametrize("text", ["", "lots", "6000", "0/minute", "-1/minute", "5/fortnight"])
def test_a_limit_that_is_none_is_refused_by_the_name_of_its_setting(text):
    with pytest.raises(ConfigError, match="CIRCLES_RATE_WRITES"):
        limit_of(text, Kind.WRITES)


@pytest.mark.parametrize(
    "store", ["memory://", "http://user:sesame@counters:80", "redis://user:sesame@counters:lots", "x"]
)
def test_a_store_of_counters_that_is_none_is_refused_without_its_password(tmp_path, store):
    with pytest.raises(ConfigError, match="CIRCLES_RATE_STORE") as error:
        create_app(Settings(home=tmp_path, rate_store=store))
    assert "sesame" not in str(error.value)


def test_redis_that_does_not_answer_stops_nobody(app_with):
    with app_with(rate_writes="1/day", rate_store="redis://:sesame@127.0.0.1:9") as app:
        assert [app.write(0) for _ in range(2)] == [200, 200]
