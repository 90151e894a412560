"""Put a backup in place of a home: checked first, prepared beside it, switched to in one step.

Whatever ends this early leaves the home as it was. People who were erased after the backup was made are
erased from it again before anybody can see it, and so is who was being erased while it was made. Keys that
were revoked since stay so where the home that is replaced tells of it.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from api import erased
from api.audit import Action, Audit
from api.backup.ended_keys import end_keys
from api.backup.files import MANIFEST, STORE, SUMS, Told, drop_stale, problems, read_manifest, read_sums
from api.backup.make import KEY, SERVICE
from api.backup.switch import holds_something, processes_in, put_aside, switch
from api.erasure_receipts import carry_over
from api.service_db import ServiceDb
from api.services.erasure import forget
from embeddings.lists import FILE as LISTS
from embeddings.registry import Registry
from graph.errors import ConfigError, InputError, StoreConflict
from graph.home import Home
from graph.log import PaymentLog
from graph.stores.base import GraphStore
from graph.stores.open import open_store
from graph.stores.sqlite.copies import use_write_ahead
from loaders.key_marks import fits

LEFT_OUT = (MANIFEST, SUMS, KEY)


@dataclass(frozen=True)
class Wishes:
    """How to restore.

    store: address to restore into, as CIRCLES_STORE has it. key: of the pseudonyms, where one is given.
    erasures: lists of erasures beside those of the home. replace: whether a home that holds something may go.
    """

    store: str
    key: bytes | None = None
    erasures: tuple[Path, ...] = ()
    replace: bool = False


@dataclass(frozen=True)
class Restored:
    """What was done.

    num_ended: keys that had ended since the backup, and so end again; None where the home that was there did
        not tell. problems: what was wrong with graph and log when they were backed up. aside: where the home
        that was there before lies now.
    """

    manifest: Mapping[str, Any]
    num_erased: int
    num_ended: int | None
    problems: tuple[str, ...]
    aside: Path | None


def restore(backup: Path, home: Path, wishes: Wishes, *, now: int, told: Told) -> Restored:
    """Make `home` what the backup holds; see `Wishes`.

    Raises:
        InputError: the backup is damaged, or no list of erasures is where one was named.
        ConfigError: the home holds something, its key is missing or another one, or the address is of no
            store that can be filled.
        StoreConflict: a process works in the home, or the store holds another graph.
        StoreError: the graph did not come over whole.
    """
    manifest = _checked(backup, told)
    _refuse_home(home, wishes)
    key = _key(manifest, backup, home, wishes)
    lists = _erasures(home, backup, wishes)
    home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    drop_stale(home.parent, f".{home.name}.restoring-")
    staged = Home(home.with_name(f".{home.name}.restoring-{os.getpid()}"))
    shutil.rmtree(staged.path, ignore_errors=True)
    try:
        _copy(backup, staged.path, told)
        _write_key(staged.key_file, key)
        num_erased, found = _erase(staged, lists, int(manifest["moment"]), now=now, told=told)
        _write_erasures(staged.path, lists)
        carry_over(home, staged.path, now=now)
        with closing(ServiceDb(staged.service_db)) as db:
            Audit(db).append(Action.BACKUP_RESTORED, at=now, object=f"{backup.name} of {manifest['made_at']}")
            num_ended = end_keys(db, home / SERVICE, now=now)
        _fill(staged, home, wishes, told)
        _refuse_home(home, wishes)  # again: the copy took its time
        aside = put_aside(home, now) if holds_something(home) else None
        switch(staged.path, home, aside)
    finally:
        shutil.rmtree(staged.path, ignore_errors=True)
    return Restored(manifest, num_erased, num_ended, tuple(found), aside)


def _checked(backup: Path, told: Told) -> dict[str, Any]:
    manifest = read_manifest(backup)
    found = problems(backup, told)
    if found:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise InputError(
            f"the backup {str(backup)!r} is damaged, nothing was changed: {'; '.join(found[:3])}{more}"
        )
    return manifest


def _refuse_home(home: Path, wishes: Wishes) -> None:
    if holds_something(home) and not wishes.replace:
        raise ConfigError(
            f"CIRCLES_HOME {str(home)!r} holds something already; name another one, or add --replace to "
            f"keep it "
            "aside under another name"
        )
    if found := processes_in(home):
        raise StoreConflict(
            f"{str(home)!r} is in use by process {', '.join(map(str, found[:5]))}; stop the service, and "
            "`circles neo4j down` where it runs, and try again"
        )


def _key(manifest: Mapping[str, Any], backup: Path, home: Path, wishes: Wishes) -> bytes | None:
    """The key that the backup's pseudonyms were made with; None when there never was one."""
    expected = manifest["key"]["fingerprint"]
    if expected is None:
        return wishes.key
    found = [wishes.key] if wishes.key else [_read(backup / KEY), _read(home / KEY)]
    for key in found:
        if key is not None and fits(key, expected):
            return key
    if any(found):
        raise ConfigError(
            "the key of the pseudonyms is not the one the backup was made with; nothing was changed"
        )
    raise ConfigError(
        "the backup has no key of the pseudonyms (it was made without --with-key), and without it no account "
        "finds its data again: name the file with --key, or set CIRCLES_PSEUDONYM_KEY_FILE"
    )


def _read(path: Path) -> bytes | None:
    return path.read_bytes().strip() if path.is_file() else None


def _erasures(home: Path, backup: Path, wishes: Wishes) -> dict[str, int]:
    for path in wishes.erasures:
        if not path.is_file():
            raise InputError(f"--erasures {str(path)!r} is not a file; expected a copy of {erased.NAME}")
    lists: dict[str, int] = {}
    for path in (backup / erased.NAME, home / erased.NAME, *wishes.erasures):
        for who, at in erased.read(path).items():
            lists[who] = max(lists.get(who, 0), at)
    return lists


def _copy(backup: Path, staged: Path, told: Told) -> None:
    names = [name for name in read_sums(backup) if name not in LEFT_OUT]
    staged.mkdir(mode=0o700)
    for number, name in enumerate(names, start=1):
        target = staged / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(backup / name, target)
        target.chmod(0o600)
        told("copying", number, len(names))
    use_write_ahead(staged / STORE)


def _write_key(path: Path, key: bytes | None) -> None:
    if key is None:
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, key)
    finally:
        os.close(handle)


def _write_erasures(staged: Path, lists: dict[str, int]) -> None:
    """Keep the moments at which people were first erased: who came back since then is known to later
    backups."""
    kept = erased.read(staged / erased.NAME) | lists
    if kept:
        path = staged / erased.NAME
        path.write_text("".join(f"{at} {who}\n" for who, at in kept.items()), encoding="ascii")
        path.chmod(0o600)


def _erase(
    staged: Home, lists: dict[str, int], moment: int, *, now: int, told: Told
) -> tuple[int, list[str]]:
    """Erase who was erased since the backup; how many went, and what is wrong with graph or log."""
    with _opened(staged) as store:
        registry = Registry(staged.versions)
        known = {*store.nodes("User")["id"], *_listed(registry)}
        gone = {*erased.erased_since(lists, known, moment), *_under_way(staged)}
        for number, user in enumerate(sorted(gone), start=1):
            forget(staged, store, registry, user, clock=lambda: now)
            told("erasing again", number, len(gone))
        told("looking over", 0, 0)
        return len(gone), [*store.check(), *PaymentLog(staged.log).check(store)]


def _under_way(staged: Home) -> list[str]:
    """Who was being erased while the backup was made."""
    if not staged.service_db.exists():
        return []
    with closing(ServiceDb(staged.service_db)) as db:
        return [str(row[0]) for row in db.read("erasures.all")]


def _listed(registry: Registry) -> Iterator[str]:
    """Pseudonyms that have a list in some version."""
    for manifest in registry.list():
        path = registry.versions / manifest["version"] / LISTS
        if path.exists():
            users = np.load(path, mmap_mode="r")["user"]
            yield from (users[place].tobytes().hex() for place in range(len(users)))


@contextmanager
def _opened(staged: Home) -> Iterator[GraphStore]:
    with closing(open_store(f"sqlite:///{staged.path / STORE}")) as store:
        yield store


def _fill(staged: Home, home: Path, wishes: Wishes, told: Told) -> None:
    """Bring the graph to where the address says."""
    from api.backup.into import into_local_neo4j, into_neo4j
    from graph.stores.neo4j.address import is_neo4j

    if wishes.store == "neo4j":
        into_local_neo4j(staged, told)
    elif is_neo4j(wishes.store):
        into_neo4j(staged, wishes.store, told)
    else:
        _place(staged, home, wishes.store)


def _place(staged: Home, home: Path, address: str) -> None:
    """Give the file the name it has in this home."""
    wanted = Path(Home(home).store_address(address).removeprefix("sqlite:///"))
    if not wanted.is_relative_to(home):
        raise ConfigError(
            f"CIRCLES_STORE is {str(wanted)!r}, outside CIRCLES_HOME; restore with CIRCLES_STORE unset and "
            f"move "
            "circles.db there yourself"
        )
    target = staged.path / wanted.relative_to(home)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged.path / STORE, target)
