import pytest

from graph.errors import StoreConflict
from graph.log import payment_hash
from graph.schema import SCENES
from loaders.forget import forget_payments
from loaders.inbox import KEEP_MOVED_S, compact
from loaders.pseudonyms import Pseudonyms

DINING, OTHER = SCENES.index("dining"), SCENES.index("other")


def post(house, *payment_ids, user="u1", merchant="m1", day=1, at=1000, **more):
    """Payments as they come over HTTP."""
    (user_at,) = house.store.intern("User", [Pseudonyms(b"k" * 32).of(user)]).tolist()
    (merchant_at,) = house.store.intern("Merchant", [merchant]).tolist()
    same = {"product": None, "quantity": None, "band": 2, "scene": OTHER, "refund": False, "walled": False}
    same |= {"user": user_at, "merchant": merchant_at, "paid_at": 1_772_000_000 + day * 86_400, **more}
    columns = {name: [value] * len(payment_ids) for name, value in same.items()}
    return house.store.add_payments({"payment": list(map(payment_hash, payment_ids)), **columns}, at)


def test_payments_move_from_the_inbox_to_the_log_once(house):
    post(house, "a", "b")
    assert compact(house.home, house.store) == 2
    assert compact(house.home, house.store) == 0
    assert sorted(house.rows()["payment"].tolist()) == sorted(map(payment_hash, "ab"))
    assert house.store.stats()["inbox"] == 0


def test_counting_at_once_and_adding_up_the_log_agree(house):
    post(house, "a", day=1)
    post(house, "b", "c", day=2)
    post(house, "d", day=3, refund=True)
    before = house.graph()
    compact(house.home, house.store)
    assert house.graph() == before
    assert house.paid("u1") == {"m1": (2, 2, OTHER)}


def test_a_payment_that_came_over_http_is_a_duplicate_in_a_file(house, pay):
    post(house, "p1")
    report = house.load(pay(pay.row(1), pay.row(2)))
    assert report.as_dict()["payments"]["duplicates"] == 1
    assert house.paid("u1")["m1"][0] == 2


def test_a_payment_of_a_file_that_comes_over_http_later_is_known_to_the_log(house, pay):
    house.load(pay(pay.row(1)))
    post(house, "p1")  # the service asks `log.contains` first; should it not, nothing counts twice for long
    compact(house.home, house.store)
    assert house.paid("u1")["m1"][0] == 1
    assert len(house.rows()) == 1


def test_a_move_that_was_interrupted_before_the_inbox_was_cleared_is_repeated(house, monkeypatch):
    post(house, "a")
    monkeypatch.setattr(type(house.store), "clear_inbox", lambda self, payments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        compact(house.home, house.store)
    monkeypatch.undo()
    assert compact(house.home, house.store) == 1
    assert len(house.rows()) == 1
    assert house.paid("u1") == {"m1": (1, 1, OTHER)}


def test_moved_payments_are_still_duplicates_for_a_day(house):
    post(house, "a", at=1000)
    compact(house.home, house.store, now=1000 + KEEP_MOVED_S)
    assert post(house, "a").duplicates == 1
    compact(house.home, house.store, now=1001 + KEEP_MOVED_S)
    assert post(house, "a").new == 1
    compact(house.home, house.store)
    assert len(house.rows()) == 1


def test_a_wall_stays_up_when_the_catalogue_names_nothing(houses, write):
    strict = houses(unknown_category="sensitive")
    post(strict, "a", walled=True)
    post(strict, "b", merchant="m2", scene=DINING)
    compact(strict.home, strict.store)
    strict.load(write("merchants.csv", "merchant_id,name,category", ["m1", "A", "Quux"], ["m2", "B", "Quux"]))
    assert strict.paid("u1") == {"m2": (1, 1, DINING)}


def test_compaction_waits_for_no_load(house):
    post(house, "a")
    with house.home.lock("load"), pytest.raises(StoreConflict):
        compact(house.home, house.store)


def test_forgetting_removes_a_person_from_the_log_only(house, pay):
    house.load(pay(pay.row(1), pay.row(2, user="u2")))
    assert forget_payments(house.home, house.store, house.user("u1")) == 1
    assert house.rows()["user"].tolist() == [house.user("u2")]
    assert forget_payments(house.home, house.store, house.user("u1")) == 0


def test_a_forgotten_person_does_not_come_back_with_what_is_loaded_already(house, pay):
    path = pay(pay.row(1), pay.row(2, user="u2"))
    house.load(path)
    index = house.user("u1")
    forget_payments(house.home, house.store, index)
    house.store.forget(index)
    assert house.load(path).already_loaded
    assert house.user("u1") == -1
    house.load(pay(pay.row(3, user="u2"), name="payments-2.csv"))
    assert house.log.check(house.store) == []
