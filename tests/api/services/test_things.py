"""Merchants and products over HTTP: conditions, what decides the wall, and what earlier payments do."""

import pytest

from api.schemas.things import MerchantThingOut, ProductThingOut
from graph.segments import read_rows


def put(service, path, body, key="service", **headers):
    return service.ask("PUT", f"/v1/{path}", body, key=key, headers=headers)


def walled_payments(service):
    """Merchant index of each walled payment in the log."""
    parts = [read_rows(path) for path in service.context.log.files()]
    return [int(merchant) for rows in parts for merchant in rows["merchant"][rows["walled"]]]


def test_a_new_merchant_is_made_and_read_back(service):
    body = {"name": "Bean & Leaf <b>", "kind": "store", "category": "coffee shop", "city": "上海"}
    made = put(service, "merchants/new-1", body)
    assert made.status_code == 201
    MerchantThingOut.model_validate(made.json)
    found = service.ask("GET", "/v1/merchants/new-1")
    assert found.json == made.json | {"payments": {"scene": "dining", "walled": False}}
    assert found.headers["ETag"] == made.headers["ETag"]


def test_a_product_says_who_sells_it_and_that_merchant_reads_it(service):
    made = put(service, "products/espresso", {"name": "Espresso", "category": "COFFEE", "merchant_id": "c0"})
    assert made.status_code == 201
    ProductThingOut.model_validate(made.json)
    assert service.ask("GET", "/v1/products/espresso", key="merchant").status_code == 200
    other, unknown = (
        service.ask("GET", f"/v1/products/{p}", key="merchant", headers={"X-Request-Id": "r"})
        for p in ("rope", "nothing")
    )
    assert (other.status_code, other.data) == (404, unknown.data)


def test_a_merchants_key_reads_its_own_and_writes_nothing(service):
    assert service.ask("GET", "/v1/merchants/c0", key="merchant").json["name"] == "Coffee Shop 0"
    assert service.ask("GET", "/v1/merchants/k0", key="merchant").status_code == 404
    assert put(service, "merchants/c0", {"name": "Mine"}, key="merchant").status_code == 403


def test_of_two_changes_of_one_revision_one_is_refused(service):
    tag = service.ask("GET", "/v1/merchants/c1").headers["ETag"]
    assert put(service, "merchants/c1", {"city": "Suzhou"}).status_code == 428
    first = put(service, "merchants/c1", {"city": "Suzhou"}, **{"If-Match": tag})
    assert (first.status_code, first.json["name"]) == (200, "Coffee Shop 1")
    assert put(service, "merchants/c1", {"city": "Wuxi"}, **{"If-Match": tag}).status_code == 412
    assert put(service, "merchants/c1", {"city": "Suzhou"}).status_code == 200  # said already
    assert put(service, "merchants/c1", {"city": "Wuxi"}, **{"If-Match": "*"}).status_code == 200


def test_what_may_only_be_made_is_not_changed(service):
    only_new = {"If-None-Match": "*"}
    assert put(service, "products/tea", {"category": "tea"}, **only_new).status_code == 201
    assert put(service, "products/tea", {"category": "tea"}, **only_new).status_code == 412
    assert put(service, "products/none", {"name": "x"}, **{"If-Match": "*"}).status_code == 412


@pytest.mark.parametrize(
    "body",
    [
        {"name": "two\nlines"},
        {"name": "right\u202eleft"},
        {"name": "   "},
        {"kind": "bank"},
        {"scene": "moon"},
        {"sensitive": "yes"},
        {"rating": 5},
        {"category": "x" * 257},
    ],
)
def test_what_files_refuse_is_refused_here_too(service, body):
    assert put(service, "merchants/odd", body).status_code == 422
    assert service.ask("GET", "/v1/merchants/odd").status_code == 404


@pytest.mark.parametrize("body", [{"category": "大药房"}, {"category": "pharmacy"}, {"sensitive": True}])
def test_a_sensitive_category_or_flag_walls_payments(service, body):
    made = put(service, "merchants/new", {"name": "New", **body})
    assert made.json["payments"]["walled"] is True
    assert "job_id" not in made.json  # nobody has paid there


def test_a_wall_goes_up_for_earlier_payments_too(service):
    index = int(service.context.store.get().indices("Merchant", ["k3"])[0])
    assert index not in walled_payments(service)
    changed = put(service, "merchants/k3", {"category": "大药房"}, **{"If-Match": "*"})
    job = service.ended(changed.json["job_id"], key="service")
    assert (job["state"], job["kind"], job["result"]) == ("done", "catalogue", {"payments": 40})
    assert walled_payments(service).count(index) == 40
    assert index not in service.context.store.get().edges("paid").edges["merchant"]


def test_what_is_kept_from_others_does_not_come_out_over_http(service):
    for body in ({"category": "coffee shop"}, {"category": "咖啡店"}):
        refused = put(service, "merchants/chemist", body, **{"If-Match": "*"})
        assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
    assert put(service, "products/charm", {"sensitive": True}).status_code == 201
    refused = put(service, "products/charm", {"sensitive": False}, **{"If-Match": "*"})
    assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
    assert put(service, "merchants/chemist", {"category": "clinic"}, **{"If-Match": "*"}).status_code == 200


def test_payments_are_placed_by_what_was_said_before_and_earlier_ones_follow(service):
    store = service.context.store.get()
    store.set_meta("terms", "")  # what nobody named is sensitive
    record = {"user_id": "u70", "merchant_id": "kiosk", "paid_at": "2026-09-02T08:00:00Z"}
    with service.context.home.lock("load"):  # so that the job waits
        service.ask("POST", "/v1/payments", {**record, "payment_id": "q1"})
        said = put(service, "merchants/kiosk", {"category": "coffee shop"})  # paid, but not described yet
        assert (said.status_code, said.json["payments"]) == (201, {"scene": "dining", "walled": False})
        service.ask("POST", "/v1/payments", {**record, "payment_id": "q2"})
        assert store.inbox()["walled"].tolist() == [True, False]
        more = put(service, "merchants/k2", {"category": "tea house"}, **{"If-Match": "*"})
        assert more.json["job_id"] == said.json["job_id"]  # it has not begun, so it does for both
    assert service.ended(said.json["job_id"], key="service")["state"] == "done"
    assert int(store.indices("Merchant", ["kiosk"])[0]) not in walled_payments(service)
