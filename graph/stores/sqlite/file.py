"""The file of an embedded store: recognise it, make or migrate its schema, connect to it.

A store is an SQLite file in write-ahead mode with this program's `application_id`; `user_version` is the
number of the newest migration that was applied.
"""

import os
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from graph.errors import ConfigError, InputError, NotFound, StoreLocked, StoreMismatch, StoreUnavailable
from graph.queries import load_queries, migrations, statements

APPLICATION_ID = 0x43524353  # "CRCS"
CACHE_KIB = 32_000  # of a connection, where one or two do long work
OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
_MAGIC = b"SQLite format 3\x00"
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_UNAVAILABLE = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
)


def prepare(path: Path, timeout_s: float, scripts: Sequence[str] | None = None) -> int:
    """Make the file a store of the newest schema, or refuse it; returns the schema's number.

    Args:
        scripts: migrations in order; those of this program when absent.

    Raises:
        ConfigError: the folder does not exist, or Python's SQLite is too old.
        StoreMismatch: a folder, a file of another program, or a newer schema.
        StoreLocked: another program keeps the file locked.
        StoreUnavailable: the file cannot be read or written, or is damaged.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise ConfigError(f"Python's SQLite is {sqlite3.sqlite_version}; expected 3.37 or newer")
    _find_or_make(path)
    with translated(path), closing(connect(path, timeout_s)) as db:
        scripts = migrations() if scripts is None else scripts
        version = _recognised(db, path, len(scripts))
        if version < len(scripts):
            use_write_ahead(db, timeout_s)
            _migrate(db, path, scripts)
        return len(scripts)


def connect(path: Path, timeout_s: float, cache_kib: int = CACHE_KIB) -> sqlite3.Connection:
    """A connection in autocommit mode that may move between threads, used by one at a time."""
    db = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw",  # never make a file here: one that vanished is an error
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        for setting in (
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",  # what is deleted is overwritten
            "temp_store = MEMORY",  # nothing about people in temporary files
            "wal_autocheckpoint = 4000",  # pages; 16 MB, so that bulk writing checkpoints less often
            f"cache_size = -{cache_kib}",
        ):
            db.execute(f"PRAGMA {setting}")
        db.execute(load_queries("sqlite")["make_wanted"])
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite says into errors that name the file and the next step."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise NotFound("a user, merchant, product or circle of this write is not in the store") from error
        raise InputError(f"the store refuses a value: {error}") from error
    except UnicodeEncodeError as error:
        raise InputError("a text is not valid Unicode and cannot be stored") from error
    except sqlite3.DatabaseError as error:
        raise _translation(error, path) from error


def _translation(error: sqlite3.DatabaseError, path: Path) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY:
        return StoreLocked(f"store {str(path)!r} is locked by another program; try again when it has ended")
    if is_damage(error):
        return StoreUnavailable(f"store {str(path)!r} is damaged ({error}); restore it from a backup")
    if code in _UNAVAILABLE:
        return StoreUnavailable(f"store {str(path)!r} cannot be used: {error}; check the file and its disk")
    return error


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the error says that the file's content is broken."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _find_or_make(path: Path) -> None:
    if path.is_dir():
        raise StoreMismatch(f"store {str(path)!r} is a folder; expected a file")
    if not path.parent.is_dir():
        raise ConfigError(f"store {str(path)!r}: folder {str(path.parent)!r} does not exist; make it first")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"store {str(path)!r} cannot be opened: {error.strerror}") from error
    with os.fdopen(handle, "rb") as file:
        start = file.read(len(_MAGIC))
    if start not in (b"", _MAGIC):
        raise StoreMismatch(f"store {str(path)!r} is not an SQLite file; it is left as it is")


def _recognised(db: sqlite3.Connection, path: Path, newest: int) -> int:
    """The schema's number, 0 for an empty file."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    tables = [name for (name,) in db.execute(load_queries("sqlite")["table_names"])]
    if application != APPLICATION_ID and (application or tables):
        raise StoreMismatch(
            f"store {str(path)!r} is an SQLite file of another program (application id {application:#x}, "
            f"tables {', '.join(tables[:5]) or 'none'}); choose another file"
        )
    if version > newest:
        raise StoreMismatch(
            f"store {str(path)!r} has schema {version}, written by a newer version of Circles; "
            f"this one knows schemas up to {newest}: upgrade Circles"
        )
    return int(version)


def use_write_ahead(db: sqlite3.Connection, timeout_s: float) -> None:
    """Change the file to write-ahead mode, waiting for others who do the same."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:  # SQLite does not wait for this lock by itself
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _migrate(db: sqlite3.Connection, path: Path, scripts: Sequence[str]) -> None:
    queries = load_queries("sqlite")
    db.execute(queries["begin_write"])
    try:
        version = _recognised(db, path, len(scripts))  # again: another process may have been faster
        for script in scripts[version:]:
            for statement in statements(script):
                db.execute(statement)
        if version == 0:
            db.execute(queries["set_meta"], ("store_id", str(uuid.uuid4())))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(scripts)}")
        db.execute(queries["commit"])
    except BaseException:
        db.execute(queries["rollback"])
        raise
