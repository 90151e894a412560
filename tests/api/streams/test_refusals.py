"""Refused messages are told once, also after a process died while it told them."""

import json

from api.streams.refusals import Refusals


def row(offset, reason="bad", at_ms=5):
    return {"offset": offset, "at_ms": at_ms, "reason": reason}


def told(folder):
    return [json.loads(line) for line in (folder / "kafka-t-0.jsonl").read_text().splitlines()]


def test_nothing_refused_makes_no_file(tmp_path):
    assert Refusals(tmp_path, "kafka-t-0").tell([]) == 0
    assert not list(tmp_path.iterdir())


def test_what_comes_again_is_told_once(tmp_path):
    Refusals(tmp_path, "kafka-t-0").tell([row(1), row(2)])
    assert Refusals(tmp_path, "kafka-t-0").tell([row(2), row(3)]) == 1
    assert [r["offset"] for r in told(tmp_path)] == [1, 2, 3]


def test_a_new_topic_begins_with_offsets_anew(tmp_path):
    Refusals(tmp_path, "kafka-t-0").tell([row(0)])
    assert Refusals(tmp_path, "kafka-t-0").tell([row(0, at_ms=9)]) == 1


def test_a_line_that_was_cut_off_is_told_again(tmp_path):
    Refusals(tmp_path, "kafka-t-0").tell([row(1), row(2)])
    path = tmp_path / "kafka-t-0.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    assert Refusals(tmp_path, "kafka-t-0").tell([row(2)]) == 1
    assert told(tmp_path) == [row(1), row(2)]
