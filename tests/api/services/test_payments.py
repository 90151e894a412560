"""Payments over HTTP: once each, placed by the catalogue, judged like those of files."""

import csv

import numpy as np
import pytest

from api.commands.common import Parts
from graph.edges import PAID
from graph.log import payment_hash
from graph.schema import SCENES
from loaders.inbox import compact
from loaders.run import load


def paid(**changes):
    return {
        "payment_id": "x1",
        "user_id": "nina",
        "merchant_id": "c0",
        "paid_at": "2026-09-01T09:00:00Z",
    } | changes


def edges(service, user="nina"):
    state = service.context.store.get().user_state(service.context.pseudonyms.of(user))
    return np.sort(state.paid, order=["merchant", "scene"])


def test_a_payment_counts_once_however_often_it_is_sent(service):
    answers = [service.ask("POST", "/v1/payments", [paid(), paid()]).json for _ in range(2)]
    assert answers == [
        {"accepted": 1, "duplicates": 1, "rejected": []},
        {"accepted": 0, "duplicates": 2, "rejected": []},
    ]
    assert edges(service)["payments"].tolist() == [1]


def test_a_payment_that_came_in_a_file_is_known(service):
    again = paid(payment_id="p60-0", user_id="u60")
    assert service.ask("POST", "/v1/payments", again).json["duplicates"] == 1
    assert edges(service, "u60")["payments"].sum() == 4


def test_a_payment_is_known_after_it_has_moved_to_the_log(service):
    service.ask("POST", "/v1/payments", paid())
    before = edges(service)
    context = service.context
    assert compact(context.home, context.store.get()) == 1
    assert service.ask("POST", "/v1/payments", paid()).json["duplicates"] == 1
    assert edges(service).tobytes() == before.tobytes()


def test_a_bad_record_does_not_stop_the_others(service):
    answer = service.ask("POST", "/v1/payments", [paid(paid_at="soon"), paid(), 7]).json
    assert answer["accepted"] == 1
    assert answer["rejected"] == [
        {"index": 0, "problem": "paid_at is not a date and time"},
        {"index": 2, "problem": "the record is not a JSON object"},
    ]


def test_scene_band_and_refund_come_from_catalogue_and_amount(service):
    batch = [
        paid(payment_id="a", amount="4.50"),
        paid(payment_id="b", amount=4.5, paid_at="2026-09-02T09:00:00Z"),
        paid(payment_id="c", amount=-4.5, paid_at="2026-09-03T09:00:00Z"),
    ]
    assert service.ask("POST", "/v1/payments", batch).json["accepted"] == 3
    (edge,) = edges(service)
    assert edge.dtype == PAID
    assert (edge["payments"], edge["band"], SCENES[edge["scene"]]) == (1, 2, "dining")


def test_a_walled_payment_is_kept_but_in_no_edge(service):
    batch = [paid(payment_id="w", merchant_id="chemist"), paid(payment_id="v", product_id="pills")]
    assert service.ask("POST", "/v1/payments", batch).json["accepted"] == 2
    assert len(edges(service)) == 0
    inbox = service.context.store.get().inbox()
    assert inbox["walled"].tolist() == [True, True]


def test_an_unknown_category_follows_the_policy_except_for_public_data(service):
    store = service.context.store.get()
    service.ask("POST", "/v1/payments", paid(payment_id="o", merchant_id="new-shop"))
    assert len(edges(service)) == 1
    store.set_meta("terms", "private")
    service.ask("POST", "/v1/payments", paid(payment_id="s", merchant_id="newer-shop"))
    assert len(edges(service)) == 1
    assert store.inbox()["walled"].sum() == 1


def test_lines_are_a_batch(service):
    body = b'{"payment_id":"l1","user_id":"nina","merchant_id":"c0","paid_at":"2026-09-01"}\n'
    answer = service.ask("POST", "/v1/payments", data=body * 3, content_type="application/x-ndjson")
    assert answer.json == {"accepted": 1, "duplicates": 2, "rejected": []}


CASES = [
    {},
    {"payment_id": ""},
    {"user_id": ""},
    {"merchant_id": ""},
    {"payment_id": "x" * 257},
    {"user_id": "a\x01b"},
    {"user_id": 'it\'s "quoted"\nand broken'},
    {"amount": "12.90"},
    {"amount": "-0.5"},
    {"amount": " 7 "},
    {"amount": "1e3"},
    {"amount": "1,50"},
    {"amount": "NaN"},
    {"amount": "1000000001"},
    {"amount": "999999999.5"},
    {"quantity": "0.3"},
    {"quantity": "2.5"},
    {"quantity": "-1"},
    {"quantity": "1000000001"},
    {"currency": "CNY"},
    {"currency": " usd"},
    {"currency": "RMB"},
    {"scene": "dining"},
    {"scene": "nowhere"},
    {"paid_at": ""},
    {"paid_at": "2026-09-01"},
    {"paid_at": "2026-09-01 09:00"},
    {"paid_at": "2026-09-01T09:00:00.123456789+0800"},
    {"paid_at": "2026-09-01T09:00:00 Z"},
    {"paid_at": "2026-09-01T09:00:00z"},
    {"paid_at": "2026-09-01T24:00:00Z"},
    {"paid_at": "2026-09-01 24:00 -05"},
    {"paid_at": "2026-09-01T24:01:00Z"},
    {"paid_at": "2026-09-01T09:60:00Z"},
    {"paid_at": "2026-09-01T09:00:00+25:00"},
    {"paid_at": "2026-09-01T09:00:00-08"},
    {"paid_at": "2026-09-01T09:00Z"},
    {"paid_at": "  2026-09-01  "},
    {"paid_at": "2026-09-01T09:00:60Z"},
    {"paid_at": "0000-01-01"},
    {"paid_at": "2026-02-30"},
    {"paid_at": "01.09.2026"},
    {"paid_at": "1969-12-31T23:59:59Z"},
    {"paid_at": "2126-01-01"},
]


@pytest.fixture
def verdicts(tmp_path, settings, service):
    """How files and requests judge the same records: refused or not, and what the log would keep."""
    rows = [paid(payment_id=f"case{i}") | case for i, case in enumerate(CASES)]
    columns = ["payment_id", "user_id", "merchant_id", "quantity", "amount", "currency", "scene", "paid_at"]
    with (tmp_path / "payments.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    answer = service.ask("POST", "/v1/payments", rows).json
    refused = {entry["index"] for entry in answer["rejected"]}
    inbox = service.context.store.get().inbox()
    return tmp_path / "payments.csv", rows, refused, inbox


def test_requests_and_files_are_judged_alike(verdicts, tmp_path, policy):
    from graph.settings import Settings

    file, rows, refused, inbox = verdicts
    parts = Parts(Settings(home=tmp_path / "other"))
    options = {"home": parts.home, "store": parts.store, "policy": policy, "key": parts.key}
    now = 1_790_000_000
    load([str(file)], **options, assume_consent=True, now=now)
    known = parts_log(parts).contains(
        np.array([payment_hash(r["payment_id"]) for r in rows], dtype=np.uint64)
    )
    by_file = [case for case, is_known in zip(CASES, known.tolist(), strict=True) if is_known]
    by_request = [case for i, case in enumerate(CASES) if i not in refused]
    assert by_request == by_file
    assert as_rows(read_log(parts)) == as_rows(inbox)
    parts.store.close()


def parts_log(parts):
    from graph.log import PaymentLog

    return PaymentLog(parts.home.log)


def read_log(parts):
    from graph.segments import read_rows

    return np.concatenate([read_rows(path) for path in parts_log(parts).files()])


def as_rows(columns):
    """Payment hash -> what is kept of it, but scene and wall, which need the catalogue."""
    names = ("quantity", "band", "paid_at", "refund")
    values = zip(columns["payment"].tolist(), *(columns[n].tolist() for n in names), strict=True)
    return {key: tuple(_plain(v) for v in rest) for key, *rest in values}


def _plain(value):
    """None, -1, nan and the log's own mark are all `unknown`."""
    return None if value is None or value != value or value in (-1, 2**32 - 1) else int(value)
