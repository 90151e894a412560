"""A wire between a service and its store that can be cut: packets get lost, and no connection is closed.

Where the kernel allows it the store lies in a network of its own, at the end of a virtual cable to be pulled.
Elsewhere a relay holds back what it is given; what differs is that it still takes up connections meanwhile.
"""

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

NEW_NETWORK = 0x40000000  # CLONE_NEWNET
NETWORK = 198 << 24 | 18 << 16  # 198.18.0.0/15 is for tests of networks (RFC 2544): nobody is found there


class Relay:
    """Passes bytes between whoever connects to a socket and a port of this machine."""

    def __init__(self, port: int, server: socket.socket | None = None) -> None:
        self._server = server or socket.create_server(("127.0.0.1", 0))
        self._target = port
        self.host, self.port = self._server.getsockname()
        self.passes = threading.Event()
        self.passes.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        self.passes.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            near.close()
            return
        threading.Thread(target=self.back, args=(far, near), daemon=True).start()
        self.forward(near, far)

    def forward(self, near: socket.socket, far: socket.socket) -> None:
        """Pass on what callers say, until they or the target end it."""
        self._pass_on(near, far)

    def back(self, far: socket.socket, near: socket.socket) -> None:
        """Pass on what the target says."""
        self._pass_on(far, near)

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        while data := received(source):
            self.passes.wait()
            try:
                sink.sendall(data)
            except OSError:
                break
        self.passes.wait()
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._server.close()


def received(end: socket.socket) -> bytes:
    """What comes next; nothing when the other side is gone."""
    try:
        return end.recv(65536)
    except OSError:
        return b""


@dataclass(frozen=True)
class Wire:
    """An address that leads to a port of this machine, until the wire is cut.

    kind: "cable" or "relay". cut, mend: lose all packets; let them through again.
    """

    kind: str
    host: str
    port: int
    cut: Callable[[], None]
    mend: Callable[[], None]


@contextmanager
def wire_to(port: int, *, by_cable: bool = True) -> Iterator[Wire]:
    """A wire to a port of this machine: a cable where one is wanted and can be laid, else a relay."""
    cable = Cable.laid() if by_cable else None
    relay = Relay(port, cable.server if cable else None)
    try:
        if cable is not None:
            yield Wire("cable", relay.host, relay.port, cable.pull, cable.plug)
        else:
            yield Wire("relay", relay.host, relay.port, relay.passes.clear, relay.passes.set)
    finally:
        relay.passes.set()
        relay.close()
        if cable is not None:
            cable.remove()


class Cable:
    """A network with one socket, `server`, at the end of a virtual cable.

    A network belongs to the thread that made it, and a socket stays in the one where it was made.
    """

    def __init__(self) -> None:
        first = NETWORK + 4 * (os.getpid() % 2**15)
        self._near, self._here = f"circles{os.getpid()}", _dotted(first + 1)
        self._there = ThreadPoolExecutor(1)
        try:
            self._there.submit(_enter_new_network).result()
            self._lay(_dotted(first + 2))
        except BaseException:
            self.remove()
            raise

    @classmethod
    def laid(cls) -> "Cable | None":
        """A cable, unless this machine lets nobody lay one."""
        try:
            return cls()
        except (OSError, subprocess.CalledProcessError):
            return None

    def _lay(self, there: str) -> None:
        ends = ("type", "veth", "peer", "name", self._near, "netns", str(os.getpid()))
        self._ip_there("link", "add", "far", *ends)
        self._ip_there("address", "add", f"{there}/30", "dev", "far")
        self.plug()
        _ip("address", "add", f"{self._here}/30", "dev", self._near)
        _ip("link", "set", self._near, "up")
        self.server = self._there.submit(socket.create_server, (there, 0)).result()

    def pull(self) -> None:
        self._ip_there("link", "set", "far", "down")

    def plug(self) -> None:
        self._ip_there("link", "set", "far", "up")

    def remove(self) -> None:
        self._there.shutdown()
        with suppress(OSError, subprocess.CalledProcessError):
            _ip("link", "delete", self._near)  # both ends; sockets that wait for packets would keep them

    def _ip_there(self, *words: str) -> None:
        self._there.submit(_ip, *words).result()


def _enter_new_network() -> None:
    """Leave this machine's network, with this thread only."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "no network can be made")


def _ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)


def _dotted(address: int) -> str:
    return socket.inet_ntoa(address.to_bytes(4, "big"))
