"""Receipts are kept as they were answered, until their person is forgotten."""

from dataclasses import replace

import pytest

from api.receipts import Receipt, Receipts, new_rec_id
from api.service_db import ServiceDb


@pytest.fixture
def receipts(tmp_path):
    db = ServiceDb(tmp_path / "service.db")
    yield Receipts(db)
    db.close()


def receipt(user_id="a" * 32, rec_id=None):
    content = {"items": [{"circle_id": "c1", "score": 0.5}], "candidates": {"live": ["c1"]}}
    return Receipt(rec_id or new_rec_id(), user_id, "v1", "s1", "p1", 1_000_000, content)


def test_a_receipt_comes_back_as_it_was_kept(receipts):
    kept = receipt()
    receipts.keep(kept)
    assert receipts.find(kept.rec_id) == kept
    assert receipts.find("rec_other") is None


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


def test_forgetting_a_person_takes_theirs_and_no_others(receipts):
    mine, other = [receipt(), receipt()], receipt(user_id="b" * 32)
    for each in (*mine, other):
        receipts.keep(each)
    assert receipts.forget("a" * 32) == 2
    assert [receipts.find(r.rec_id) for r in mine] == [None, None]
    assert receipts.find(other.rec_id) == other
    assert receipts.forget("a" * 32) == 0
