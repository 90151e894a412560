"""The graph store and the payment log, only looked at: an older schema is not brought to today's."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from api.doctor.findings import Finding, note, ok, wrong
from embeddings.registry import Registry
from graph.errors import CirclesError, NoPublishedVersion
from graph.home import Home
from graph.log import PaymentLog
from graph.policy.values import read_policy
from graph.queries import migrations
from graph.settings import Settings
from graph.stores.base import GraphStore, without_secret
from graph.stores.neo4j.address import is_neo4j
from graph.stores.open import open_store
from graph.stores.sqlite.file import APPLICATION_ID
from loaders.key_marks import MARK, fits

MOST_SKEW_S = 5.0
EMBEDDED = "circles.db"  # the default of CIRCLES_STORE, in the home


def store(given: Settings, now: float) -> Iterator[Finding]:
    address = Home(given.home).store_address(given.store)
    if is_neo4j(address):
        yield from _left_behind(given.home / EMBEDDED)
        yield from _server(address, now)
    else:
        yield from _file(Path(address.removeprefix("sqlite:///")))


def _left_behind(path: Path) -> Iterator[Finding]:
    """An embedded store beside a server, as `circles neo4j import` leaves it."""
    if path.is_file():
        says = f"{path} is of before the graph was moved to Neo4j; erasures do not reach it"
        yield note("store", says, f"once the server is backed up, remove {path}*")


def _file(path: Path) -> Iterator[Finding]:
    newest = len(migrations())
    if not path.is_file():
        yield note("store", f"{path} is not there yet", "circles load, or circles restore DIR")
        return
    application, schema = _schema(path)
    if application != APPLICATION_ID or schema > newest:
        yield wrong(
            "store", f"{path} is of another program or a newer Circles (schema {schema})", "upgrade Circles"
        )
    elif schema < newest:
        yield note(
            "store", f"{path} has schema {schema}, today's is {newest}", "circles graph init, after a backup"
        )
    else:
        yield ok("store", f"{path}, schema {schema}, {path.stat().st_size / 1e6:,.1f} MB")


def _server(address: str, now: float) -> Iterator[Finding]:
    from graph.stores.neo4j.looking import look

    seen, shown = look(address), without_secret(address)
    newest = seen.newest_schema
    yield ok("store", f"{shown}: Neo4j {seen.version} {seen.edition}, schema {seen.schema} of {newest}")
    if address.startswith(("neo4j://", "bolt://")) and not _is_here(address):
        yield wrong("store", f"{shown} is spoken to without TLS", "use neo4j+s:// and a certificate")
    if seen.schema is not None and seen.schema < newest:
        yield note(
            "store", f"schema {seen.schema} is older than today's", "circles graph init, after a backup"
        )
    skew = seen.clock - now
    if abs(skew) > MOST_SKEW_S:
        yield wrong("clock", f"the store's clock is {skew:+,.0f} s from ours", "run NTP on both machines")


def _is_here(address: str) -> bool:
    return "@127.0.0.1:" in address or "@localhost:" in address or "@[::1]:" in address


def content(given: Settings) -> Iterator[Finding]:
    """What is in store and log, and whether they are each other's and the version's."""
    with closing(open_store(Home(given.home).store_address(given.store))) as opened:
        yield from _key(given, opened)
        yield from _opened(given, opened)
        yield from _version(given, opened)


def is_of_today(given: Settings) -> bool:
    """Whether there is a store that opening would not change: it has the newest schema."""
    try:
        address = Home(given.home).store_address(given.store)
        if is_neo4j(address):
            from graph.stores.neo4j.looking import look

            seen = look(address)
            return seen.schema == seen.newest_schema
        return _schema(Path(address.removeprefix("sqlite:///"))) == (APPLICATION_ID, len(migrations()))
    except (CirclesError, sqlite3.Error):
        return False  # `store` has said why


def _schema(path: Path) -> tuple[int, int]:
    """The application id and the number of the schema of an SQLite file, which is only read."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
        application = db.execute("pragma application_id").fetchone()[0]
        return int(application), int(db.execute("pragma user_version").fetchone()[0])


def _key(given: Settings, opened: GraphStore) -> Iterator[Finding]:
    kept, home = opened.meta(MARK), Home(given.home)
    if kept is None or not (given.pseudonym_key or home.key_file.exists()):
        return
    key = given.pseudonym_key or home.key_file.read_text(encoding="ascii").strip()
    if not fits(key.encode(), kept):
        says = "the people of the store were named with another key than this one; no account finds its own"
        yield wrong("key", says, "put the old key back")


def _opened(given: Settings, opened: GraphStore) -> Iterator[Finding]:
    counts = opened.stats()
    log = PaymentLog(Home(given.home).log)
    size = log.stats()
    says = f"{counts['User']:,} users, {counts['Circle']:,} circles, change {counts['seq']:,}; store "
    yield ok("graph", says + (opened.meta("store_id") or "without id")[:8])
    yield ok(
        "log", f"{size['payments']:,} payments in {size['segments']} segments, {size['bytes'] / 1e6:,.1f} MB"
    )
    for problem in opened.check():
        yield wrong("graph", problem, "circles graph check --repair")
    for problem in log.check(opened):
        yield wrong("log", problem, "circles graph check --repair")
    waiting = len(opened.inbox()["payment"])
    if waiting:
        yield note(
            "log", f"{waiting:,} payments from HTTP wait to be moved into the log", "circles load moves them"
        )
    if opened.meta("terms") == "public" and read_policy(given.policy).production:
        says = "policy.toml says production = true, but consent was assumed for people of this store"
        yield wrong("graph", says, "begin with an empty home: nobody in this one was asked")


def _version(given: Settings, opened: GraphStore) -> Iterator[Finding]:
    registry = Registry(Home(given.home).versions)
    try:
        manifest = registry.manifest(registry.current_name())
    except NoPublishedVersion:
        return
    if manifest["store_id"] != opened.meta("store_id"):
        says = "it was made from another store than CIRCLES_STORE"
        yield wrong("version", says, "set CIRCLES_STORE to the store it belongs to, or circles train")
