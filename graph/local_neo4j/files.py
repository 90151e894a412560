"""The files of one local server, and what is written into them.

conf/neo4j.conf   written at every start
data/             the databases
logs/             neo4j.log is what the server prints
password          made once, mode 0600
server.json       port and memory of the last start
server.pid        the process, for stopping it
server.lock       held by the server as long as it lives
change.lock       held by whoever starts, stops or fills it
importing         there while an import has begun and not ended
"""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from graph.errors import ConfigError
from graph.local_neo4j.java import VECTOR, Java

# What Neo4j's own start script opens, and no more.
OPENED = (
    "java.nio",
    "java.io",
    "sun.nio.ch",
    "java.lang",
    "java.lang.invoke",
    "java.util.concurrent",
)
CONF = """\
# Written by `circles neo4j up` at every start; changes are lost.
server.default_listen_address=127.0.0.1
server.default_advertised_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size={pagecache}
dbms.usage_report.enabled=false
# A server that froze is noticed after two missed signs of life, by any driver that speaks to it.
server.bolt.connection_keep_alive=3s
server.bolt.connection_keep_alive_for_requests=ALL
server.bolt.connection_keep_alive_probes=2
# Stopping waits for this twice, after the data are on disk: 10 s otherwise.
internal.server.bolt.thread_pool_shutdown_wait_time=1s
# Two empty logs of 256 MB each for a graph of 100 MB otherwise.
db.tx_log.preallocate=false
# A crash replays the log since the last checkpoint; more than a day of it would only fill the disk.
db.tx_log.rotation.retention_policy=1 days 256M
"""


@dataclass(frozen=True)
class Memory:
    """Sizes as Java writes them, such as 512m or 2g.

    The defaults suit a small machine: a server with 3 million relationships stays below 1.5 GB in all.
    """

    heap: str = "1g"
    pagecache: str = "256m"


@dataclass(frozen=True)
class Files:
    """Paths inside the folder of one server."""

    folder: Path

    @property
    def conf(self) -> Path:
        return self.folder / "conf"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "logs" / "neo4j.log"

    @property
    def password(self) -> Path:
        return self.folder / "password"

    @property
    def state(self) -> Path:
        return self.folder / "server.json"

    @property
    def pid(self) -> Path:
        return self.folder / "server.pid"

    @property
    def server_lock(self) -> Path:
        return self.folder / "server.lock"

    @property
    def change_lock(self) -> Path:
        return self.folder / "change.lock"

    @property
    def importing(self) -> Path:
        return self.folder / "importing"

    def make(self) -> None:
        """Create the folders, readable by their owner only.

        Raises:
            ConfigError: the folder cannot be made.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for inner in (self.conf, self.log.parent):
                inner.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"cannot make {str(self.folder)!r}: {error.strerror}") from error

    def read_state(self) -> dict[str, Any]:
        """What the last start chose; empty before the first."""
        try:
            state = json.loads(self.state.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def write_state(self, *, port: int, memory: Memory, version: str) -> None:
        text = json.dumps({"port": port, "version": version, **asdict(memory)})
        write_private(self.state, text)

    def write_conf(self, port: int, memory: Memory) -> None:
        text = CONF.format(port=port, pagecache=memory.pagecache)
        write_private(self.conf / "neo4j.conf", text)

    def read_or_make_password(self) -> str:
        """The password of the user `neo4j`; made at the first call."""
        if not self.password.exists():
            write_private(self.password, secrets.token_hex(24))
        return self.password.read_text(encoding="ascii").strip()

    def read_pid(self) -> int | None:
        try:
            return int(self.pid.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None


def write_private(path: Path, text: str) -> None:
    """Write a file for its owner only, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def java_arguments(java: Java, class_path: str, *, heap: str, rest: Sequence[str]) -> str:
    """A Java argument file: one argument a line, quoted.

    A file, because a password on a command line could be read by every user of the machine.
    """
    lines = [
        f"-Xmx{heap}",
        "-XX:+ExitOnOutOfMemoryError",  # a server that is half dead helps nobody; `up` starts it again
        "-Dlog4j2.disable.jmx=true",
        "-Dfile.encoding=UTF-8",
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED),
        *([f"--add-modules={VECTOR}"] if java.has_vector else []),
        *(["--enable-native-access=ALL-UNNAMED"] if java.version >= 24 else []),
        *(["--sun-misc-unsafe-memory-access=allow"] if java.version >= 24 else []),
        "-cp",
        class_path,
        *rest,
    ]
    return "".join(f'"{_escaped(line)}"\n' for line in lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
