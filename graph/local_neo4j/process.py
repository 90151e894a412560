"""The server as a process: begin, wait until it answers, end, and run its tool."""

import os
import signal
import socket
import subprocess
import time
import zipfile
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile

from graph.errors import StoreError, StoreUnavailable
from graph.local_neo4j.artifacts import Artifacts
from graph.local_neo4j.files import Files, write_private
from graph.local_neo4j.java import Java
from graph.local_neo4j.locks import is_held, open_lock, try_lock

POLL_S = 0.1
PROBE_S = 10.0  # a cold server needs 3 s for its first answer
LOG_LINES = 15
CAUSE = "Caused by: "
ENTRY_POINT = "META-INF/services/org.neo4j.server.startup.EntryPoint"
# The shell ends at once, so the server is nobody's child and never a zombie of a long-lived caller.
DETACH = '"$@" >>"$0" 2>&1 & echo $! >"$PID_FILE.part" && mv "$PID_FILE.part" "$PID_FILE"'


def main_class(artifacts: Artifacts) -> str:
    """The class that starts the server; it has another name in another major release."""
    with zipfile.ZipFile(artifacts.folder / f"neo4j-{artifacts.version}.jar") as jar:
        return jar.read(ENTRY_POINT).decode("ascii").strip()


def start(files: Files, java: Java) -> None:
    """Begin the server in a session of its own; it inherits the lock that says that it runs.

    Raises:
        StoreUnavailable: a server of this folder runs already.
    """
    files.pid.unlink(missing_ok=True)
    if files.log.exists():
        files.log.replace(files.log.with_name("neo4j.log.1"))
    handle = open_lock(files.server_lock)
    try:
        if not try_lock(handle):
            raise StoreUnavailable(f"a server of {str(files.folder)!r} is running already")
        subprocess.run(
            ["/bin/sh", "-c", DETACH, str(files.log), str(java.path), f"@{files.conf / 'java.args'}"],
            check=True,
            cwd=files.folder,
            env={**_environment(files), "PID_FILE": str(files.pid)},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(handle,),
        )
    finally:
        os.close(handle)


def _environment(files: Files) -> dict[str, str]:
    """What the server sees: not ours, where CLASSPATH or JAVA_TOOL_OPTIONS would change it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "TZ") if name in os.environ}
    return {**kept, "NEO4J_HOME": str(files.folder), "NEO4J_CONF": str(files.conf)}


def wait_until_it_answers(files: Files, address: str, *, timeout_s: float) -> None:
    """Wait until a driver can log in.

    First for the port, because a driver that finds none waits longer each time; then for one login.

    Raises:
        StoreUnavailable: the server ended or does not answer; the message has the end of its log.
    """
    ends = time.monotonic() + timeout_s
    while not (_listens(address) and _answers(address)):
        if not is_held(files.server_lock):
            raise StoreUnavailable(f"Neo4j ended while starting; {_end_of_log(files)}")
        if time.monotonic() > ends:
            raise StoreUnavailable(f"Neo4j does not answer after {timeout_s:.0f} s; {_end_of_log(files)}")
        time.sleep(POLL_S)


def _listens(address: str) -> bool:
    port = int(address.rpartition(":")[2])
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(address: str) -> bool:
    from graph.stores.neo4j.bolt import neo4j, said

    scheme, _, rest = address.partition("://")
    login, _, host = rest.rpartition("@")
    user, _, password = login.partition(":")
    try:
        with neo4j.GraphDatabase.driver(
            f"{scheme}://{host}",
            auth=(user, password),
            connection_timeout=PROBE_S,
            connection_acquisition_timeout=PROBE_S,
        ) as driver:
            driver.verify_connectivity()
    except (said.DriverError, said.Neo4jError):
        return False
    return True


def stop(files: Files, *, timeout_s: float) -> None:
    """Ask the server to end and wait; it writes everything out first.

    Raises:
        StoreUnavailable: it does not end.
    """
    _end(files, signal.SIGTERM, timeout_s)


def kill(files: Files, *, timeout_s: float) -> None:
    """End the server without asking it."""
    _end(files, signal.SIGKILL, timeout_s)


def _end(files: Files, how: signal.Signals, timeout_s: float) -> None:
    ends = time.monotonic() + timeout_s
    asked = None
    while is_held(files.server_lock):
        pid = files.read_pid()  # of the holder: it is written by who starts the holder
        if pid is not None and pid != asked:
            with suppress(ProcessLookupError):
                os.kill(pid, how)
            asked = pid
        if time.monotonic() > ends:
            raise StoreUnavailable(
                f"Neo4j (process {asked}) does not end after {timeout_s:.0f} s; look at {files.log}"
            )
        time.sleep(POLL_S)
    files.pid.unlink(missing_ok=True)


def run_tool(
    files: Files,
    java: Java,
    arguments: str,
    *,
    told: Callable[[str], None] = lambda line: None,
    keep: Sequence[int] = (),
) -> str:
    """Run Java with an argument file that only its owner can read; what it printed.

    Args:
        told: called with each line as it is printed.
        keep: handles of locks that the tool holds, too, should this process end before it.

    Raises:
        StoreError: it failed; the message has the end of what it printed.
    """
    path = files.conf / "tool.args"
    write_private(path, arguments)
    try:
        code, lines = _run([str(java.path), f"@{path}"], files, told, keep)
    finally:
        path.unlink(missing_ok=True)
    if code:
        raise StoreError(f"Neo4j's tool ended with {code}: {_cause(lines)}")
    return "\n".join(lines)


def _run(
    command: Sequence[str], files: Files, told: Callable[[str], None], keep: Sequence[int]
) -> tuple[int, list[str]]:
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=files.folder,
        env=_environment(files),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=keep,
    ) as tool:
        assert tool.stdout is not None
        try:
            for line in tool.stdout:
                lines.append(line.rstrip())
                told(lines[-1])
        except BaseException:
            tool.kill()  # nobody would hear of its end
            raise
    return tool.returncode, lines


def _cause(lines: Sequence[str]) -> str:
    """The innermost cause in what a tool printed, with its further lines; else the end of it all."""
    starts = [number for number, line in enumerate(lines) if line.startswith(CAUSE)]
    if not starts:
        return "\n" + _last(lines)
    rest = takewhile(lambda line: not line.startswith("\t"), lines[starts[-1] + 1 :])
    return "\n".join([lines[starts[-1]].removeprefix(CAUSE), *rest])


def _end_of_log(files: Files) -> str:
    try:
        lines = files.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        lines = []
    return f"its log is {files.log}; the end of it:\n{_last(lines) or '(empty)'}"


def _last(lines: Sequence[str]) -> str:
    return "\n".join(deque(lines, LOG_LINES))
