"""A week of portraits: written whole, read by merchant."""

from dataclasses import replace

import numpy as np
import pytest

from graph.errors import StoreError
from graph.portraits.body import Body
from graph.portraits.questions import QUESTIONS, Labels
from graph.portraits.weeks import KEPT, Peers, PortraitWeeks, weeks, write_week

LABELS = Labels(("COFFEE", "TEA"), ("shop-1",), ("circle-1",), (2.0, 5.0))
PEERS = Peers(12, {"kind": "store"}, 900, {"spend": [1, 2]}, {"people": (50.0, 70.0, 90.0)})


def body_of(merchant, **changes):
    counts = {
        q.name: np.arange(np.prod(LABELS.shape(q.name))).reshape(LABELS.shape(q.name)) for q in QUESTIONS
    }
    made = Body(merchant, "2026-W47", 0, 7, 8, 0.5, LABELS.labels_id, counts)
    return replace(made, **changes)


def test_a_portrait_is_read_as_it_was_written(tmp_path):
    write_week(
        tmp_path, "2026-W47", [LABELS], [(body_of("m"), PEERS), (body_of("n"), None)], {"made_at": "8"}
    )
    week = PortraitWeeks(tmp_path).current()
    found = week.body("m")
    assert found.dumped() == body_of("m").dumped()
    assert (found.people, found.lost) == (0 + 1 + 2, 3)
    assert (week.peers("m"), week.peers("n"), week.body("nobody")) == (PEERS, None, None)
    assert week.merchants() == ["m", "n"]
    assert week.labels(LABELS.labels_id) == LABELS


def test_a_newer_week_is_taken_up_and_old_ones_go(tmp_path):
    readers = PortraitWeeks(tmp_path)
    assert readers.current() is None
    for number in range(40, 46):
        write_week(tmp_path, f"2026-W{number}", [LABELS], [(body_of("m"), None)], {})
        assert readers.current().week == f"2026-W{number}"
    assert len(weeks(tmp_path)) == KEPT


def test_a_week_that_cannot_be_written_leaves_the_one_before(tmp_path):
    write_week(tmp_path, "2026-W46", [LABELS], [(body_of("m"), None)], {})

    def broken():
        yield body_of("m"), None
        raise RuntimeError("the disk is full")

    (tmp_path / ".2026-W47-0000.sqlite").touch()  # of one that was killed
    with pytest.raises(RuntimeError):
        write_week(tmp_path, "2026-W47", [LABELS], broken(), {})
    assert weeks(tmp_path) == ["2026-W46"]
    assert [path.name for path in tmp_path.iterdir()] == ["2026-W46.sqlite"]


def test_a_week_that_sqlite_cannot_write_is_told_as_an_error_of_the_store(tmp_path):
    twice = [(body_of("m"), None), (body_of("m"), None)]
    with pytest.raises(StoreError, match="cannot be written"):
        write_week(tmp_path, "2026-W47", [LABELS], twice, {})
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_week_is_named(tmp_path):
    (tmp_path / "2026-W47.sqlite").write_bytes(b"not a database, not even a short one")
    with pytest.raises(StoreError, match="`circles portraits build` mends that"):
        PortraitWeeks(tmp_path).current()


def test_a_week_damaged_where_it_is_read_is_named(tmp_path):
    path = write_week(tmp_path, "2026-W47", [LABELS], [(body_of(f"m{i}"), None) for i in range(99)], {})
    week = PortraitWeeks(tmp_path).current()
    week.close()
    path.write_bytes(path.read_bytes()[:8192] + b"\0" * (path.stat().st_size - 8192))
    with pytest.raises(StoreError, match="`circles portraits build` mends that"):
        PortraitWeeks(tmp_path).current().body("m98")
