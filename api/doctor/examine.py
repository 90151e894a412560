"""All checks in order; each by itself, so that one that fails hides no other."""

import os
from collections.abc import Callable, Iterator

from api.doctor import graph, house, machine, published, service
from api.doctor.findings import Finding, Level, look, note
from graph.settings import Settings

Told = Callable[[str, int, int], None]  # stage, done, total


def examine(*, now: float, told: Told, quick: bool = False) -> list[Finding]:
    """What is right and what is wrong with this installation and its home; nothing is changed.

    Args:
        now: epoch seconds.
        quick: leave out reading the whole graph.
    """
    given, problems = machine.settings_and_problems(os.environ)
    moment = int(now)
    checks = {
        "python": machine.python,
        "packages": machine.packages,
        "settings": lambda: machine.settings(given, problems, os.environ),
        "home": lambda: house.home(given),
        "files": lambda: house.files(given),
        "policy": lambda: house.policy(given),
        "key": lambda: house.key(given),
        "java": lambda: machine.java(given),
        "store": lambda: graph.store(given, now),
        "graph": lambda: _content(given, quick),
        "service.db": lambda: service.service(given, moment),
        "version": lambda: published.versions(given, moment),
        "snapshots": lambda: published.snapshots(given),
        "portraits": lambda: published.portraits(given, moment),
        "locks": lambda: house.locks(given),
        "backup": lambda: house.backups(given, moment),
    }
    found: list[Finding] = []
    for number, (what, check) in enumerate(checks.items(), start=1):
        told(f"looking at {what}", number, len(checks))
        found += look(what, check)
    return found


def _content(given: Settings, quick: bool) -> Iterator[Finding]:
    if quick:
        yield note("graph", "not read (--quick)")
    elif graph.is_of_today(given):
        yield from graph.content(given)


def mend(found: list[Finding]) -> list[str]:
    """Do what is safe; what was done, a sentence each."""
    return [finding.mend() for finding in found if finding.mend is not None]


def worst(found: list[Finding]) -> Level:
    levels = {finding.level for finding in found}
    return next((level for level in (Level.WRONG, Level.NOTE) if level in levels), Level.OK)
