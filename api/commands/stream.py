"""`circles stream kafka`: payments from a topic."""

import signal
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from api.commands.common import Parts, answer, as_json, now, refuse_in_demonstration, say


@click.group()
def command() -> None:
    """Take payments from a stream, each once, until stopped."""


@command.command(
    "kafka",
    epilog="""\b
Examples:
  circles stream kafka --bootstrap kafka:9092 --topic payments
  circles stream kafka --bootstrap kafka:9093 --topic payments --config tls.properties
""",
)
@click.option("--bootstrap", required=True, metavar="HOST:PORT,...", help="Brokers to begin with.")
@click.option("--topic", required=True, help="Topic whose messages are payments, one JSON object each.")
@click.option("--group", default="circles", show_default=True, help="Group that shares the partitions.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of librdkafka's name=value lines: TLS, SASL, ...",
)
@click.option("--until-end", is_flag=True, help="Stop when every partition was read to its end.")
@as_json
def kafka(bootstrap: str, topic: str, group: str, config: Path | None, until_end: bool, json_: bool) -> None:
    """Take payments from a Kafka topic as `POST /v1/payments` takes them.

    A message is refused by the same rules, into HOME/refused with partition, offset and reason. Offsets are
    committed after the store has the payments; a payment counts once by its payment_id whatever is killed,
    and however often partitions change hands. Start as many as there are partitions.
    """
    from api.streams.kafka import Stream, read_settings

    settings = read_settings(config, {"bootstrap.servers": bootstrap, "group.id": group})
    parts = Parts.from_environment()
    door = _door(parts)
    stream = Stream(topic, settings, door=door, refused=parts.home.refused)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    say(f"taking payments from {topic} as one of {group}; Ctrl-C stops after the batch in hand")
    with closing(door.store):
        done = stream.run(stop.is_set, until_end=until_end).as_dict()
    answer(done, json_, lambda: _show(done))


def _door(parts: Parts) -> Any:
    """The parts that taking payments needs; the store is opened, and compared with key and log, at once."""
    from api.context import StoreHandle
    from api.service_db import ServiceDb
    from api.services.door import Parts as Door
    from graph.log import PaymentLog
    from loaders.pseudonyms import Pseudonyms

    db = ServiceDb(parts.home.service_db)
    handle = StoreHandle(lambda: parts.home.store_address(parts.settings.store), parts.key, db)
    payments = PaymentLog(parts.home.log)
    store = handle.get()
    payments.belongs_to(store)
    refuse_in_demonstration(parts, store)
    return Door(handle, payments, parts.policy, Pseudonyms(parts.key), now)


def _show(done: dict[str, Any]) -> None:
    say(f"{done['read']:,} messages: {done['accepted']:,} payments taken, {done['duplicates']:,} were known")
    for reason, number in done["reasons"].items():
        say(f"refused, {number:,}: {reason}")
