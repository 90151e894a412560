"""The embedded store is locked by another program: reads go on, writes are refused, all comes back."""

import sqlite3
import time
from contextlib import closing

import pytest

from tests.flow.faults import FROZEN_S, Load, key_of, log, paid, running, until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]


def test_a_locked_store_is_read_and_writes_wait_or_are_refused(published, luck):
    key = key_of(published)
    with running(published) as server, Load(server, key, ("u2", "u61"), num_writers=8) as load:
        load.goes_on()
        time.sleep(luck.random())
        with closing(sqlite3.connect(published.home / "circles.db", isolation_level=None)) as other:
            other.execute("begin exclusive")
            soon_s, end = load.soon_s(), time.monotonic() + FROZEN_S
            until(lambda: load.answers["write", 503], "a write is refused", patience_s=60)
            status, headers, body = server.ask("POST", "/v1/payments", key, [paid("later", "late")])
            assert (status, body["code"], "retry-after" in headers) == (503, "store_locked", True)
            time.sleep(max(0.0, end - time.monotonic()))
            log.info("slowest: %s; %s", dict(load.slowest), dict(load.answers))
            assert load.slowest["read"] < soon_s
            other.execute("rollback")
        load.goes_on()
        load.stop()
        load.settle()
    assert {status for kind, status in load.answers if kind == "read"} == {200}
