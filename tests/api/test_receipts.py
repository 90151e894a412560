"""Receipts are kept as they were answered, until their person is forgotten, in the journal or moved on."""

import resource
import time
from contextlib import closing
from dataclasses import replace

import pytest

from api.receipts import FOLDER, Receipt, Receipts, new_rec_id
from api.service_db import ServiceDb
from graph.errors import StoreUnavailable


@pytest.fixture
def db(tmp_path):
    with closing(ServiceDb(tmp_path / "service.db")) as opened:
        yield opened


@pytest.fixture
def receipts(db):
    with closing(Receipts(db)) as made:
        yield made


def stored(db):
    """How many are in the database."""
    return db._connection.execute("select count(*) from receipts").fetchone()[0]


def receipt(user_id="a" * 32, rec_id=None):
    content = {"items": [{"circle_id": "c1", "score": 0.5}], "candidates": {"live": ["c1"]}}
    return Receipt(rec_id or new_rec_id(), user_id, "v1", "s1", "p1", 1_000_000, content)


def test_a_receipt_comes_back_as_it_was_kept(receipts):
    kept = receipt()
    receipts.keep(kept)
    assert receipts.find(kept.rec_id) == kept
    assert receipts.find("rec_other") is None


def test_a_receipt_is_found_by_another_process_before_and_after_it_was_moved(receipts, db):
    kept = receipt()
    receipts.keep(kept)
    assert (Receipts(db).find(kept.rec_id), stored(db)) == (kept, 0)
    Receipts(db).settle()
    assert (receipts.find(kept.rec_id), stored(db)) == (kept, 1)


def test_receipts_of_a_process_that_died_are_taken_over_whole(receipts, db, tmp_path):
    first, cut = receipt(), receipt()
    receipts.keep(first)
    receipts.keep(cut)
    (journal,) = (tmp_path / FOLDER).iterdir()
    journal.write_bytes(journal.read_bytes()[:-1])
    assert [Receipts(db).find(each.rec_id) for each in (first, cut)] == [first, None]
    Receipts(db).settle()
    assert (Receipts(db).find(first.rec_id), stored(db)) == (first, 1)
    assert not list((tmp_path / FOLDER).iterdir())


def test_a_journal_that_is_moved_again_does_not_bring_back_who_was_forgotten(receipts, db, tmp_path):
    kept = receipt()
    receipts.keep(kept)
    (journal,) = (tmp_path / FOLDER).iterdir()
    again = journal.read_bytes()
    assert receipts.forget(kept.user_id) == 1
    journal.write_bytes(again)
    receipts.settle()
    assert (receipts.is_erased(kept.rec_id), receipts.find(kept.rec_id)) == (True, None)


def test_a_full_journal_is_moved_by_itself(receipts, db, monkeypatch):
    monkeypatch.setattr("api.journal.MOST", 3)
    for _ in range(4):
        receipts.keep(receipt())
    until = time.monotonic() + 60
    while stored(db) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    assert stored(db) == 3


def test_without_room_a_receipt_is_refused_and_none_before_it_is_harmed(receipts, db, tmp_path):
    kept, late = receipt(), receipt()
    receipts.keep(kept)
    (journal,) = (tmp_path / FOLDER).iterdir()
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size + 20, most[1]))
    try:
        with pytest.raises(StoreUnavailable, match="check the disk"):
            receipts.keep(late)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    receipts.keep(late)
    receipts.settle()
    assert [receipts.find(each.rec_id) for each in (kept, late)] == [kept, late]


def test_a_receipt_says_of_each_circle_what_is_ordinary_too(receipts):
    drawn = {
        "circle_id": "c2",
        "source": "explore",
        "exploration": True,
        "propensity": 0.1,
        "instead_of": "c3",
    }
    content = {"source": "live", "items": [{"circle_id": "c1"}, drawn]}
    kept = replace(receipt(), content=content)
    receipts.keep(kept)
    assert receipts.find(kept.rec_id).content["items"] == [
        {"circle_id": "c1", "position": 1, "source": "live", "exploration": False, "propensity": 1.0},
        drawn | {"position": 2},
    ]


def test_a_circle_is_kept_as_a_row_and_read_by_its_names(receipts):
    content = {
        "source": "live",
        "items": [["c1", 0.5], ["c2", 0.25, {"state": "proposed", "propensity": 0.8}]],
    }
    kept = replace(receipt(), content=content)
    receipts.keep(kept)
    first = {"circle_id": "c1", "score": 0.5, "state": "open", "propensity": 1.0, "position": 1}
    second = {"circle_id": "c2", "score": 0.25, "state": "proposed", "propensity": 0.8, "position": 2}
    certain = {"source": "live", "exploration": False}
    assert receipts.find(kept.rec_id).content["items"] == [first | certain, second | certain]


def test_ids_of_a_while_begin_alike_and_are_never_the_same():
    ids = [new_rec_id() for _ in range(3000)]
    assert len(set(ids)) == 3000
    assert 3 <= len({each[: len("rec_") + 4] for each in ids}) <= 4
    assert {len(each) for each in ids} == {len("rec_") + 24}


def test_forgetting_a_person_takes_theirs_and_no_others(receipts):
    mine, other = [receipt(), receipt()], receipt(user_id="b" * 32)
    for each in (*mine, other):
        receipts.keep(each)
    assert receipts.forget("a" * 32) == 2
    assert [receipts.find(r.rec_id) for r in mine] == [None, None]
    assert receipts.find(other.rec_id) == other
    assert receipts.forget("a" * 32) == 0
