"""The home folder, the policy, the key, locks, and what was left over."""

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from api.backup.record import read_record
from api.doctor.findings import Finding, note, ok, wrong
from api.erasure_receipts import disagreement
from graph.home import Home
from graph.local_neo4j.locks import is_held
from graph.policy.values import read_policy
from graph.settings import Settings
from loaders.key_marks import fits

LEAST_FREE = 0.05  # of a disk
LEAST_BYTES = 2 << 30
PRIVATE = ("pseudonym.key", "service.db", "circles.db", "erased.list", "erasure.key")
DAY_S = 86_400
LATE_DAYS = 8  # a backup a week, and a day for its trouble
_PID = re.compile(r"(?:^|[.-])(\d+)(?:-|$)")


def home(given: Settings) -> Iterator[Finding]:
    path = given.home.absolute()
    if not path.is_dir():
        yield wrong("home", f"{path} is not there", "set CIRCLES_HOME, or load something: it is made then")
        return
    about = path.stat()
    if about.st_uid != os.getuid():
        yield wrong(
            "home", f"{path} belongs to user {about.st_uid}, not to us ({os.getuid()})", "run as its owner"
        )
    if not os.access(path, os.W_OK):
        yield wrong("home", f"{path} cannot be written", "mount it read-write, or run as its owner")
    if about.st_mode & 0o077:
        says = f"{path} may be read by others (mode {stat.S_IMODE(about.st_mode):o})"
        yield wrong("home", says, f"chmod 700 {path}", _chmod(path, 0o700))
    free = shutil.disk_usage(path)
    says = f"{path}, {free.free / 1e9:,.1f} GB free of {free.total / 1e9:,.0f}"
    if free.free < min(LEAST_BYTES, LEAST_FREE * free.total):
        yield wrong("home", f"{says}: nearly full", "make room: old snapshots, versions, homes kept aside")
    else:
        yield ok("home", says)
    for aside in sorted(path.parent.glob(f"{path.name}.before-*")):
        yield note(
            "home",
            f"{aside} is kept aside by a restore: erasures do not reach it",
            "remove it when it is done",
        )


def files(given: Settings) -> Iterator[Finding]:
    for name in PRIVATE:
        path = given.home / name
        if path.exists() and path.stat().st_mode & 0o077:
            says = f"{name} may be read by others (mode {stat.S_IMODE(path.stat().st_mode):o})"
            yield wrong("files", says, f"chmod 600 {path}", _chmod(path, 0o600))
    for path in leftovers(given.home):
        yield note("files", f"{path} was left by a process that is gone", "remove it", _remove(path))


def leftovers(home: Path) -> Iterator[Path]:
    """Unfinished things whose makers are named in them, and gone."""
    places = [home.glob("versions/.staging-*"), home.glob("log/spill/*-*"), home.glob("links/.[0-9]*-*")]
    places += [home.parent.glob(f".{home.name}.restoring-*"), home.glob("versions/.current.*")]
    for place in places:
        for path in sorted(place):
            found = _PID.search(path.name.removeprefix(f".{home.name}").replace(".staging", ""))
            pids = re.findall(r"\d+", path.name) if found is None else [found[1]]
            if pids and not any(Path("/proc", pid).exists() for pid in pids):
                yield path


def policy(given: Settings) -> Iterator[Finding]:
    rules = read_policy(given.policy)
    kind = "production" if rules.production else "not production: consent may be assumed, for demonstrations"
    yield ok("policy", f"{given.policy}, {rules.policy_id}, {kind}")


def key(given: Settings) -> Iterator[Finding]:
    path = given.home / "pseudonym.key"
    value = given.pseudonym_key
    if value is None and not path.exists():
        if (given.home / "service.db").exists() or (given.home / "log").exists():
            says = "there is no key of the pseudonyms, but there are data: no account finds its own"
            yield wrong("key", says, "put the key back from its copy; nothing starts before that")
        else:
            yield ok("key", "made at first use")
        return
    value = value or path.read_text(encoding="ascii").strip()
    where = "CIRCLES_PSEUDONYM_KEY" if given.pseudonym_key else str(path)
    if len(value) < 32:
        yield wrong("key", f"{where} has {len(value)} characters, not 32 or more", "put the whole key back")
        return
    record = read_record(given.home)
    if record and record["fingerprint"] and not fits(value.encode(), record["fingerprint"]):
        says = f"{where} is not the key that the last backup was made with"
        yield wrong("key", says, "put the old key back")
        return
    yield ok("key", where)
    if problem := disagreement(given.home):
        yield wrong("key", problem, "put erasure.key back from its copy, or `circles receipt rotate`")


def backups(given: Settings, now: int) -> Iterator[Finding]:
    record = read_record(given.home)
    todo = "circles backup DIR, each night or week, onto another machine"
    if record is None:
        in_production = given.policy.exists() and read_policy(given.policy).production
        says = "none was ever made of this home"
        yield wrong("backup", says, todo) if in_production else note("backup", says, todo)
        return
    days = (now - int(record["moment"])) / DAY_S
    says = f"the last one is {days:,.1f} days old, {record['folder']}"
    if not Path(record["folder"]).is_dir():
        says += " (moved since)"
    yield note("backup", says, todo) if days > LATE_DAYS else ok("backup", says)


def locks(given: Settings) -> Iterator[Finding]:
    serving = sum(map(is_held, given.home.glob("answering-*.lock")))  # a lock for each worker
    if serving:
        yield ok("locks", f"the service runs, {serving} worker(s)")
    for path in sorted(given.home.glob("*.lock")):
        if is_held(path) and not path.name.startswith("answering-"):
            pid = path.read_text(encoding="ascii", errors="replace").strip() or "unknown"
            yield note("locks", f"{path.stem} is running: process {pid}")
    if Home(given.home).checkpoints.is_dir():
        yield note("locks", "a training was cut off; `circles train` goes on from where it was")


def _chmod(path: Path, mode: int) -> Callable[[], str]:
    def mend() -> str:
        path.chmod(mode)
        return f"{path} is for its owner only"

    return mend


def _remove(path: Path) -> Callable[[], str]:
    def mend() -> str:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return f"{path} is removed"

    return mend
