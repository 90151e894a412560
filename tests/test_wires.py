"""Whoever cuts a wire loses packets and no connection; whoever mends it gets what was sent meanwhile."""

import socket
import threading

import pytest

from tests.wires import received, wire_to


@pytest.fixture
def echo():
    """A port that says what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with server.accept()[0] as caller:
                while told := received(caller):
                    caller.sendall(told)

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize("by_cable", [True, False])
def test_what_is_sent_over_a_cut_wire_comes_when_it_is_mended(echo, by_cable):
    with (
        wire_to(echo, by_cable=by_cable) as wire,
        socket.create_connection((wire.host, wire.port), timeout=60) as caller,
    ):
        caller.sendall(b"one")
        assert caller.recv(9) == b"one"
        wire.cut()
        caller.sendall(b"two")
        caller.settimeout(0.3)
        with pytest.raises(TimeoutError):
            caller.recv(9)
        wire.mend()
        caller.settimeout(60)
        assert caller.recv(9) == b"two"
    assert wire.kind in ("relay", "cable" if by_cable else "relay")
