"""What the services work with, wired once for each worker."""

import logging
import threading
import time
from dataclasses import dataclass

from api.auth import Keys
from api.jobs import Jobs, Launcher
from api.receipts import Receipts
from api.service_db import ServiceDb
from api.services.link_weeks import LinkWeeks
from api.services.lots import Lots
from api.services.shelf import Shelves
from api.services.theme_index import Themes
from api.versions import Versions
from graph.errors import StoreError, StoreUnavailable
from graph.home import Home
from graph.links.handles import Handles
from graph.log import PaymentLog
from graph.policy.values import Policy, read_policy
from graph.settings import Settings
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.pseudonyms import Pseudonyms, read_or_make_key

log = logging.getLogger(__name__)

RETRY_AFTER_S = 1.0


class StoreHandle:
    """The graph store, opened when first needed and again after it was away."""

    def __init__(self, address: str, store: GraphStore | None = None) -> None:
        self._address = address
        self._store = store
        self._identity: str | None = None
        self._failed: tuple[float, str] = (float("-inf"), "")
        self._lock = threading.Lock()

    def get(self) -> GraphStore:
        """The open store.

        Raises:
            StoreUnavailable: it cannot be opened; tried again at most once a second.
        """
        if self._store is not None:
            return self._store
        with self._lock:
            if self._store is None:
                self._store = self._open()
            return self._store

    def identity(self) -> str | None:
        """`store_id` of the store, which never changes while it is open."""
        if self._identity is None:
            self._identity = self.get().meta("store_id")
        return self._identity

    def _open(self) -> GraphStore:
        at, why = self._failed
        if time.monotonic() - at < RETRY_AFTER_S:
            raise StoreUnavailable(why)
        try:
            return open_store(self._address)
        except StoreError as error:
            log.warning("the store cannot be opened: %s", error)
            self._failed = (time.monotonic(), str(error))
            raise StoreUnavailable(str(error)) from error

    def close(self) -> None:
        if self._store is not None:
            self._store.close()


@dataclass(frozen=True)
class Context:
    """Everything below the routes; `clock` gives epoch seconds and is the only clock."""

    home: Home
    policy: Policy
    pseudonyms: Pseudonyms
    handles: Handles
    lots: Lots
    store: StoreHandle
    log: PaymentLog
    versions: Versions
    shelves: Shelves
    themes: Themes
    link_weeks: LinkWeeks
    keys: Keys
    receipts: Receipts
    jobs: Jobs
    launcher: Launcher
    db: ServiceDb

    def now(self) -> int:
        return int(time.time())

    def close(self) -> None:
        """Let go of both databases."""
        self.store.close()
        self.db.close()


def wire(settings: Settings) -> Context:
    """Build a worker's context; a store that is away does not stop it.

    Raises:
        ConfigError: the policy, the key or the home folder cannot be used.
        StoreError: the service database cannot be used.
    """
    home = Home(settings.home.absolute()).make()
    policy, key = read_policy(settings.policy), read_or_make_key(home, settings.pseudonym_key)
    handle = StoreHandle(home.store_address(settings.store))
    return _assemble(home, policy, key, handle, Launcher(settings, home))


def wire_parts(home: Home, policy: Policy, key: bytes, store: GraphStore) -> Context:
    """A context around a store that is open already; it starts no jobs."""
    handle = StoreHandle(store.address, store)
    return _assemble(home, policy, key, handle, Launcher(Settings(home=home.path), home))


def _assemble(home: Home, policy: Policy, key: bytes, store: StoreHandle, launcher: Launcher) -> Context:
    db = ServiceDb(home.service_db)
    return Context(
        home=home,
        policy=policy,
        pseudonyms=Pseudonyms(key),
        handles=Handles(key),
        lots=Lots(key),
        store=store,
        log=PaymentLog(home.log),
        versions=Versions(home.versions),
        shelves=Shelves(),
        themes=Themes(home),
        link_weeks=LinkWeeks(home),
        keys=Keys(db),
        receipts=Receipts(db),
        jobs=Jobs(db),
        launcher=launcher,
        db=db,
    )
