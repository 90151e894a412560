"""Payments from a Kafka topic, through the door of `POST /v1/payments`, each with effect once.

A batch is kept in the store, then its refusals are written, then its offsets are committed: whatever ends the
process between two steps, the batch comes again, and `payment_id` and offset tell what is there already. So
it is with a partition that changes hands. Kafka's own transactions are not needed: the store is the one who
remembers.

confluent-kafka: its librdkafka has every protocol of groups and of signing in that brokers have, releases
follow Kafka's, and wheels bring all they need.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.services import payments
from api.services.batches import MAX_RECORDS, NotJson, parse
from api.services.door import Door
from api.streams.refusals import Refusals
from graph.errors import ConfigError, StoreConflict, StoreUnavailable

log = logging.getLogger(__name__)
WAIT_S = 0.5  # for messages, and between two tries of a store that is away
LARGEST = 65_536  # bytes of one message; a payment has some hundred
_OURS = {
    "enable.auto.commit": False,
    "auto.offset.reset": "earliest",
    "partition.assignment.strategy": "cooperative-sticky",
    "isolation.level": "read_committed",
    "enable.partition.eof": True,
}
Place = tuple[str, int]  # topic, partition


@dataclass
class Streamed:
    """What a consumer did. refused: by reason, told for the first time."""

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        counts = {"read": self.read, "accepted": self.accepted, "duplicates": self.duplicates}
        return {
            **counts,
            "refused": sum(self.refused.values()),
            "reasons": dict(sorted(self.refused.items())),
        }


class Stream:
    """One consumer of a group.

    Args:
        settings: of librdkafka, `bootstrap.servers` and `group.id` among them.
        refused: folder of the files of refused messages.

    Raises:
        ConfigError: confluent-kafka is not installed, or a setting is none of its.
    """

    def __init__(self, topic: str, settings: Mapping[str, Any], *, door: Door, refused: Path) -> None:
        self.done = Streamed()
        self._topic, self._door, self._folder = topic, door, refused
        self._files: dict[Place, Refusals] = {}
        self._ended: set[Place] = set()
        self._late: list[Any] = []  # what came while the store was away
        self._consumer = _consumer({**settings, **_OURS})

    def run(self, stopped: Callable[[], bool], *, until_end: bool = False) -> Streamed:
        """Take payments until told to stop, or until every partition was read to its end.

        Raises:
            ConfigError: the topic does not exist, or the broker refuses to let us in.
        """
        self._consumer.subscribe([self._topic], on_assign=self._assigned, on_revoke=self._revoked)
        try:
            while not stopped():
                messages = [*self._late, *self._consumer.consume(MAX_RECORDS, WAIT_S)]
                self._late = []
                if good := self._without_errors(messages):
                    self._take(good, stopped)
                elif until_end and self._is_at_end():
                    break
        finally:
            self._consumer.close()
        return self.done

    # -- the group ----------------------------------------------------------------------------------

    def _assigned(self, consumer: Any, partitions: Sequence[Any]) -> None:
        """Somebody else may have written refusals of these; read them anew when the first one comes."""
        for partition in partitions:
            self._files.pop((partition.topic, partition.partition), None)
            self._ended.discard((partition.topic, partition.partition))

    def _revoked(self, consumer: Any, partitions: Sequence[Any]) -> None:
        """Nothing waits: a batch is committed before the next one is asked for."""
        self._assigned(consumer, partitions)

    def _is_at_end(self) -> bool:
        places = {(p.topic, p.partition) for p in self._consumer.assignment()}
        return bool(places) and places <= self._ended

    def _without_errors(self, messages: Sequence[Any]) -> list[Any]:
        from confluent_kafka import KafkaError

        fatal = (
            KafkaError.UNKNOWN_TOPIC_OR_PART,
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
            KafkaError.GROUP_AUTHORIZATION_FAILED,
            KafkaError._AUTHENTICATION,
        )
        good = []
        for message in messages:
            place, error = (message.topic(), message.partition()), message.error()
            if error is None:
                good.append(message)
                self._ended.discard(place)
            elif error.code() == KafkaError._PARTITION_EOF:
                self._ended.add(place)
            elif error.code() in fatal or error.fatal():
                raise ConfigError(
                    f"topic {self._topic!r} cannot be read: {error.str()}; see --bootstrap, --topic"
                )
            else:
                log.warning("Kafka: %s", error.str())
        return good

    # -- a batch ------------------------------------------------------------------------------------

    def _take(self, messages: Sequence[Any], stopped: Callable[[], bool]) -> None:
        """Keep a batch, then its refusals, then its offsets."""
        values, bad = _values(messages)
        if values:
            answer = self._kept([value for _, value in values], stopped)
            if answer is None:
                return  # told to stop while the store was away: it comes again
            self.done.accepted += answer["accepted"]
            self.done.duplicates += answer["duplicates"]
            bad += [(values[row["index"]][0], row["problem"]) for row in answer["rejected"]]
        self._refuse(bad)
        self.done.read += len(messages)
        self._commit(messages)

    def _kept(self, values: list[Any], stopped: Callable[[], bool]) -> dict[str, Any] | None:
        """What became of a batch, once the store is there; None when told to stop before it was."""
        paused = False
        while True:
            try:
                answer = payments.take(self._door, values)
                break
            except (StoreUnavailable, StoreConflict) as error:
                if stopped():
                    return None
                log.warning("the store is away; %s payments wait: %s", len(values), error)
                # Asking goes on, so that the group does not take this consumer for dead.
                self._consumer.pause(self._consumer.assignment())
                paused = True
                if (late := self._consumer.poll(WAIT_S)) is not None:
                    self._late.append(late)
        if paused:
            self._consumer.resume(self._consumer.assignment())
        return answer

    def _refuse(self, bad: Sequence[tuple[Any, str]]) -> None:
        rows: dict[Place, list[dict[str, Any]]] = defaultdict(list)
        for message, reason in sorted(bad, key=lambda item: int(item[0].offset())):
            place = (message.topic(), message.partition())
            rows[place].append(
                {
                    "file": f"kafka:{place[0]}",
                    "partition": place[1],
                    "offset": message.offset(),
                    "at_ms": message.timestamp()[1],
                    "table": "payments",
                    "reason": reason,
                }
            )
        for place, told in rows.items():
            if place not in self._files:
                self._files[place] = Refusals(self._folder, f"kafka-{place[0]}-{place[1]}")
            if self._files[place].tell(told):
                self.done.refused.update(row["reason"] for row in told)

    def _commit(self, messages: Sequence[Any]) -> None:
        from confluent_kafka import KafkaException, TopicPartition

        next_of: dict[Place, int] = {}
        for message in messages:
            place = (message.topic(), message.partition())
            next_of[place] = max(next_of.get(place, 0), message.offset() + 1)
        offsets = [TopicPartition(*place, offset) for place, offset in next_of.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:  # the partition went to somebody else, who takes the batch once more
            log.warning("offsets were not committed; the batch will come again and count once: %s", error)


def _values(messages: Sequence[Any]) -> tuple[list[tuple[Any, Any]], list[tuple[Any, str]]]:
    """Messages with their JSON, and those that have none with why."""
    good, bad = [], []
    for message in messages:
        content = message.value()
        if content is None:
            bad.append((message, "the message has no value"))
        elif len(content) > LARGEST:
            bad.append((message, f"the message is longer than {LARGEST:,} bytes"))
        else:
            try:
                good.append((message, parse(content)))
            except NotJson as error:
                bad.append((message, str(error)))
    return good, bad


def read_settings(path: Path | None, given: Mapping[str, str]) -> dict[str, Any]:
    """Settings of librdkafka from a file of `name=value` lines, such as `security.protocol=SASL_SSL`.

    Args:
        given: what the command line says, which the file may not say otherwise.

    Raises:
        ConfigError: the file cannot be read, or names what is not its to say; never its values.
    """
    found: dict[str, Any] = {}
    try:
        lines = [] if path is None else path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals:
            raise ConfigError(f"{path}, line {number}: expected name=value")
        if name in given or name in _OURS:
            raise ConfigError(f"{path}, line {number}: {name} is set by the command; take the line out")
        found[name] = value
    return {**found, **given}


def _consumer(settings: Mapping[str, Any]) -> Any:
    try:
        from confluent_kafka import Consumer, KafkaException
    except ImportError as error:
        raise ConfigError("streams need the extra `kafka`; run pip install -e '.[kafka]'") from error
    try:
        return Consumer(dict(settings), logger=log)
    except (KafkaException, ValueError) as error:
        raise ConfigError(f"Kafka does not take a setting: {error}") from error
