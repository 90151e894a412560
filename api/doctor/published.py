"""Versions, snapshots, portraits and suggestions."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from api.doctor.findings import Finding, note, ok, wrong
from embeddings.registry import Registry
from embeddings.seal import has_seal
from graph.errors import CirclesError, NoPublishedVersion
from graph.home import Home
from graph.policy.values import read_policy
from graph.portraits.weeks import PortraitWeek, weeks
from graph.settings import Settings

OLD_VERSION_DAYS = 14
OLD_PORTRAITS_DAYS = 14
DAY_S = 86_400
ANOTHER = "circles models rollback, or circles train"


def versions(given: Settings, now: int) -> Iterator[Finding]:
    registry = Registry(Home(given.home).versions)
    try:
        served = registry.current()
    except NoPublishedVersion as error:
        yield note("version", str(error))
        return
    except (CirclesError, OSError, ValueError, KeyError) as error:
        yield wrong("version", f"the current one cannot be read: {error}", ANOTHER)
        return
    days = (now - datetime.fromisoformat(served.manifest["created_at"]).timestamp()) / DAY_S
    size = _size(served.folder) / 1e6
    says = f"{served.name}, {days:,.1f} days old, {size:,.1f} MB, {len(served.circles):,} circles"
    is_old = days > OLD_VERSION_DAYS
    yield note("version", says, "circles train, on a timer") if is_old else ok("version", says)
    for name in damaged(served.folder):
        yield wrong("version", f"{served.name}: {name} is damaged", ANOTHER)
    if not has_seal(served.folder):
        yield note("version", "it has no seal, so that damage to it would not be found", "circles train")
    if served.manifest["policy_id"] != read_policy(given.policy).policy_id:
        yield note("version", "it was made under another policy than today's", "circles train")
    others = [manifest["version"] for manifest in registry.list() if not manifest["served"]]
    if not others:
        yield note("version", "there is no earlier one to go back to")


def damaged(folder: Path) -> Iterator[str]:
    """Arrays whose file is not as long as it says."""
    for path in sorted(folder.glob("*.npy")):
        try:
            np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError):
            yield path.name


def snapshots(given: Settings) -> Iterator[Finding]:
    folder = Home(given.home).snapshots
    found = sorted(folder.glob("*/manifest.json")) if folder.is_dir() else []
    if found:
        yield ok("snapshots", f"{len(found)}, {sum(_size(path.parent) for path in found) / 1e6:,.1f} MB")


def portraits(given: Settings, now: int) -> Iterator[Finding]:
    folder = Home(given.home).portraits
    names = weeks(folder)
    for path in sorted(folder.glob("*.damaged")) if folder.is_dir() else ():
        yield note("portraits", f"{path.name} was set aside as damaged", "remove it")
    if not names:
        yield note("portraits", "none was ever built", "circles portraits build, on Mondays")
        return
    week = PortraitWeek.open(folder / f"{names[-1]}.sqlite")
    try:
        week.check()
        days = (now - int(week.about()["made_at"])) / DAY_S
    finally:
        week.close()
    says = f"week {names[-1]}, made {days:,.1f} days ago"
    is_old = days > OLD_PORTRAITS_DAYS
    yield note("portraits", says, "circles portraits build") if is_old else ok("portraits", says)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
