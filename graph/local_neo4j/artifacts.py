"""Fetch Neo4j Community's jars from Maven Central, once, at the user's command.

They are GPL and never part of this package. They lie in a cache that all homes share. A jar counts only with
the size and hash that `artifacts.lock` names, and takes its place by a rename: a download that was cut off is
never taken for whole, and the next try fetches only what is missing. Jars that Maven has fetched already are
taken from its own repository; another server than Maven Central is used when jgo's settings name one
(`[repositories]`).
"""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.errors import ConfigError, StoreUnavailable
from graph.local_neo4j.lock import Jar, read_lock, same_bytes, server_version
from graph.local_neo4j.locks import held

Progress = Callable[[str, int, int], None]  # stage, done, total
CONNECTIONS = 4  # small files: waiting for answers is what takes time
TRIES = 3
TIMEOUT_S = 30


@dataclass(frozen=True)
class Artifacts:
    """The jars of one release, all there."""

    folder: Path
    version: str

    @property
    def class_path(self) -> str:
        return f"{self.folder}/*"


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where fetched programs lie, shared by all homes: `$XDG_CACHE_HOME/circles`, or `~/.cache/circles`."""
    base = environ.get("XDG_CACHE_HOME") or ""
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "circles"


def fetch(cache: Path, *, progress: Progress, jars: Sequence[Jar] | None = None) -> Artifacts:
    """Bring the server's jars into the cache; nothing is fetched twice.

    Args:
        cache: folder of fetched programs, made when absent; several processes may fetch at once.
        progress: told the bytes that are there and the bytes in all.
        jars: what to fetch; the locked list when absent.

    Raises:
        ConfigError: jgo is not installed, or the cache cannot be written.
        StoreUnavailable: a jar cannot be fetched, or is not the one that the list names. What came is kept.
    """
    wanted = tuple(jars or read_lock())
    made = Artifacts(cache / "neo4j" / server_version(wanted), server_version(wanted))
    fetch_into(made.folder, wanted, progress=progress)
    return made


def fetch_into(folder: Path, wanted: Sequence[Jar], *, progress: Progress) -> None:
    """Bring jars into a folder of their own; errors as of `fetch`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make {str(folder)!r}: {error.strerror}; set XDG_CACHE_HOME") from error
    with held(folder / "fetch.lock", wait_s=3600, doing="fetching jars"):
        if not _is_whole(folder, wanted):
            _bring(folder, wanted, progress)


def _mark(jars: Sequence[Jar]) -> str:
    return hashlib.sha256("".join(jar.line() for jar in jars).encode()).hexdigest()


def _is_whole(folder: Path, jars: Sequence[Jar]) -> bool:
    """Whether every jar was checked before and has its size; hashing 128 MB at each start is too much."""
    mark = folder / "whole"
    try:
        return mark.read_text(encoding="ascii") == _mark(jars) and all(
            (folder / jar.file_name).stat().st_size == jar.size for jar in jars
        )
    except FileNotFoundError:
        return False


def _bring(folder: Path, jars: Sequence[Jar], progress: Progress) -> None:
    partial = folder / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    missing = [jar for jar in jars if not same_bytes(folder / jar.file_name, jar)]
    total = sum(jar.size for jar in jars)
    done = total - sum(jar.size for jar in missing)
    progress("fetching Neo4j (bytes)", done, total)
    if missing:
        maven = _Maven(partial)
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for jar in pool.map(lambda jar: maven.bring(jar, folder), missing):
                done += jar.size
                progress("fetching Neo4j (bytes)", done, total)
    for stranger in {path.name for path in folder.glob("*.jar")} - {jar.file_name for jar in jars}:
        (folder / stranger).unlink()  # the class path is the whole folder
    shutil.rmtree(partial, ignore_errors=True)
    (folder / "whole").write_text(_mark(jars), encoding="ascii")


class _Maven:
    """Downloads single jars through jgo, which knows Maven Central's address and layout."""

    def __init__(self, partial: Path) -> None:
        try:
            from jgo.config import GlobalSettings
            from jgo.constants import MAVEN_CENTRAL_URL
            from jgo.maven import MavenContext
        except ImportError as error:
            raise ConfigError(
                "fetching Neo4j needs the extra `neo4j`; run pip install -e '.[neo4j]'"
            ) from error
        settings = GlobalSettings.load()
        self._known: Path = settings.repo_cache
        self._context: Any = MavenContext(
            repo_cache=partial,
            remote_repos={"central": MAVEN_CENTRAL_URL, **settings.repositories},
            timeout=TIMEOUT_S,
        )

    def bring(self, jar: Jar, folder: Path) -> Jar:
        """Put one jar into the folder, whole."""
        component = self._context.project(jar.group, jar.artifact).at_version(jar.version)
        artifact = component.artifact(jar.classifier, "jar")
        part: Path = artifact.cached_path
        known = self._known / part.relative_to(self._context.repo_cache)
        if same_bytes(known, jar):
            part.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(known, part)
        else:
            self._download(artifact, part, jar)
        part.replace(folder / jar.file_name)
        return jar

    def _download(self, artifact: Any, part: Path, jar: Jar) -> None:
        from requests import RequestException

        reason = ""
        for _ in range(TRIES):
            part.unlink(missing_ok=True)
            try:
                self._context.resolver.download(artifact)
            except (RequestException, RuntimeError) as error:
                reason = type(error).__name__
            else:
                if same_bytes(part, jar):
                    return
                reason = "its size or hash is not the one in artifacts.lock"
        raise StoreUnavailable(
            f"cannot fetch {jar.file_name} from Maven Central ({reason}); check the network or the proxy and "
            "try again: what came is kept"
        )
