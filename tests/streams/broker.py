"""A real Apache Kafka broker for tests, in KRaft mode, from its Maven artifacts.

`broker.lock` lists its jars with size and hash; `python tests/streams/broker.py 4.1.1` writes it anew, which
needs Maven (`mvn`).
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graph.errors import ConfigError, StoreUnavailable
from graph.local_neo4j.artifacts import cache_folder, fetch_into
from graph.local_neo4j.lock import read_lock, resolve
from graph.local_neo4j.ports import free_port

LOCK = Path(__file__).with_name("broker.lock")
ROOT = "org.apache.kafka:kafka_2.13"
START_S = 120
_CONF = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


class Broker:
    """One broker in a folder; `address` is its bootstrap server."""

    def __init__(self, folder: Path, class_path: str) -> None:
        self.folder, self._class_path = folder, class_path
        self.port, controller = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._conf = folder / "server.properties"
        folder.mkdir(parents=True, exist_ok=True)
        self._conf.write_text(_CONF.format(port=self.port, controller=controller, data=folder / "data"))
        self._process: subprocess.Popen[bytes] | None = None

    def format(self) -> "Broker":
        """Give the empty folder its identity."""
        self._java(
            "kafka.tools.StorageTool", "format", "-t", "Y2lyY2xlcy10ZXN0cy0wMQ", "-c", self._conf
        ).wait(60)
        return self

    def start(self) -> "Broker":
        self._process = self._java("kafka.Kafka", self._conf)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.2)
        raise AssertionError(f"the broker does not start; see {self.folder / 'out'}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(30)
            self._process = None

    def _java(self, main: str, *arguments: object) -> "subprocess.Popen[bytes]":
        words = ["java", "-Xmx384m", "-cp", self._class_path, main, *map(str, arguments)]
        with (self.folder / "out").open("ab") as out:
            return subprocess.Popen(words, stdout=out, stderr=out, cwd=self.folder)


def class_path() -> str:
    """The broker's jars, fetched at the first run; a named skip where they cannot be had."""
    jars = read_lock(LOCK)
    version = next(jar.version for jar in jars if f"{jar.group}:{jar.artifact}" == ROOT)
    folder = cache_folder(os.environ) / "kafka" / version
    try:
        fetch_into(folder, jars, progress=lambda stage, done, total: None)
    except (StoreUnavailable, ConfigError) as error:
        pytest.skip(f"no Kafka broker can be started: {error}")
    return f"{folder}/*"


if __name__ == "__main__":
    found = resolve(sys.argv[1], (ROOT,))
    LOCK.write_text(
        "# group:artifact:version[:classifier] size sha256\n" + "".join(f"{jar.line()}\n" for jar in found)
    )
