"""One Neo4j server of our own, on loopback, in a folder of its own.

It lives on after the command that started it. Whether it runs is told by a lock that it holds (`locks.py`),
not by a process number, so a killed server, a stale file or a stranger with the same number cannot mislead
anybody.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from graph.errors import ConfigError, StoreUnavailable
from graph.local_neo4j import process
from graph.local_neo4j.artifacts import Artifacts, Progress, cache_folder, fetch
from graph.local_neo4j.files import Files, Memory, java_arguments, write_private
from graph.local_neo4j.java import Java, find_java
from graph.local_neo4j.locks import held, is_held
from graph.local_neo4j.ports import choose_port

USER = "neo4j"
DEFAULT_PORT = 7687
START_S = 180  # 7 s on an idle machine, 70 s seen on a crowded one
STOP_S = 120
CHANGE_S = 600  # how long to wait for another `up`, `down` or import


@dataclass(frozen=True)
class Programs:
    """What running the server needs from outside: Java and the jars."""

    java: Java
    artifacts: Artifacts


@dataclass(frozen=True)
class Status:
    """What is known of a server. uptime_s, pid: None when it is stopped. data_bytes: of the databases."""

    running: bool
    folder: str
    version: str | None
    port: int | None
    pid: int | None
    uptime_s: int | None
    data_bytes: int


@dataclass(frozen=True)
class Started:
    """What `up` did. reused: it ran already. note: what a person should know, or empty."""

    status: Status
    reused: bool
    note: str = ""


def programs(environ: Mapping[str, str], *, progress: Progress) -> Programs:
    """Find or fetch what running a server needs.

    Args:
        environ: XDG_CACHE_HOME, JAVA_HOME and PATH are looked at.

    Raises:
        ConfigError, StoreUnavailable: see `fetch` and `find_java`.
    """
    cache = cache_folder(environ)
    java = find_java(environ, cache, progress=progress)
    return Programs(java, fetch(cache, progress=progress))


class LocalServer:
    """The server of one folder. Making the object does nothing; several processes may each have one."""

    def __init__(self, folder: Path) -> None:
        self.files = Files(folder.absolute())

    def up(
        self,
        found: Programs | Callable[[], Programs],
        *,
        port: int | None = None,
        heap: str | None = None,
        pagecache: str | None = None,
        progress: Progress = lambda stage, done, total: None,
    ) -> Started:
        """Start the server unless it runs, and wait until it answers.

        Args:
            found: what running needs, or what finds it, asked only when the server does not run.
            port: to listen on; the last one or 7687 when absent, and a free one when that is taken.
            heap, pagecache: memory, such as 512m; the last sizes when absent.
            progress: told each stage.

        Raises:
            ConfigError: the wished port is taken, an import was cut off, or something cannot be written.
            StoreConflict: somebody else starts, stops or fills the server for too long.
            StoreUnavailable: it does not start; the message has the end of its log.
        """
        self.files.make()
        with self.changing("starting or stopping it"):
            if self._answers_already():
                return Started(self.status(), True, self._running_note(port))
            self._refuse_half_import()
            chosen, note = choose_port(port, self.files.read_state().get("port"), DEFAULT_PORT)
            ready = found if isinstance(found, Programs) else found()
            progress("starting Neo4j", 0, 0)
            self._start(ready, chosen, self.memory(heap, pagecache))
            return Started(self.status(), False, note)

    def down(self) -> bool:
        """Stop the server cleanly; False when it did not run.

        Raises:
            StoreUnavailable: it does not end; the message names the process.
        """
        if not self.files.folder.is_dir():
            return False
        with self.changing("starting or stopping it"):
            return self.stop()

    def stop(self) -> bool:
        """Like `down`, for who holds the lock of changes already."""
        if not self.is_running():
            return False
        process.stop(self.files, timeout_s=STOP_S)
        return True

    def kill(self) -> None:
        """End the server at once, as a power cut would; nothing that it acknowledged is lost."""
        process.kill(self.files, timeout_s=STOP_S)

    def is_running(self) -> bool:
        return is_held(self.files.server_lock)

    def status(self) -> Status:
        """What is known now; for a server that never was made, too."""
        state, running = self.files.read_state(), self.is_running()
        return Status(
            running=running,
            folder=str(self.files.folder),
            version=state.get("version"),
            port=state.get("port"),
            pid=self.files.read_pid() if running else None,
            uptime_s=int(time.time() - self.files.pid.stat().st_mtime) if running else None,
            data_bytes=_size(self.files.data),
        )

    def connection(self) -> str:
        """The address of the running server with user and password: for the driver, never for a log.

        Raises:
            ConfigError: it was never made, or does not run.
        """
        if not self.is_running():
            raise ConfigError(
                f"the local Neo4j in {str(self.files.folder)!r} is not running; run `circles neo4j up`"
            )
        return self._address()

    def _address(self) -> str:
        password, port = self.files.read_or_make_password(), self.files.read_state().get("port", DEFAULT_PORT)
        return f"bolt://{USER}:{password}@127.0.0.1:{port}"

    def changing(self, doing: str) -> AbstractContextManager[int]:
        """The lock of whoever starts, stops or fills the server; its handle."""
        return held(self.files.change_lock, wait_s=CHANGE_S, doing=doing)

    def _answers_already(self) -> bool:
        """Whether it runs and answers: one whose `up` was cut off is waited for."""
        if not self.is_running():
            return False
        try:
            process.wait_until_it_answers(self.files, self._address(), timeout_s=START_S)
        except StoreUnavailable:
            if self.is_running():
                raise
            return False
        return True

    def _running_note(self, port: int | None) -> str:
        now = self.files.read_state().get("port")
        if port in (None, now):
            return ""
        return f"it listens on port {now}, not {port}; run `circles neo4j down` first to change that"

    def _refuse_half_import(self) -> None:
        if self.files.importing.exists():
            raise ConfigError(
                f"an import into {str(self.files.folder)!r} was cut off, so its data are incomplete; run the "
                "import again (it starts over)"
            )

    def memory(self, heap: str | None = None, pagecache: str | None = None) -> Memory:
        state = self.files.read_state()
        last = Memory(**{name: state[name] for name in ("heap", "pagecache") if name in state})
        given = {name: value for name, value in (("heap", heap), ("pagecache", pagecache)) if value}
        return replace(last, **given)

    def _start(self, found: Programs, port: int, memory: Memory) -> None:
        self.files.write_conf(port, memory)
        self._set_password(found)
        version = found.artifacts.version
        self.files.write_state(port=port, memory=self.memory(), version=version)
        home = (f"--home-dir={self.files.folder}", f"--config-dir={self.files.conf}")
        arguments = java_arguments(
            found.java,
            found.artifacts.class_path,
            heap=memory.heap,
            rest=(process.main_class(found.artifacts), *home),
        )
        write_private(self.files.conf / "java.args", arguments)
        process.start(self.files, found.java)
        process.wait_until_it_answers(self.files, self._address(), timeout_s=START_S)
        # Only now: memory with which it does not start is not kept for later starts.
        self.files.write_state(port=port, memory=memory, version=version)

    def _set_password(self, found: Programs) -> None:
        """Give a server without accounts its first password; one that has started before keeps its own."""
        password = self.files.read_or_make_password()
        if (self.files.data / "databases" / "system").exists():
            return
        self.admin(found, "dbms", "set-initial-password", password)

    def admin(
        self,
        found: Programs,
        *command: str,
        heap: str = "256m",
        told: Callable[[str], None] = lambda line: None,
        keep: Sequence[int] = (),
    ) -> str:
        """Run Neo4j's administration tool on the stopped server; its output.

        Args:
            heap, told, keep: memory, who hears each line, locks to hold: see `process.run_tool`.

        Raises:
            StoreError: it failed; the message has the end of what it printed.
        """
        collector = "-XX:+UseParallelGC"  # a tool may pause, and is done with a tenth less CPU
        rest = (collector, f"-Dapp.home={self.files.folder}", "org.neo4j.cli.AdminTool", *command)
        arguments = java_arguments(found.java, found.artifacts.class_path, heap=heap, rest=rest)
        return process.run_tool(self.files, found.java, arguments, told=told, keep=keep)


def _size(folder: Path) -> int:
    """Bytes of the files below; files that go while being looked at count nothing."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(base, name)).st_size
            except FileNotFoundError:
                continue
    return total
