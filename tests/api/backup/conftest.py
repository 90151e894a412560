"""A real house and what backs it up."""

from contextlib import closing
from dataclasses import replace

import pytest

from api.app import create_app
from api.backup.make import Source
from api.backup.make import make as make_backup
from api.backup.restore import Wishes
from api.backup.restore import restore as restore_backup
from api.commands.common import Parts
from api.service_db import ServiceDb
from graph.home import Home
from graph.settings import Settings
from tests.api.conftest import Service, exploring

MADE_AT = 1_795_000_000
NOW = MADE_AT + 1_000


def silent(stage, done, total):
    pass


@pytest.fixture
def back_up(settings, tmp_path):
    """Makes a backup of the house; gives its folder."""

    def made(name="backup", house=settings, **wishes):
        parts = Parts(house)
        ServiceDb(parts.home.service_db).close()
        with closing(parts.store):
            source = Source(parts.home, parts.store, house.policy, parts.policy.policy_id, parts.key)
            defaults = {"previous": None, "with_key": True, "wait_s": 60.0}
            make_backup(source, tmp_path / name, now=MADE_AT, told=silent, **(defaults | wishes))
        return tmp_path / name

    return made


@pytest.fixture
def restore():
    """Restores a backup into a home."""

    def done(backup, home, store="sqlite:///circles.db", **wishes):
        return restore_backup(backup, home, Wishes(store, **wishes), now=NOW, told=silent)

    return done


@pytest.fixture
def answers(settings):
    """What a home answers, byte by byte, but for what is new in every answer."""

    def asked(home, store=settings.store):
        app = create_app(replace(settings, home=home, store=store))
        app.extensions["circles"] = exploring(app.extensions["circles"], 0.0)
        service = Service(app, {})
        service.keys["service"] = service.new_key("service")
        try:
            return {user: _steady(service.ask("GET", f"/v1/users/{user}/circles")) for user in USERS}
        finally:
            service.context.close()

    return asked


USERS = ("u1", "u2", "u60", "u61", "nobody")


def _steady(answer):
    body = dict(answer.json)
    for name in ("rec_id", "as_of", "request_id", "instance"):
        body.pop(name, None)
    return answer.status_code, body


def parts_of(home):
    return Parts(Settings(home=Home(home).path))
