"""The service's own database: keys, jobs, erasures that are not finished."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from api.audit import Audit
from api.auth import Keys
from api.doctor.findings import Finding, note, ok, wrong
from api.job_places import AT_ONCE, names
from api.jobs import Jobs
from api.service_db import APPLICATION_ID, SCHEMA_VERSION, ServiceDb
from api.services.work import SETTLE_S
from graph.home import Home
from graph.local_neo4j.locks import is_held
from graph.settings import Settings

EXPIRES_SOON = "expires soon"  # as `Keys.list` says it
DAY_S = 86_400


def service(given: Settings, now: int) -> Iterator[Finding]:
    path = Home(given.home).service_db
    if not path.exists():
        yield note("service.db", "not there yet; `circles keys create service` makes it and a key")
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
        owner = db.execute("pragma application_id").fetchone()[0]
        schema = db.execute("pragma user_version").fetchone()[0]
        broken = db.execute("pragma quick_check").fetchone()[0]
    if broken != "ok":
        yield wrong("service.db", f"is damaged ({broken})", "restore a backup")
    elif owner != APPLICATION_ID or schema > SCHEMA_VERSION:
        yield wrong("service.db", f"is of another program or a newer Circles ({schema})", "upgrade Circles")
    elif schema < SCHEMA_VERSION:
        yield note("service.db", f"has schema {schema}; the next start brings it to {SCHEMA_VERSION}")
    else:
        yield ok("service.db", f"schema {schema}, {path.stat().st_size / 1e6:,.1f} MB")
        with closing(ServiceDb(path)) as opened:
            yield from _keys(opened, now)
            yield from _jobs(Home(given.home), opened, now)
            yield from _erasures(opened)
            yield from _audit(opened)


def _keys(db: ServiceDb, now: int) -> Iterator[Finding]:
    keys = Keys(db).list(now)
    active = [key for key in keys if key["state"] in ("active", EXPIRES_SOON)]
    replaced = {key["replaces"] for key in active}
    soon = [key for key in active if key["state"] == EXPIRES_SOON and key["id"] not in replaced]
    yield ok("keys", f"{len(active)} active")
    for key in soon:
        days = (key["expires_at"] - now) / DAY_S
        says = f"{key['id']} ({key['role']}) expires in {days:,.1f} days"
        yield note("keys", says, f"circles keys rotate {key['id']}")


def _jobs(home: Home, db: ServiceDb, now: int) -> Iterator[Finding]:
    for job in Jobs(db).unfinished():
        age = now - (job.started_at or job.created_at)
        if is_held(home.path / f"job-{job.job_id}.lock"):
            yield note("jobs", f"{job.job_id} ({job.kind}) is running for {age / 60:,.0f} minutes")
        elif job.state == "queued" and _is_full(home, job.kind):
            yield note(
                "jobs", f"{job.job_id} ({job.kind}) has waited for its turn for {age / 60:,.0f} minutes"
            )
        elif age > SETTLE_S:
            says = f"{job.job_id} ({job.kind}) is {job.state}, but no process works on it"
            yield wrong("jobs", says, "start the service again: it takes up what was left")


def _is_full(home: Home, kind: str) -> bool:
    """Whether as many jobs of a kind run as may; looking takes no place."""
    return kind in AT_ONCE and all(is_held(home.path / f"{name}.lock") for name in names(kind))


def _audit(db: ServiceDb) -> Iterator[Finding]:
    found = Audit(db).verify()
    if found.problem is None:
        yield ok("audit log", f"{found.entries:,} entries, nothing was changed")
    else:
        says = f"it is broken after {found.entries:,} entries: {found.problem}"
        yield wrong("audit log", says, "keep a copy of service.db, and compare with the last backup's")


def _erasures(db: ServiceDb) -> Iterator[Finding]:
    if number := len(db.read("erasures.all")):
        says = f"{number} erasure(s) begun and not finished; these people are out of every answer"
        yield wrong("erasures", says, "start the service again, or `circles forget ACCOUNT` once more")
