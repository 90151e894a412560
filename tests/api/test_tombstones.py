"""Whoever is being erased is out of every answer, however busy the store is; back, they are somebody new."""

import sqlite3
import time
from contextlib import closing, contextmanager

import pytest

from api.app import create_app
from api.services import erasure
from graph.policy.meeting import NOBODY
from tests.api.conftest import Service

PATHS = ("", "/circles", "/links", "/invitations", "/relays", "/card", "/consents", "/mutes")


@contextmanager
def busy(settings):
    """A store that somebody else writes to all the time, as a load or a sweep does."""
    with closing(sqlite3.connect(settings.home / "circles.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def other(service, settings):
    """Another worker of the same service."""
    app = create_app(settings)
    yield Service(app, service.keys)
    app.extensions["circles"].close()


def test_while_the_store_is_busy_nobody_waits_and_no_worker_sees_them(service, other, settings):
    rec_id = service.ask("GET", "/v1/users/u60/circles").json["rec_id"]
    index = service.context.store.get().user(service.context.pseudonyms.of("u60")).index
    with busy(settings):
        began = time.monotonic()
        asked = service.ask("DELETE", "/v1/users/u60")
        assert (asked.status_code, time.monotonic() - began < 4 * erasure.PATIENCE_S) == (202, True)
        for path in PATHS:
            assert other.ask("GET", f"/v1/users/u60{path}").status_code == 404, path
        assert other.ask("GET", f"/v1/recommendations/{rec_id}").status_code == 404
        assert other.ask("GET", f"/v1/recommendations/{rec_id}/replay").json["state"] == "erased"
        store = other.context.store.get()
        assert index not in store.consents("circles")
        assert store.meetings(0, [index]) == [NOBODY]
        assert not store.visible(0, [index], "portraits").any()
    assert service.ended(asked.json["job_id"], key="operator")["result"]["payments"] == 4


def test_whoever_comes_back_meanwhile_is_somebody_new_and_stays(service, other, settings):
    user = service.context.pseudonyms.of("u60")
    before = service.context.store.get().user(user).index
    with service.context.home.lock("load"):  # the job waits
        with busy(settings):
            job = service.ask("DELETE", "/v1/users/u60").json["job_id"]
        other.ask("PUT", "/v1/users/u60/consents/circles", {"granted": True})
    assert service.ended(job, key="operator")["state"] == "done"
    assert other.context.store.get().user(user).index != before
    assert other.ask("GET", "/v1/users/u60").json["consents"]["circles"] is True


def test_their_published_list_is_not_given_while_the_store_is_away(service, settings):
    with service.context.home.lock("load"):  # the job waits before it comes to the lists, or finds no store
        service.ask("DELETE", "/v1/users/u60")
        service.context.store.close()
        (settings.home / "circles.db").rename(settings.home / "elsewhere.db")
        (settings.home / "circles.db").mkdir()
        app = create_app(settings)
        lists = [
            Service(app, service.keys).ask("GET", f"/v1/users/{user}/circles") for user in ("u60", "u62")
        ]
        assert [answer.json["personalised"] for answer in lists] == [False, True]
        (settings.home / "circles.db").rmdir()
        (settings.home / "elsewhere.db").rename(settings.home / "circles.db")
        app.extensions["circles"].close()
    app = create_app(settings)
    later = Service(app, service.keys)
    again = later.ask("DELETE", "/v1/users/u60").json["job_id"]
    assert later.ended(again, key="operator")["state"] == "done"
    app.extensions["circles"].close()
