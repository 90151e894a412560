"""Which port on loopback the server listens on."""

import socket

from graph.errors import ConfigError


def is_free(port: int) -> bool:
    """Whether something could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nothing listens on now; another program may be faster."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def choose_port(wished: int | None, last: int | None, default: int) -> tuple[int, str]:
    """The port to use, and a note when it is not the expected one.

    Raises:
        ConfigError: the port that was asked for is taken.
    """
    if wished is not None:
        if not is_free(wished):
            raise ConfigError(
                f"port {wished} is taken by another program; name another, or none to get a free one"
            )
        return wished, ""
    expected = last or default
    if is_free(expected):
        return expected, ""
    free = free_port()
    return free, f"port {expected} is taken by another program; {free} is used from now on"
