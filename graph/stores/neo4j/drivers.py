"""One driver a process, and what the server says turned into errors of ours.

A driver's sockets must not be shared across a fork: two processes would read each other's answers. So each
process opens a driver of its own when it first needs one, and leaves that of its parent alone.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from graph.errors import ConfigError, InputError, NotFound, StoreConflict, StoreUnavailable
from graph.stores.neo4j.address import Target
from graph.stores.neo4j.bolt import neo4j, said
from graph.stores.neo4j.watch import SIGN_S, Watch

T = TypeVar("T")

POOL_SIZE = 16  # connections a process; a worker answers with few threads
CONNECT_S = 5.0
ACQUIRE_S = 10.0  # for a free connection of the pool
RETRY_S = 2.0  # how long the driver repeats what failed in passing; a request does not wait longer
LIVENESS_S = 30.0  # an idle connection older than this is tried before it is used

_CONSTRAINT = "Neo.ClientError.Schema.ConstraintValidationFailed"
_TIMED_OUT = "Neo.ClientError.Transaction.TransactionTimedOut"
_CROSSED = "Neo.TransientError.Transaction"  # any other passing failure says that the server is not ready
_inherited: list[neo4j.Driver] = []  # kept alive unused, so that nothing closes a parent's sockets


class Drivers:
    """The driver of this process, opened lazily; safe for threads and across fork.

    Args:
        pool_size: most connections of one process.
        acquire_s: how long to wait for one of them.
    """

    def __init__(self, target: Target, *, pool_size: int = POOL_SIZE, acquire_s: float = ACQUIRE_S) -> None:
        self.target = target
        self._settings: dict[str, Any] = {
            "max_connection_pool_size": pool_size,
            "connection_acquisition_timeout": acquire_s,
            "connection_timeout": CONNECT_S,
            "max_transaction_retry_time": RETRY_S,
            "liveness_check_timeout": LIVENESS_S,
            "notifications_min_severity": "OFF",
            "user_agent": "circles",
        }
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._driver: neo4j.Driver | None = None
        self._closed = False
        self._watch = Watch(target.uri, self._greet, self._drop)

    def run(self, call: Callable[[], T]) -> T:
        """Run a call that uses the driver, and leave it when the server gives no sign of life.

        Raises:
            StoreUnavailable: it gives none.
        """
        if self._pid != os.getpid():
            self._leave_to_parent()
        return self._watch.run(call)

    def _greet(self) -> None:
        """Be greeted over a new connection: those of the driver may be stuck."""
        auth = (self.target.user, self.target.password)
        settings = self._settings | {"connection_timeout": SIGN_S, "connection_acquisition_timeout": SIGN_S}
        with neo4j.GraphDatabase.driver(self.target.uri, auth=auth, **settings) as driver:
            driver.verify_connectivity()

    def _drop(self) -> None:
        """Begin with new connections when the server is back; closing the stuck ones may take long."""
        with self._lock:
            driver, self._driver = self._driver, None
        if driver is not None:
            threading.Thread(target=driver.close, daemon=True).start()

    def get(self) -> neo4j.Driver:
        """The driver of this process.

        Raises:
            StoreUnavailable: the store was closed.
        """
        if self._pid != os.getpid():
            self._leave_to_parent()
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            if self._driver is None:
                auth = (self.target.user, self.target.password)
                self._driver = neo4j.GraphDatabase.driver(self.target.uri, auth=auth, **self._settings)
            return self._driver

    def close(self) -> None:
        """Close the driver of this process; twice is once."""
        if self._pid != os.getpid():
            self._leave_to_parent()
        with self._lock:
            driver, self._driver, self._closed = self._driver, None, True
        if driver is not None:
            driver.close()

    def _leave_to_parent(self) -> None:
        if self._driver is not None:
            _inherited.append(self._driver)
        self._lock, self._pid, self._driver = threading.Lock(), os.getpid(), None
        self._watch = Watch(self.target.uri, self._greet, self._drop)


@contextmanager
def translated(target: Target) -> Iterator[None]:
    """Turn what driver and server say into errors that name the server and the next step."""
    try:
        yield
    except (said.DriverError, said.Neo4jError) as error:
        raise _translation(error, target.uri) from error
    except UnicodeEncodeError as error:
        raise InputError("a text is not valid Unicode and cannot be stored") from error
    except OSError as error:
        raise StoreUnavailable(f"store {target.uri} does not answer ({error}); is the server up?") from error


def _translation(error: Exception, uri: str) -> Exception:
    if isinstance(error, said.AuthError):
        return ConfigError(
            f"store {uri} refuses the user or password ({error.code}); "
            "check both in CIRCLES_STORE, and that the password has no unescaped : / or @"
        )
    if isinstance(error, said.ConstraintError) or getattr(error, "code", "") == _CONSTRAINT:
        return StoreConflict(f"store {uri}: somebody else wrote the same thing at the same moment; try again")
    if isinstance(error, said.TransientError) and (error.code or "").startswith(_CROSSED):
        return StoreConflict(f"store {uri}: another write is in the way ({error.code}); try again")
    if isinstance(error, said.ClientError):
        return _refusal(error, uri)
    if isinstance(error, said.ConfigurationError):
        return ConfigError(f"store {uri}: {error}")
    return StoreUnavailable(f"store {uri} does not answer ({_first_line(error)}); is the server up?")


def _refusal(error: said.ClientError, uri: str) -> Exception:
    code = error.code or ""
    if code == _TIMED_OUT:
        return StoreUnavailable(f"store {uri} did not finish in time; try again, or look at its load")
    if code.startswith("Neo.ClientError.Database"):
        return ConfigError(f"store {uri}: {_first_line(error)}; name an existing database in CIRCLES_STORE")
    if code.startswith("Neo.ClientError.Security"):
        return ConfigError(
            f"store {uri}: its user may not do this ({code}); give it read and write access to the database"
        )
    return error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


def is_in_doubt(error: Exception) -> bool:
    """Whether the connection broke while committing: the write may be in, or may not."""
    return isinstance(error, said.IncompleteCommit)


def verify(drivers: Drivers) -> None:
    """Ask the server whether it answers.

    Raises:
        StoreUnavailable: it does not. ConfigError: it refuses user or password.
    """
    with translated(drivers.target):
        drivers.run(lambda: drivers.get().verify_connectivity())


def not_found() -> NotFound:
    """What a write says that names somebody or something unknown."""
    return NotFound("a user, merchant, product or circle of this write is not in the store")


def repeated(write: Callable[[], Any], *, times: int = 3) -> Any:
    """Run a write again when the connection broke while it was committed.

    Every write is idempotent, so that running it again is safe whether or not the first time got through.
    """
    for attempt in range(times):
        try:
            return write()
        except Exception as error:
            if attempt == times - 1 or not is_in_doubt(error):
                raise
            time.sleep(0.1 * 2**attempt)
    raise AssertionError("unreachable")
