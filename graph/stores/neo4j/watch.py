"""Whether the server lives, asked when somebody waits for it; so that nobody waits for one that froze.

A server that is frozen, or behind a network that swallows packets, keeps its connections: a driver waits for
its answer as long as the server once asked it to, two minutes unless set otherwise. So each call runs on a
thread of its own, and its caller looks after it: who has waited for `PATIENCE_S` has the server asked for a
sign of life over a new connection. Without one, all who wait are sent away, and whoever comes next is at
once, until there is one again. A server that is only slow answers, and is waited for.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar

from graph.errors import StoreUnavailable

log = logging.getLogger(__name__)

PATIENCE_S = 1.5  # most reads take milliseconds
SIGN_S = 1.5  # in which a server that lives greets a new connection
AGAIN_S = 1.0  # between two questions to one that is away
T = TypeVar("T")


class Watch:
    """Runs calls to one server; safe for threads, not across fork.

    Args:
        name: of the server, for messages.
        sign: asks for a sign of life over a new connection; raises when there is none, or takes long.
        lost: called once each time the server goes away.
    """

    def __init__(self, name: str, sign: Callable[[], None], lost: Callable[[], None]) -> None:
        self._name, self._sign, self._lost = name, sign, lost
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._num_free = 0
        self._is_asking = False
        self.is_away = False

    def run(self, call: Callable[[], T]) -> T:
        """What the call gives.

        Raises:
            StoreUnavailable: the server gives no sign of life; a write may or may not have come through.
        """
        self._refuse_if_away()
        future = self._begin(call)
        while not wait([future], timeout=PATIENCE_S).done:
            self._refuse_if_away()
            self._ask()
        return future.result()

    def _refuse_if_away(self) -> None:
        if self.is_away:
            raise StoreUnavailable(f"store {self._name} gives no sign of life; is the server up?")

    def _begin(self, call: Callable[[], T]) -> "Future[T]":
        future: Future[T] = Future()
        self._calls.put((future, call))
        with self._lock:
            needed = self._num_free == 0
            self._num_free -= not needed
        if needed:
            threading.Thread(target=self._work, daemon=True).start()
        return future

    def _work(self) -> None:
        """A thread that runs calls; it may be stuck for long, and keeps no process from ending."""
        while True:
            future, call = self._calls.get()
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
                future.set_exception(error)
            del future, call
            with self._lock:
                self._num_free += 1

    def _ask(self) -> None:
        """Ask for a sign of life, unless that is being done."""
        with self._lock:
            if self._is_asking:
                return
            self._is_asking = True
        threading.Thread(target=self._until_answered, daemon=True).start()

    def _until_answered(self) -> None:
        while not self._lives():
            if not self.is_away:
                log.warning("store %s gives no sign of life", self._name)
                self.is_away = True
                self._lost()
            time.sleep(AGAIN_S)
        if self.is_away:
            log.warning("store %s is back", self._name)
        with self._lock:
            self.is_away = self._is_asking = False

    def _lives(self) -> bool:
        """Whether there is a sign of life in time; who asks too long is left alone."""
        sign: Future[None] = Future()

        def ask() -> None:
            try:
                sign.set_result(self._sign())
            except Exception as error:  # noqa: BLE001 - whatever it is, it is no sign of life
                sign.set_exception(error)

        threading.Thread(target=ask, daemon=True).start()
        return bool(wait([sign], timeout=SIGN_S).done) and sign.exception() is None
