"""What the services work with, wired once for each worker."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from api.audit import Audit
from api.auth import Keys
from api.jobs import Jobs, Launcher
from api.observe.metrics import instruments
from api.rates import Rates, read_rates
from api.receipts import Receipts
from api.service_db import ServiceDb
from api.services.cursors import Cursors
from api.services.kept_versions import KeptVersions
from api.services.link_weeks import LinkWeeks
from api.services.lots import Lots
from api.services.public_circles import PublicCircles
from api.services.remembered import Remembered
from api.services.shelf import Shelves
from api.services.theme_index import Themes
from api.sessions import Sessions
from api.tokens import Tokens, read_tokens
from api.tombstones import without_erased
from api.versions import Versions
from graph.errors import ConfigError, StoreError, StoreUnavailable
from graph.home import Home
from graph.links.handles import Handles
from graph.log import PaymentLog
from graph.policy.values import Policy, read_policy
from graph.portraits.weeks import PortraitWeeks
from graph.settings import Settings
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from loaders.key_marks import claim, require_key
from loaders.pseudonyms import Pseudonyms, read_or_make_key

log = logging.getLogger(__name__)

RETRY_AFTER_S = 1.0


class StoreHandle:
    """The graph store, opened when first needed and again after it was away.

    Args:
        address: gives where it is; asked each time it is opened, since a local server may not run now.
        key: of the pseudonyms; a store whose people were named with another one is not used.
        db: has who is being erased; the store is seen without them.
        store: one that is open already.
    """

    def __init__(
        self, address: Callable[[], str], key: bytes, db: ServiceDb, store: GraphStore | None = None
    ) -> None:
        self._address = address
        self._key = key
        self._db = db
        self._store = None if store is None else without_erased(store, db)
        self._identity: str | None = None
        self._failed: tuple[float, str] = (float("-inf"), "")
        self._lock = threading.Lock()

    def get(self) -> GraphStore:
        """The open store.

        Raises:
            StoreUnavailable: it cannot be opened; tried again at most once a second.
            ConfigError: it belongs to another key of the pseudonyms.
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
            store = open_store(self._where(), serving=True)
            claim(store, self._key)
            return without_erased(store, self._db)
        except StoreError as error:
            log.warning("the store cannot be opened: %s", error)
            instruments().store_errors.labels(error.code).inc()
            self._failed = (time.monotonic(), str(error))
            raise StoreUnavailable(str(error)) from error

    def _where(self) -> str:
        try:
            return self._address()
        except ConfigError as error:  # the local server does not run
            raise StoreUnavailable(str(error)) from error

    def close(self) -> None:
        if self._store is not None:
            self._store.close()


@dataclass(frozen=True)
class Context:
    """Everything below the routes."""

    home: Home
    policy: Policy
    pseudonyms: Pseudonyms
    handles: Handles
    lots: Lots
    cursors: Cursors
    store: StoreHandle
    log: PaymentLog
    versions: Versions
    kept: KeptVersions
    shelves: Shelves
    remembered: Remembered
    themes: Themes
    link_weeks: LinkWeeks
    portraits: PortraitWeeks
    circles: PublicCircles
    keys: Keys
    audit: Audit
    sessions: Sessions
    receipts: Receipts
    jobs: Jobs
    launcher: Launcher
    db: ServiceDb
    tokens: Tokens | None = None
    rates: Rates | None = None

    def now(self) -> int:
        """Epoch seconds; the only clock of services."""
        return int(time.time())

    def close(self) -> None:
        """Let go of the databases."""
        self.store.close()
        if self.rates is not None:
            self.rates.close()
        self.receipts.close()
        self.db.close()


def wire(settings: Settings) -> Context:
    """Build a worker's context; a store that is away does not stop it.

    Raises:
        ConfigError: the policy, the key or the home folder cannot be used.
        StoreError: the service database cannot be used.
    """
    home = Home(settings.home.absolute()).make()
    policy, key = read_policy(settings.policy), read_or_make_key(home, settings.pseudonym_key)
    address, db = partial(home.store_address, settings.store), ServiceDb(home.service_db)
    made = _assemble(home, policy, key, StoreHandle(address, key, db), Launcher(settings, home), db)
    with suppress(StoreUnavailable):  # on a full disk one may still read
        made.keys.drop_refused_tokens(now=made.now())
        made.receipts.settle()  # of workers that are gone
    return replace(
        made,
        tokens=read_tokens(settings, made.pseudonyms, made.keys),
        rates=read_rates(settings, home, made.pseudonyms),
    )


def wire_parts(home: Home, policy: Policy, key: bytes, store: GraphStore) -> Context:
    """A context around a store that is open already; it starts no jobs.

    Raises:
        ConfigError: the store belongs to another key of the pseudonyms.
    """
    require_key(store, key)
    db = ServiceDb(home.service_db)
    handle = StoreHandle(lambda: store.address, key, db, store)
    return _assemble(home, policy, key, handle, Launcher(Settings(home=home.path), home), db)


def _assemble(
    home: Home, policy: Policy, key: bytes, store: StoreHandle, launcher: Launcher, db: ServiceDb
) -> Context:
    payments = PaymentLog(home.log)
    return Context(
        home=home,
        policy=policy,
        pseudonyms=Pseudonyms(key),
        handles=Handles(key),
        lots=Lots(key),
        cursors=Cursors(key),
        store=store,
        log=payments,
        versions=Versions(home.versions, partial(_store_of, payments)),
        kept=KeptVersions(home.versions),
        shelves=Shelves(),
        remembered=Remembered(home.path),
        themes=Themes(home),
        link_weeks=LinkWeeks(home),
        portraits=PortraitWeeks(home.portraits),
        circles=PublicCircles(),
        keys=Keys(db),
        audit=Audit(db),
        sessions=Sessions(db),
        receipts=Receipts(db),
        jobs=Jobs(db),
        launcher=launcher,
        db=db,
    )


def _store_of(payments: PaymentLog) -> str | None:
    """The store that all here belongs to, as the payment log knows it even while the store is away."""
    try:
        return payments.manifest().store_id or None
    except StoreError:
        return None
