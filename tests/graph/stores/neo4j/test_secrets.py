"""A password of a server is in no log, however much is logged, and in no error."""

import logging
from urllib.parse import quote

import pytest

from graph.errors import ConfigError
from graph.stores.neo4j.address import target_of
from graph.stores.open import open_store

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j")]


def test_what_the_driver_logs_of_signing_in_holds_no_password(empty_neo4j, caplog):
    address = empty_neo4j()
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "neo4j"):
        store = open_store(address)
        store.user("nobody")
        store.close()
    assert len(caplog.records) > 10
    assert target_of(address).password not in caplog.text


def test_a_wrong_password_is_refused_and_not_repeated(empty_neo4j, caplog):
    target = target_of(empty_neo4j())
    scheme, _, place = target.uri.partition("://")
    with caplog.at_level(logging.DEBUG), pytest.raises(ConfigError) as refused:
        open_store(f"{scheme}://{target.user}:{quote('marker-wrong-password')}@{place}")
    assert "marker-wrong-password" not in str(refused.value) + caplog.text
