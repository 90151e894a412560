"""The same rows in every form and compression give the same log."""

import csv
import gzip
import io
import json

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import InputError
from loaders.mapping import read_map
from loaders.sources import find, fingerprint

NAMES = ("payment_id", "user_id", "merchant_id", "product_id", "quantity", "amount", "currency", "paid_at")
ROWS = [
    ("p1", "u1", "m1", "tea", "2", "4.50", "CNY", "2026-03-01T10:00:00Z"),
    ("p2", "u1", "m1", None, None, "-4.50", "CNY", "2026-03-02T23:59:59.75Z"),
    ("p3", 'u"2', "m\n2", "茶", "1", None, None, "2026-03-03T08:00:00+08:00"),
    ("p3", "u1", "m9", None, None, "1", "CNY", "2026-03-01T10:00:00Z"),
]


def as_csv():
    text = io.StringIO()
    csv.writer(text).writerows([NAMES, *([c or "" for c in row] for row in ROWS)])
    return text.getvalue().encode()


def as_json():
    return "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in ROWS).encode()


def text_parquet():
    return pa.table({name: [row[i] for row in ROWS] for i, name in enumerate(NAMES)})


def typed_parquet():
    query = """SELECT payment_id, user_id, merchant_id, product_id, quantity::INT AS quantity,
    amount::DECIMAL(12, 2) AS amount, currency, paid_at::TIMESTAMPTZ AS paid_at FROM source"""
    con = duckdb.connect()
    con.register("source", text_parquet())
    return con.execute(query).to_arrow_table()


def coded_parquet():
    table = typed_parquet()
    for i, name in enumerate(table.column_names):
        if table.schema.field(name).type == pa.string():
            table = table.set_column(i, name, table[name].dictionary_encode())
    return table


@pytest.fixture
def reference(houses, tmp_path):
    path = tmp_path / "payments.csv"
    path.write_bytes(as_csv())
    house = houses()
    report = house.load(path)
    assert report.as_dict()["payments"]["loaded"] == 3
    return house.rows().tolist(), report.as_dict()["totals"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("payments.csv.gz", lambda: gzip.compress(as_csv())),
        ("payments.jsonl", as_json),
        ("payments.ndjson.gz", lambda: gzip.compress(as_json())),
        ("PAYMENTS.CSV", as_csv),
        ("payments-2026-03.csv", lambda: b"\xef\xbb\xbf" + as_csv()),
    ],
)
def test_text_forms(houses, tmp_path, reference, name, content):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(content())
    house = houses()
    report = house.load(tmp_path / "in")
    assert (house.rows().tolist(), report.as_dict()["totals"]) == reference


@pytest.mark.parametrize(("name", "content"), [("payments.csv.zst", as_csv), ("payments.jsonl.zst", as_json)])
def test_zstandard(houses, tmp_path, reference, name, content):
    with pa.output_stream(str(tmp_path / name), compression="zstd") as out:
        out.write(content())
    house = houses()
    house.load(tmp_path / name)
    assert house.rows().tolist() == reference[0]


@pytest.mark.parametrize("table", [text_parquet, typed_parquet, coded_parquet])
@pytest.mark.parametrize("rows_a_group", [1, 100])
def test_parquet_forms(houses, tmp_path, reference, table, rows_a_group):
    pq.write_table(table(), tmp_path / "payments.parquet", row_group_size=rows_a_group)
    house = houses()
    report = house.load(tmp_path / "payments.parquet")
    assert (house.rows().tolist(), report.as_dict()["totals"]) == reference


def test_a_large_row_group_is_read_in_pieces(houses, tmp_path, reference, monkeypatch):
    monkeypatch.setattr("loaders.parquet.TYPED_ROWS", 2)
    pq.write_table(typed_parquet(), tmp_path / "payments.parquet")
    house = houses()
    house.load(tmp_path / "payments.parquet")
    assert house.rows().tolist() == reference[0]


def test_a_batch_of_text_is_bounded(houses, tmp_path, reference, monkeypatch):
    monkeypatch.setattr("loaders.text.TEXT_ROWS", 1)
    house = houses()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "payments.csv").write_bytes(as_csv())
    house.load(tmp_path / "in")
    assert house.rows().tolist() == reference[0]


def test_a_table_in_many_files(houses, tmp_path, write):
    header = "payment_id,user_id,merchant_id,paid_at"
    write("in/payments/part-1.csv", header, ["p1", "u", "m", "2026-03-01"])
    write("in/payments/part-2.csv", header, ["p2", "u", "m", "2026-03-01"])
    write("in/merchants-a.csv", "merchant_id,name", ["m", "Tea"])
    write("in/notes.txt", "x")
    (tmp_path / "in" / "test").mkdir()
    house = houses()
    report = house.load(tmp_path / "in")
    assert report.as_dict()["payments"]["loaded"] == 2
    assert [tally.table for tally in report.files] == ["merchants", "payments", "payments"]


def test_a_pattern_names_files(policy, write, tmp_path):
    for month in ("01", "02"):
        write(f"payments-2017-{month}.csv", "payment_id", ["p"])
    found = find([str(tmp_path / "payments-2017-*.csv")], read_map(None), policy)
    assert [file.path.name for file in found] == ["payments-2017-01.csv", "payments-2017-02.csv"]


def test_no_source_is_an_error(policy):
    with pytest.raises(InputError, match="no source was given"):
        find([], read_map(None), policy)


def test_a_fingerprint_follows_content_and_terms_not_names(policy, write):
    nothing = read_map(None)
    same = [write(name, "payment_id", ["p"]) for name in ("payments-1.csv", "payments-2.csv")]
    one, two = (find([str(path)], nothing, policy) for path in same)
    other = find([str(write("payments-3.csv", "payment_id", ["q"]))], nothing, policy)
    assert fingerprint(one, nothing, ["a"]) == fingerprint(two, nothing, ["a"])
    assert fingerprint(one, nothing, ["a"]) != fingerprint(one, nothing, ["b"])
    assert fingerprint(one, nothing, ["a"]) != fingerprint(other, nothing, ["a"])
