"""A stranger's export, read through a mapping file."""

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import InputError
from loaders.mapping import Reading, read_map

BANK = """
encoding = "gb18030"
delimiter = ";"
time_zone = "Asia/Shanghai"
date_format = "%d.%m.%Y %H:%M"
decimal = ","

[payments]
files = ["Umsatz-*.csv"]
amount_unit = "major"

[payments.columns]
payment_id = ["Beleg", "Pos"]
user_id = "Konto"
merchant_id = "Händler"
amount = "Betrag"
paid_at = "Datum"

[payments.constants]
currency = "EUR"

[payments.refund]
column = "Art"
values = ["Storno"]
"""


@pytest.fixture
def mapped(tmp_path):
    """Writes a mapping file; returns its path."""

    def mapped(text):
        path = tmp_path / "map.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return mapped


def test_a_stranger_s_export_loads_as_its_mapping_says(house, tmp_path, mapped):
    lines = [
        "Beleg;Pos;Konto;Händler;Betrag;Datum;Art",
        "17;1;账户;茶馆;1.234,50;01.03.2026 07:30;Kauf",
        "17;2;账户;茶馆;2,00;01.03.2026 07:30;Kauf",
        "18;1;账户;茶馆;2,00;02.03.2026 09:00;Storno",
        "19;1;账户;茶馆;2,00;31.02.2026 09:00;Kauf",
    ]
    path = tmp_path / "Umsatz-März.csv"
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    report = house.load(path, mapping=mapped(BANK)).as_dict()
    assert report["payments"] | {"walled": 0} == {
        "read": 4, "loaded": 3, "duplicates": 0, "refused": 1, "walled": 0, "refunds": 1
    }  # fmt: skip
    assert report["totals"][0]["currency"] == "EUR"
    assert report["totals"][0]["loaded"] == "1238.50"
    first = int(dt.datetime(2026, 2, 28, 23, 30, tzinfo=dt.UTC).timestamp())  # 07:30 in Shanghai
    assert sorted(house.rows()["paid_at"].tolist())[0] == first
    assert house.paid("账户")["茶馆"][0] == 1


def test_another_mapping_of_the_same_file_is_another_load(house, pay, mapped):
    path = pay(pay.row(1))
    house.load(path)
    assert not house.load(path, mapping=mapped('date_format = "%Y-%m-%dT%H:%M:%SZ"')).already_loaded


@pytest.mark.parametrize(("digits", "currency", "total"), [("250", "CNY", "2.50"), ("250", "JPY", "250")])
def test_amounts_in_minor_units(house, pay, mapped, digits, currency, total):
    path = pay(pay.row(1, amount=digits, currency=currency))
    report = house.load(path, mapping=mapped('[payments]\namount_unit = "minor"'))
    assert report.as_dict()["totals"][0]["loaded"] == total


def test_a_negative_quantity_can_be_a_refund(house, pay, mapped):
    bought = [pay.row(n, product="tea", quantity=n) for n in (2, 3)]
    path = pay(*bought, pay.row(4, product="tea", quantity="-2"))
    house.load(path, mapping=mapped("[payments.refund]\nnegative_quantity = true"))
    found = house.store.edges("bought").edges
    assert (found["payments"].tolist(), found["quantity"].tolist()) == ([1], [3])


@pytest.mark.parametrize(
    ("form", "cell", "expected"),
    [
        ("epoch_s", "1700000000", 1_700_000_000),
        ("epoch_ms", "1700000000999", 1_700_000_000),
        ("%Y%m%d %H%M%S %z", "20231114 231320 +0100", 1_700_000_000),
        ("%d/%m/%y", "14/11/23", 1_699_920_000),
    ],
)
def test_date_formats(house, write, mapped, form, cell, expected):
    path = write("payments.csv", "payment_id,user_id,merchant_id,paid_at", ["p", "u", "m", cell])
    house.load(path, mapping=mapped(f'date_format = "{form}"'))
    assert house.rows()["paid_at"].tolist() == [expected]


def test_whole_numbers_in_parquet_are_moments_when_the_mapping_says_so(house, tmp_path, mapped):
    table = {"payment_id": ["p"], "user_id": [1], "merchant_id": ["m"], "paid_at": [1_700_000_000_999]}
    pq.write_table(pa.table(table), tmp_path / "payments.parquet")
    house.load(tmp_path / "payments.parquet", mapping=mapped('date_format = "epoch_ms"'))
    assert house.rows()["paid_at"].tolist() == [1_700_000_000]


def test_local_times_in_parquet_are_of_the_mapping_s_zone(house, tmp_path, mapped):
    at = [dt.datetime(2026, 3, 1, 8, 0)]  # noqa: DTZ001 - without a zone on purpose
    table = {"payment_id": ["p"], "user_id": ["u"], "merchant_id": ["m"], "paid_at": at}
    pq.write_table(pa.table(table), tmp_path / "payments.parquet")
    house.load(tmp_path / "payments.parquet", mapping=mapped('time_zone = "Asia/Shanghai"'))
    assert house.rows()["paid_at"].tolist() == [int(dt.datetime(2026, 3, 1, tzinfo=dt.UTC).timestamp())]


def test_a_column_that_the_mapping_names_must_be_there(house, pay, mapped):
    with pytest.raises(InputError, match="column 'Produkt' is missing"):
        house.load(pay(pay.row(1)), mapping=mapped('[payments.columns]\nproduct_id = "Produkt"'))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = [", "is not TOML"),
        ("colour = 1", "'colour' means nothing here"),
        ("[receipts]", "'receipts' means nothing here"),
        ('[payments.columns]\nprice = "p"', "'price' means nothing here"),
        ('encoding = "klingon"', "encoding is 'klingon'; expected one such as 'gb18030'"),
        ('time_zone = "Mars/Base"', "time_zone is 'Mars/Base'"),
        ('delimiter = "||"', "delimiter is '||'; expected one character"),
        ('decimal = "x"', "decimal is 'x'"),
        ('date_format = "yesterday"', "date_format is 'yesterday'"),
        ('[payments]\namount_unit = "pounds"', "amount_unit is 'pounds'"),
        ('[payments.refund]\ncolumn = "Art"', "refund needs both column and values"),
        ('[payments]\nfiles = "a.csv"', "files is 'a.csv'; expected a list of texts"),
        ("[payments]\ncolumns = 3", "columns is 3; expected a section"),
        ("payments = 3", "payments is 3; expected a section"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused(mapped, text, words):
    with pytest.raises(InputError) as error:
        read_map(mapped(text))
    assert words in str(error.value)


def test_a_mapping_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_map(tmp_path / "none.toml")


def test_no_mapping_reads_our_own_names():
    assert read_map(None).reading("payments") == Reading()
    assert read_map(None).table_of("payments.csv") is None
