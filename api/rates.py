"""How often somebody may ask: writes of a key, public routes and failed keys of an address.

Counted by the library `limits` in sliding windows, over all workers of a machine, or over several machines
with Redis. Reading with a key costs nothing here. Where counting fails requests go on: a limit protects the
service, and no person.
"""

import ipaddress
import logging
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from limits import RateLimitItem, parse
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from limits.storage.base import Storage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.rate_store import SqliteStorage
from graph.errors import ConfigError, StoreUnavailable
from graph.home import Home
from graph.settings import Settings
from graph.stores.base import without_secret
from loaders.pseudonyms import Pseudonyms

log = logging.getLogger(__name__)

OFF = "off"
REDIS_TIMEOUT_S = 0.5
REST_S = 5.0  # a store that does not answer is not asked for so long: waiting for it would slow every write
_OWN_NETWORK_BITS = 64  # of an IPv6 address: what one household or machine is given


class Kind(StrEnum):
    """What is counted; the names stand in the headers of a refusal."""

    WRITES = "writes"
    PUBLIC = "public"
    FAILURES = "failures"


@dataclass(frozen=True)
class Exceeded:
    """A limit that is used up: `amount` in `window_s` seconds; one more may go in `retry_after_s`."""

    kind: Kind
    amount: int
    window_s: int
    retry_after_s: int

    def headers(self) -> dict[str, str]:
        """Retry-After, and what the limit is (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "Retry-After": str(self.retry_after_s),
            "RateLimit-Policy": f'"{self.kind}";q={self.amount};w={self.window_s}',
            "RateLimit": f'"{self.kind}";r=0;t={self.retry_after_s}',
        }


class Rates:
    """Counters of one service."""

    def __init__(
        self, storage: Storage, limits: Mapping[Kind, RateLimitItem], pseudonyms: Pseudonyms
    ) -> None:
        """limits: kinds that are absent are not limited."""
        self._storage = storage
        self._counter = SlidingWindowCounterRateLimiter(storage)
        self._limits = limits
        self._pseudonyms = pseudonyms
        self._rests_until = 0.0

    def spend(self, kind: Kind, who: str) -> Exceeded | None:
        """Count one more; what is exceeded, or None when it may go on."""
        limit = self._limits.get(kind)
        if limit is None or time.monotonic() < self._rests_until:
            return None
        # No address is kept, not even for a minute.
        name = self._pseudonyms.of(f"{kind}:{who}")
        try:
            if self._counter.hit(limit, name):
                return None
            free_at = self._counter.get_window_stats(limit, name).reset_time
        except StorageError as error:
            self._rests_until = time.monotonic() + REST_S
            log.warning("rates cannot be counted, requests go on: %s", type(error.args[0]).__name__)
            return None
        wait = max(1, ceil(free_at - time.time()))
        return Exceeded(kind, limit.amount, limit.get_expiry(), wait)

    def close(self) -> None:
        if isinstance(self._storage, SqliteStorage):
            self._storage.close()


def read_rates(settings: Settings, home: Home, pseudonyms: Pseudonyms) -> Rates | None:
    """What the settings limit; None when all of it is off.

    Raises:
        ConfigError: a limit or the store of counters cannot be used.
    """
    given = {
        Kind.WRITES: settings.rate_writes,
        Kind.PUBLIC: settings.rate_public,
        Kind.FAILURES: settings.rate_failures,
    }
    limits = {kind: limit_of(text, kind) for kind, text in given.items() if text != OFF}
    return Rates(_storage(settings.rate_store, home), limits, pseudonyms) if limits else None


def limit_of(text: str, kind: Kind) -> RateLimitItem:
    """A limit such as `600/minute` or `10/2 seconds`. Raises ConfigError."""
    try:
        found = parse(text)
    except ValueError:
        found = None
    if found is None or found.amount < 1:
        raise ConfigError(
            f"CIRCLES_RATE_{kind.upper()} is {text!r}; expected something like '600/minute', or 'off'"
        )
    return found


def place_of(address: str) -> str:
    """Whom an address stands for: itself, or the network of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _OWN_NETWORK_BITS), strict=False))


def _storage(address: str | None, home: Home) -> Storage:
    if address is None:
        path = home.path / "rates.db"
        try:
            return SqliteStorage(path)
        except sqlite3.Error as error:
            raise StoreUnavailable(
                f"counters {str(path)!r} cannot be used: {error}; check the disk"
            ) from error
    if not address.startswith(("redis://", "rediss://")):
        raise ConfigError(f"CIRCLES_RATE_STORE is {without_secret(address)!r}; expected redis://host:6379")
    try:
        found = storage_from_string(
            address,
            wrap_exceptions=True,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
        )
    except (ConfigurationError, ValueError) as error:
        raise ConfigError(
            f"CIRCLES_RATE_STORE {without_secret(address)!r} cannot be used ({type(error).__name__}); it "
            "needs host and port, and pip install 'circles[redis]'"
        ) from None
    assert isinstance(found, Storage)
    return found
