"""Python, what is installed, Java, and the settings."""

import os
import re
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from api.doctor.findings import Finding, note, ok, wrong
from graph.errors import CirclesError, ConfigError
from graph.local_neo4j.artifacts import cache_folder
from graph.local_neo4j.java import NEWEST, OLDEST, probe
from graph.settings import Settings, settings_from
from graph.stores.sqlite.file import OLDEST_SQLITE

PARTS = {  # extra -> a module that only it brings, and what it is for
    "serve": ("flask", "serving"),
    "load": ("duckdb", "loading, erasing and making portraits"),
    "train": ("torch", "training"),
    "neo4j": ("neo4j", "a graph in Neo4j"),
}
_NAMED = re.compile(r"CIRCLES_[A-Z0-9_]+")


def python() -> Iterator[Finding]:
    found = f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield wrong("python", found, "use a Python with SQLite 3.37 or newer")
    else:
        yield ok("python", f"Circles {version('circles')} on {found}")


def packages() -> Iterator[Finding]:
    there = [extra for extra, (module, _) in PARTS.items() if find_spec(module)]
    yield ok("packages", f"installed for: {', '.join(there) or 'nothing'}")
    for extra in PARTS.keys() - set(there):
        yield note(
            "packages", f"{extra} is not installed: no {PARTS[extra][1]}", f"pip install 'circles[{extra}]'"
        )
    unfit = [name for extra in there for name in _unfit(extra)]
    if unfit:
        yield wrong("packages", f"not the versions asked for: {', '.join(unfit)}", "install Circles again")


def _unfit(extra: str) -> Iterator[str]:
    """Packages of an extra that are missing, or of another version than `pyproject.toml` asks for."""
    try:
        from packaging.requirements import Requirement
    except ImportError:  # only where pip brings it
        return
    for text in requires("circles") or ():
        wanted = Requirement(text)
        if wanted.marker is None or not wanted.marker.evaluate({"extra": extra}) or wanted.name == "circles":
            continue
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            yield f"{wanted.name} (missing)"
        else:
            if found not in wanted.specifier:
                yield f"{wanted.name} {found} ({wanted.specifier})"


def settings_and_problems(environ: Mapping[str, str]) -> tuple[Settings, list[Finding]]:
    """Settings from what can be used of an environment, and a finding for each variable that cannot."""
    kept, found = dict(environ), list[Finding]()
    while True:
        try:
            return settings_from(kept), found
        except ConfigError as error:
            named = [name for name in _NAMED.findall(str(error)) if name in kept]
            found.append(wrong("settings", str(error), "set it right or unset it; looked on without it"))
            if not named:
                return Settings(), found
            del kept[named[0]]


def settings(given: Settings, problems: list[Finding], environ: Mapping[str, str]) -> Iterator[Finding]:
    yield from problems
    named = sorted(name for name in environ if name.startswith("CIRCLES_"))
    if not problems:
        yield ok("settings", f"set: {', '.join(named)}" if named else "all as they come")
    if given.pseudonym_key and (given.home / "pseudonym.key").exists():
        key = (given.home / "pseudonym.key").read_text(encoding="ascii", errors="replace").strip()
        if key != given.pseudonym_key:
            yield wrong(
                "settings",
                "CIRCLES_PSEUDONYM_KEY and pseudonym.key of the home are two keys; the first one counts",
                "remove the one that the data were not loaded with",
            )


def java(given: Settings) -> Iterator[Finding]:
    """Only where a local Neo4j is in use: nothing else needs one."""
    if given.store != "neo4j" and not (given.home / "neo4j").is_dir():
        return
    from graph.local_neo4j.java import _candidates

    home = os.environ.get("JAVA_HOME")
    for path in [Path(home) / "bin" / "java"] if home else _candidates(os.environ, cache_folder(os.environ)):
        try:
            found = probe(path)
        except CirclesError:
            continue
        if found and OLDEST <= found.version <= NEWEST:
            yield ok("java", f"Java {found.version} at {path}")
            return
    yield note("java", f"no Java {OLDEST} to {NEWEST} is found; `circles neo4j up` fetches one")
