"""Which port is taken."""

import socket

import pytest

from graph.errors import ConfigError
from graph.local_neo4j.ports import choose_port, free_port, is_free


@pytest.fixture
def taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_the_last_port_is_kept_and_the_default_is_the_first():
    last, default = free_port(), free_port()
    assert choose_port(None, last, default) == (last, "")
    assert choose_port(None, None, default) == (default, "")
    assert choose_port(default, last, 1) == (default, "")


def test_a_free_port_replaces_one_that_is_taken_and_it_is_said(taken):
    port, note = choose_port(None, None, taken)
    assert is_free(port)
    assert not is_free(taken)
    assert str(taken) in note
    assert str(port) in note


def test_a_port_that_was_asked_for_is_not_replaced(taken):
    with pytest.raises(ConfigError, match=str(taken)):
        choose_port(taken, None, 1)
