"""Payments from a real Apache Kafka: taken once or refused once, whatever is killed."""

import json
import os
import random
import sqlite3
import time
from contextlib import closing

import pytest

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
KILLS = int(os.environ.get("KAFKA_KILLS", "6"))
PATIENCE_S = 120
SEED = 20261127


def payment(number, rng):
    at = f"2026-{rng.randrange(1, 9):02d}-{rng.randrange(1, 28):02d}T10:00:00Z"
    amount = rng.choice(["12.50", "-12.50", 3, None])
    made = {
        "payment_id": f"p{number}",
        "user_id": f"茶{rng.randrange(80)}",
        "merchant_id": f"m{rng.randrange(12)}",
    }
    return made | {
        "product_id": rng.choice([None, "x1", "x2"]),
        "amount": amount,
        "currency": "CNY",
        "paid_at": at,
    }


def payments(number, rng):
    """Payments in no order of time, a fifth of them twice."""
    made = [payment(i, rng) for i in range(number)]
    sent = made + made[: number // 5]
    rng.shuffle(sent)
    return made, sent


def as_file(tmp_path, made):
    path = tmp_path / "payments.jsonl"
    path.write_text("\n".join(map(json.dumps, made)) + "\n")
    return str(path)


def test_a_message_is_taken_or_refused_as_over_http(topics, takers):
    topic, taker, rng = topics(1), takers(), random.Random(SEED)
    good = payment(1, rng)
    bad = [
        (b"{", "not JSON at line 1, column 2"),
        (b"[1]", "the record is not a JSON object"),
        (None, "the message has no value"),
        (good | {"payment_id": None}, "payment_id is missing"),
        (good | {"name": "Ann"}, "name is no field of a payment"),
        (good | {"paid_at": "2035-01-01"}, "paid_at is in the future"),
        (b" " * 70_000, "the message is longer than 65,536 bytes"),
    ]
    topic.send(good, *(value for value, _ in bad), good)
    done = taker.take(topic)
    assert (done["read"], done["accepted"], done["duplicates"], done["refused"]) == (9, 1, 1, 7)
    told = taker.refused()
    assert [row["offset"] for row in told] == list(range(1, 8))
    assert all(row["reason"].startswith(words) for row, (_, words) in zip(told, bad, strict=True))
    assert taker.take(topic)["read"] == 0
    assert taker.take(topic, "--group", "another")["duplicates"] == 2
    assert taker.refused() == told
    assert not any(
        "茶".encode() in path.read_bytes() for path in taker.house.home.rglob("*") if path.is_file()
    )


def test_consumers_killed_at_any_moment_and_partitions_that_change_hands(topics, takers, tmp_path):
    rng = random.Random(SEED)
    made, sent = payments(4000 * KILLS, rng)
    for place in range(40):
        sent.insert(place * 500, b"{")
    topic, taker, by_file = topics(), takers(), takers()
    topic.send(*sent)
    quick = tmp_path / "quick.properties"  # the dead are missed soon
    quick.write_text("session.timeout.ms=6000\nheartbeat.interval.ms=1000\n")
    consumers = [taker.start(topic, "--config", str(quick)) for _ in range(2)]
    killed = _kill(consumers, taker, len(made), rng, lambda: taker.start(topic, "--config", str(quick)))
    for consumer in consumers:
        consumer.terminate()
        consumer.wait(PATIENCE_S)
    taker.take(topic, "--config", str(quick))
    assert len(taker.refused()) == len({(row["partition"], row["offset"]) for row in taker.refused()}) == 40
    by_file.house.run("load", as_file(tmp_path, made))
    assert taker.graph() == by_file.graph()
    assert killed >= KILLS // 2, "too much was taken before anything was killed"


def _kill(consumers, taker, total, rng, start):
    """Kill one of two consumers again and again, each time while payments are being taken; how often."""
    killed = 0
    while killed < KILLS:
        if not _has_moved(taker, taker.taken(), total):
            break
        time.sleep(rng.uniform(0, 0.3))
        victim = rng.randrange(2)
        consumers[victim].kill()
        consumers[victim].wait(30)
        consumers[victim] = start()
        killed += 1
    return killed


def _has_moved(taker, before, total):
    """Wait until more is taken; False when everything is."""
    _until(lambda: taker.taken() > before or taker.taken() == total)
    return taker.taken() < total


def test_a_broker_that_dies_and_comes_back(topics, takers, tmp_path):
    rng = random.Random(SEED)
    made, sent = payments(6000, rng)
    topic, taker, by_file = topics(), takers(), takers()
    topic.send(*sent[:3000])
    consumer = taker.start(topic)
    _until(lambda: taker.taken() > 0)
    topic.broker.kill()
    time.sleep(3)
    topic.broker.start()
    topic.send(*sent[3000:])
    _until(lambda: taker.taken() == len(made))
    consumer.terminate()
    assert consumer.wait(PATIENCE_S) == 0
    by_file.house.run("load", as_file(tmp_path, made))
    assert taker.graph() == by_file.graph()


def test_a_store_that_somebody_else_locks_is_waited_for(topics, takers):
    topic, taker, rng = topics(), takers(), random.Random(SEED)
    with closing(sqlite3.connect(taker.house.home / "circles.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        topic.send(*payments(500, rng)[1])
        consumer = taker.start(topic)
        time.sleep(25)  # longer than the store itself waits
        assert consumer.poll() is None
        assert taker.taken() == 0
        other.execute("ROLLBACK")
    _until(lambda: taker.taken() == 500)
    consumer.terminate()
    assert consumer.wait(PATIENCE_S) == 0


def test_payments_that_came_by_file_before_are_known(topics, takers, tmp_path):
    rng = random.Random(SEED)
    made, _ = payments(300, rng)
    topic, taker = topics(), takers()
    taker.house.run("load", as_file(tmp_path, made[:200]))
    topic.send(*made)
    done = taker.take(topic)
    assert (done["accepted"], done["duplicates"]) == (100, 200)


def test_a_topic_that_does_not_exist(broker, takers):
    words = ("stream", "kafka", "--bootstrap", broker.address, "--topic", "nowhere")
    assert "topic 'nowhere' cannot be read" in takers().house.run(*words, code=2)


def _until(claim):
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.05)
