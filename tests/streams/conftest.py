"""A real broker, topics with payments, and homes whose command takes them."""

import json
import os
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from graph.home import Home
from graph.stores.open import open_store
from loaders.inbox import compact
from tests.houses import CIRCLES, House
from tests.streams.broker import Broker, class_path

MERCHANTS = 12


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    started = Broker(tmp_path_factory.mktemp("kafka"), class_path()).format().start()
    yield started
    started.kill()


@dataclass(frozen=True)
class Topic:
    """A topic of three partitions."""

    broker: Broker
    name: str

    def send(self, *values: bytes | dict | None, key: Callable[[int], str] = str) -> None:
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": self.broker.address, "enable.idempotence": True})
        for number, value in enumerate(values):
            content = json.dumps(value).encode() if isinstance(value, dict) else value
            producer.produce(self.name, content, key=key(number))
            producer.poll(0)
        assert producer.flush(60) == 0


@pytest.fixture
def topics(broker, request):
    """Makes topics with names of their own."""
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": broker.address})
    made: list[Topic] = []

    def make(partitions: int = 3) -> Topic:
        made.append(
            Topic(broker, f"payments-{os.getpid()}-{abs(hash(request.node.name)) % 10**8}-{len(made)}")
        )
        (done,) = admin.create_topics([NewTopic(made[-1].name, partitions, 1)]).values()
        done.result(60)
        return made[-1]

    return make


@dataclass
class Taker:
    """A home, and consumers of a topic that are processes of their own."""

    house: House
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def words(self, topic: Topic, *more: str) -> list[str]:
        return ["stream", "kafka", "--bootstrap", topic.broker.address, "--topic", topic.name, *more]

    def take(self, topic: Topic, *more: str) -> dict:
        """Read a topic to its end."""
        return self.house.json(*self.words(topic, "--until-end", *more))

    def start(self, topic: Topic, *more: str) -> subprocess.Popen[bytes]:
        made = subprocess.Popen(
            [CIRCLES, *self.words(topic, *more)],
            env=self.house.environment(),
            stdout=subprocess.DEVNULL,
            stderr=(self.house.home.parent / "consumer.log").open("ab"),
        )
        self.running.append(made)
        return made

    def refused(self) -> list[dict]:
        files = sorted((self.house.home / "refused").glob("kafka-*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def taken(self) -> int:
        """Payments taken so far."""
        with closing(open_store(Home(self.house.home).store_address("sqlite:///circles.db"))) as store:
            return store.stats()["inbox"]

    def graph(self) -> dict[str, list]:
        """What the graph says by ids, after the inbox went into the log."""
        home = Home(self.house.home)
        found = {}
        with closing(open_store(home.store_address("sqlite:///circles.db"))) as store:
            compact(home, store)
            for kind, label in (("paid", "Merchant"), ("bought", "Product")):
                edges = store.edges(kind)
                users = store.ids("User", np.repeat(edges.users, np.diff(edges.offsets)).tolist())
                things = store.ids(label, edges.edges[label.lower()].tolist())
                rest = [name for name in edges.edges.dtype.names if name != label.lower()]
                found[kind] = sorted(zip(users, things, edges.edges[rest].tolist(), strict=True))
            assert not store.check()
        return found


@pytest.fixture
def takers(tmp_path):
    """Makes homes that know the merchants, so that payments there are ordinary; all with one key."""
    made: list[Taker] = []
    catalogue = tmp_path / "merchants.csv"
    rows = [f"m{i},Cinema" for i in range(MERCHANTS)]
    catalogue.write_text("\n".join(["merchant_id,category", *rows]) + "\n")

    def make() -> Taker:
        home = Path(tmp_path / f"home-{len(made)}")
        home.mkdir()
        Home(home).make().key_file.write_text("k" * 64)
        made.append(Taker(House(home, "sqlite:///circles.db")))
        made[-1].house.run("load", str(catalogue))
        return made[-1]

    yield make
    for process in (process for taker in made for process in taker.running):
        process.kill()
        process.wait(30)
