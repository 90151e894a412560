"""Sums over people in whole numbers: exact whatever the order, kept whole or not at all."""

import numpy as np
import pytest

from embeddings.channels import FILTERS, filter_core, ground_of
from embeddings.touches import touches_of
from embeddings.update.books import FOLDER, Books, added_up, core_of

POWERS = dict.fromkeys(FILTERS, 1.0)
PAID = {f"u{i}": {"tea": i + 1, "gym": 1} if i % 2 else {"tea": 1} for i in range(30)}
MEMBERS = {f"u{i}": ["x", "y"] if i % 3 else ["x"] for i in range(30)}


@pytest.fixture
def touches(make_snapshot):
    snapshot = make_snapshot(paid=PAID, members=MEMBERS, categories={"tea": "shop", "gym": "sport"})
    return touches_of(snapshot, half_life_days=180.0), snapshot


@pytest.mark.parametrize("min_supporters", [1, 12])
def test_a_core_is_the_trained_one_up_to_rounding(touches, min_supporters):
    of, snapshot = touches
    ground, books = ground_of(snapshot, of, min_supporters=min_supporters), added_up(of, POWERS)
    for name, touch in FILTERS.items():
        trained, ours = filter_core(ground, touch, 1.0), core_of(books, name, min_supporters)
        np.testing.assert_allclose(ours.toarray(), trained.toarray(), rtol=1e-5)


def test_people_taken_out_and_put_in_leave_the_same_books(touches):
    of, _ = touches
    some, others = np.arange(0, 30, 2), np.arange(1, 30, 2)
    whole, part = added_up(of, POWERS), added_up(of.rows(some), POWERS)
    nobody = added_up(of.rows(np.zeros(0, np.int64)), POWERS)
    again = part.changed(nobody, added_up(of.rows(others), POWERS))
    for name in POWERS:
        for one, other in ((whole.cores, again.cores), (whole.support, again.support)):
            for of_matrix in ("data", "indices", "indptr"):
                assert getattr(one[name], of_matrix).tolist() == getattr(other[name], of_matrix).tolist()
    assert {k: v.tolist() for k, v in whole.users_of.items()} == {
        k: v.tolist() for k, v in again.users_of.items()
    }
    assert again.changed(again, nobody).cores["members"].nnz == 0


def test_books_are_read_as_they_were_kept(touches, tmp_path):
    books = added_up(touches[0], POWERS)
    books.save(tmp_path)
    found = Books.load(tmp_path)
    assert (found.powers, found.newest_at) == (books.powers, books.newest_at)
    assert all((found.cores[name] != books.cores[name]).nnz == 0 for name in POWERS)


def test_damaged_books_are_as_good_as_none(touches, tmp_path):
    assert Books.load(tmp_path) is None
    added_up(touches[0], POWERS).save(tmp_path)
    (tmp_path / FOLDER / "about.json").write_text("{")
    assert Books.load(tmp_path) is None
