"""Addresses of Neo4j servers."""

import pytest

from graph.errors import ConfigError
from graph.stores.base import without_secret
from graph.stores.neo4j.address import Target, is_neo4j, target_of


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("neo4j://u:sesame@graph:7688", Target("neo4j://graph:7688", "u", "sesame", None)),
        ("bolt+s://u:sesame@graph", Target("bolt+s://graph:7687", "u", "sesame", None)),
        ("neo4j+ssc://u:sesame@graph/people", Target("neo4j+ssc://graph:7687", "u", "sesame", "people")),
        ("neo4j://u%40x:p%2F%3A@[::1]:7/", Target("neo4j://[::1]:7", "u@x", "p/:", None)),
    ],
)
def test_an_address_has_a_server_a_user_a_password_and_perhaps_a_database(address, expected):
    assert is_neo4j(address)
    target = target_of(address)
    assert vars(target) == vars(expected)
    assert target.password not in repr(target)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("neo4j://graph:7687", "no user and password"),
        ("neo4j://u@graph:7687", "no user and password"),
        ("neo4j://u:sesame@graph:port", "Port"),
        ("neo4j://u:sesame@", "not understood"),
        ("neo4j://u:sesame@graph/a/b", "more than a database"),
        ("neo4j://u:sesame@graph?policy=x", "more than a database"),
    ],
)
def test_an_address_that_lacks_something_says_what(address, why):
    with pytest.raises(ConfigError, match=why) as caught:
        target_of(address)
    assert "neo4j://user:password@host:7687" in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_a_secret_is_left_out_of_what_is_shown():
    assert without_secret("bolt://u:p@host:1/db") == "bolt://host:1/db"
    assert without_secret("sqlite:///a.db") == "sqlite:///a.db"
