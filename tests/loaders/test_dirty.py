"""Files as they come: each is loaded, or refused with a reason, and what is refused changes nothing."""

import gzip
import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import InputError

HEADER = "payment_id,user_id,merchant_id,amount,currency,paid_at"
GOOD = "p1,u1,m1,5.00,CNY,2026-03-01T10:00:00Z"


@pytest.fixture
def refuses(house):
    """Asserts that a source is refused with such words, and that nothing changed; returns the message."""

    def refuses(source, words, **asked):
        with pytest.raises(InputError, match=words) as error:
            house.load(source, **asked)
        assert house.store.stats() == before
        assert not house.log.folder.exists() or not house.log.segments()
        assert not house.log.staging.exists()
        return str(error.value)

    before = house.store.stats()
    return refuses


@pytest.fixture
def text(tmp_path):
    """Writes a file of lines; returns its path."""

    def text(name, *lines, encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes("\n".join(lines).encode(encoding) + b"\n")
        return path

    return text


def table(**columns):
    """A one-row payments table; columns can be replaced, or left out with None."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    made = {"payment_id": ["p1"], "user_id": ["u1"], "merchant_id": ["m1"], "paid_at": [at], **columns}
    return pa.table({name: values for name, values in made.items() if values is not None})


# -- whole files --------------------------------------------------------------------------------------


def test_a_source_that_does_not_exist(refuses, tmp_path):
    refuses(tmp_path / "nowhere", "does not exist; expected a folder, a file or `completejourney`")


def test_a_folder_without_tables(refuses, tmp_path):
    (tmp_path / "empty").mkdir()
    refuses(tmp_path / "empty", "holds no table; expected files such as payments.parquet")


def test_a_folder_that_is_a_file(refuses, text):
    refuses(text("exports", "hello"), "the name says no table")


@pytest.mark.parametrize("name", ["payments.csv", "payments.jsonl", "payments.parquet", "payments.csv.gz"])
def test_an_empty_file(refuses, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"") if name.endswith(".gz") else b"")
    refuses(path, "is empty")


def test_a_header_without_a_required_column(refuses, text):
    path = text("payments.csv", "payment_id,user_id,paid_at", "p1,u1,2026-01-01")
    refuses(path, "column 'merchant_id' is missing; found 'payment_id', 'user_id', 'paid_at'")


def test_a_column_that_is_there_twice(refuses, text):
    refuses(text("payments.csv", HEADER + ",amount", GOOD + ",6"), "column 'amount' is there twice")


def test_a_parquet_file_cut_in_half(refuses, tmp_path):
    path = tmp_path / "payments.parquet"
    pq.write_table(table(), path)
    path.write_bytes(path.read_bytes()[:200])
    refuses(path, "not a whole Parquet file.*is it cut off?")


def test_a_parquet_file_with_damaged_pages(refuses, tmp_path):
    path = tmp_path / "payments.parquet"
    pq.write_table(table(payment_id=["p" * 50]), path, use_dictionary=False, compression="gzip")
    content = bytearray(path.read_bytes())
    content[20:60] = b"\xff" * 40
    path.write_bytes(content)
    refuses(path, "cannot be read to its end")


def test_a_compressed_file_cut_in_half(refuses, tmp_path):
    path = tmp_path / "payments.csv.gz"
    lines = "\n".join([HEADER, *(GOOD.replace("p1", f"p{i}") for i in range(2000))])
    path.write_bytes(gzip.compress(lines.encode())[:-200])
    refuses(path, "cannot be read to its end.*cut off")


def test_a_file_that_is_not_compressed_as_it_says(refuses, text):
    refuses(text("payments.csv.zst", HEADER, GOOD), "cannot be read to its end")


def test_a_csv_in_gb18030_is_refused_with_the_byte_and_the_way_out(refuses, house, text, tmp_path):
    path = text("payments.csv", HEADER, GOOD, GOOD.replace("m1", "茶馆"), encoding="gb18030")
    message = refuses(path, 'encoding = "gb18030"')
    at = path.read_bytes().index("茶".encode("gb18030"))
    assert f"byte {at + 1} is not UTF-8" in message
    mapping = tmp_path / "map.toml"
    mapping.write_text('encoding = "gb18030"\n')
    assert house.load(path, mapping=mapping).as_dict()["payments"]["duplicates"] == 1
    assert house.store.nodes("Merchant")["id"] == ["m1"]


def test_merchants_in_gb18030_are_read_through_a_mapping(house, text, tmp_path):
    path = text("merchants.csv", "merchant_id,name", "m1,茶馆", encoding="gb18030")
    mapping = tmp_path / "map.toml"
    mapping.write_text('[merchants]\nencoding = "gb18030"\n')
    house.load(path, mapping=mapping)
    assert house.store.nodes("Merchant")["name"] == ["茶馆"]


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("user_id", [1.5], "'user_id' has the type double; expected text or whole numbers"),
        ("paid_at", [1_700_000_000], "'paid_at' has the type int64; expected timestamp, date or text"),
        ("amount", [True], "'amount' has the type bool; expected a number or text"),
        ("currency", [156], "'currency' has the type int64; expected text"),
        ("quantity", [[1]], "'quantity' has the type list"),
    ],
)
def test_a_parquet_column_of_a_type_that_cannot_be_meant(refuses, tmp_path, column, values, words):
    path = tmp_path / "payments.parquet"
    pq.write_table(table(**{column: values}), path)
    refuses(path, words)


def test_a_parquet_file_without_a_required_column(refuses, tmp_path):
    path = tmp_path / "payments.parquet"
    pq.write_table(table(user_id=None), path)
    refuses(path, "column 'user_id' is missing")


def test_text_in_parquet_that_is_not_utf8(refuses, tmp_path):
    path = tmp_path / "payments.parquet"
    broken = pa.array([b"\xff\xfe"], type=pa.binary()).view(pa.string())
    pq.write_table(table(merchant_id=broken), path)
    refuses(path, "'merchant_id' holds text that is not UTF-8")


def test_a_kind_of_file_that_cannot_be_read(refuses, text):
    refuses(text("payments.xlsx", "x"), "files of this kind cannot be read; expected .parquet, .csv")


def test_a_table_in_two_formats(refuses, text, tmp_path):
    text("in/payments.csv", HEADER, GOOD)
    pq.write_table(table(), tmp_path / "in" / "payments.parquet")
    refuses(tmp_path / "in", "table payments comes in two formats")


def test_one_bad_file_keeps_a_good_one_from_being_loaded(refuses, text, tmp_path):
    text("in/merchants.csv", "merchant_id,name", "m1,Tea")
    text("in/payments.csv", "payment_id", "p1")
    refuses(tmp_path / "in", "is missing")


# -- single rows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",u1,m1,5,CNY,2026-03-01", "payment_id is missing"),
        ("p1,,m1,5,CNY,2026-03-01", "user_id is missing"),
        ("p1,u1,,5,CNY,2026-03-01", "merchant_id is missing"),
        ("p" * 257 + ",u1,m1,5,CNY,2026-03-01", "payment_id is longer than 256 characters"),
        ("p1," + "u" * 257 + ",m1,5,CNY,2026-03-01", "user_id is longer than 256 characters"),
        ("p\x001,u1,m1,5,CNY,2026-03-01", "payment_id has control characters"),
        ("p1,u1,m\x1b1,5,CNY,2026-03-01", "merchant_id has control characters"),
        ("p1,u1,m1,five,CNY,2026-03-01", "amount is not a number"),
        ("p1,u1,m1,NaN,CNY,2026-03-01", "amount is not a number"),
        ("p1,u1,m1,1e3,CNY,2026-03-01", "amount is not a number"),
        ("p1,u1,m1,2000000000,CNY,2026-03-01", "amount is beyond 1,000,000,000"),
        ("p1,u1,m1,5,RMB,2026-03-01", "currency is not in ISO 4217"),
        ("p1,u1,m1,5,CNY,", "paid_at is missing"),
        ("p1,u1,m1,5,CNY,yesterday", "paid_at is not a date and time"),
        ("p1,u1,m1,5,CNY,2026-02-30", "paid_at is not a date and time"),
        ("p1,u1,m1,5,CNY,2035-01-01", "paid_at is in the future"),
        ("p1,u1,m1,5,CNY,1969-12-31", "paid_at is before 1970"),
        ("p1,u1,m1,5", "the row has 4 columns, the header has 6"),
    ],
)
def test_a_row_is_refused_with_its_line_and_reason(house, text, row, reason):
    report = house.load(text("payments.csv", HEADER, GOOD.replace("p1", "p0"), row))
    assert [json.loads(line)["reason"] for line in open_lines(report)] == [reason]
    assert [json.loads(line)["line"] for line in open_lines(report)] == [3]
    assert report.as_dict()["payments"]["loaded"] == 1


def open_lines(report):
    with open(report.refused_file) as file:
        return file.readlines()


@pytest.mark.parametrize(
    ("table", "header", "row", "reason"),
    [
        ("merchants", "merchant_id,kind", "m,shop", "kind is none of store, brand, institution"),
        ("merchants", "merchant_id,sensitive", "m,perhaps", "sensitive is neither yes nor no"),
        ("themes", "circle_id,kind,target_id", "c,people,t", "kind is none of merchant, product"),
        ("themes", "circle_id,kind,target_id", "c,scene,war", "target_id is no scene"),
        ("themes", "circle_id,kind,target_id,weight", "c,merchant,t,0", "weight is not above zero"),
        ("consents", "user_id,purpose,granted", "u,everything,yes", "purpose is none of circles, links"),
        ("consents", "user_id,purpose,granted", "u,links,", "granted is missing"),
        ("links", "user_id,other_user_id", "u,u", "a person cannot be linked to themself"),
        ("memberships", "user_id,circle_id,joined_at,left_at", "u,c,2026-02-01,2026-01-01", "before joined"),
        ("circles", "circle_id,state", "c,secret", "state is none of proposed, open, quarantined, closed"),
    ],
)  # fmt: skip
def test_every_table_refuses_what_it_cannot_mean(house, text, table, header, row, reason):
    report = house.load(text(f"{table}.csv", header, row))
    assert reason in report.as_dict()["reasons"][0]["reason"]
    assert report.as_dict()[table] == {"read": 1, "loaded": 0, "duplicates": 0, "refused": 1}


def test_a_negative_quantity_is_refused(house, text):
    path = text("payments.csv", "payment_id,user_id,merchant_id,quantity,paid_at", "p,u,m,-1,2026-01-01")
    assert house.load(path).as_dict()["reasons"][0]["reason"] == "quantity is negative"


def test_ids_are_opaque(house, write):
    odd = [
        'say "hi"',
        "two\nlines",
        "o'clock",
        "🍵",
        "a,b",
        "{{x}}",
        "'; DROP TABLE user; --",
        " ",
        "ꙮ" * 256,
    ]
    rows = [[f"p{i}", value, value, "2026-03-01"] for i, value in enumerate(odd)]
    report = house.load(write("payments.csv", "payment_id,user_id,merchant_id,paid_at", *rows))
    assert report.as_dict()["payments"]["loaded"] == len(odd)
    assert set(house.store.nodes("Merchant")["id"]) == set(odd)
    assert all(house.user(value) >= 0 for value in odd)


def test_lines_are_counted_as_an_editor_shows_them(house, text):
    path = text("payments.csv", HEADER, 'p1,"u\n1",m1,5,CNY,2026-03-01', "", "p2,,m1,5,CNY,2026-03-01")
    report = house.load(path)
    assert [json.loads(line)["line"] for line in open_lines(report)] == [5]
    assert report.as_dict()["payments"]["read"] == 2


def test_an_open_quote_takes_its_rows_with_it_and_no_more(house, text):
    rest = [GOOD.replace("p1", f"q{i}") for i in range(4000)]
    path = text("payments.csv", HEADER, GOOD, 'p2,"u1,m1,5,CNY,2026-03-01', *rest, GOOD.replace("p1", "p3"))
    counts = house.load(path).as_dict()["payments"]
    assert counts["refused"] >= 1
    assert counts["loaded"] >= 500  # what follows once the field is longer than any text may be


def test_columns_that_are_not_ours_are_told_and_ignored(house, text):
    report = house.load(text("payments.csv", HEADER + ",mood", GOOD + ",good"))
    assert report.as_dict()["notes"] == [f"{report.files[0].file}: column 'mood' is not ours; ignored"]
    assert report.as_dict()["payments"]["loaded"] == 1


def test_a_scene_that_is_not_ours_is_told_and_passed_over(house, text):
    report = house.load(text("merchants.csv", "merchant_id,scene", "m1,scene-6", "m2,dining"))
    assert "scene 'scene-6' is none of" in report.notes[0]
    assert house.store.nodes("Merchant")["scene"] == [None, "dining"]


def test_json_lines_say_what_is_wrong_with_each(house, text):
    good = {"payment_id": "p1", "user_id": 7, "merchant_id": "m1", "amount": 1.10, "paid_at": "2026-03-01"}
    bad = [
        ("{", "the line is not JSON"),
        ("[1]", "the line is not a JSON object"),
        (json.dumps(good | {"user_id": {"a": 1}}), "user_id has the wrong type"),
        (json.dumps(good | {"user_id": True}), "user_id has the wrong type"),
        (json.dumps(good | {"merchant_id": 1.5}), "merchant_id has the wrong type"),
        (json.dumps(good | {"amount": "x"}), "amount is not a number"),
        (json.dumps(good).replace("p1", "p\\ud800"), "not Unicode"),
        ("{}", "payment_id is missing"),
    ]  # fmt: skip
    report = house.load(text("payments.ndjson", json.dumps(good), "", *(line for line, _ in bad)))
    told = [json.loads(line) for line in open_lines(report)]
    assert [row["line"] for row in told] == list(range(3, 11))
    assert all(words in row["reason"] for row, (_, words) in zip(told, bad, strict=True))
    assert house.user("7") >= 0


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    cells=st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=8, max_size=8),
        min_size=1,
        max_size=6,
    ),
    as_json=st.booleans(),
)
def test_any_text_in_any_column_loads_or_is_refused(houses, tmp_path_factory, write, cells, as_json):
    header = "payment_id,user_id,merchant_id,product_id,quantity,amount,currency,paid_at"
    if as_json:
        path = tmp_path_factory.mktemp("any") / "payments.jsonl"
        rows = (json.dumps(dict(zip(header.split(","), row, strict=True))) for row in cells)
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    else:
        path = write("any/payments.csv", header, *cells)
    counts = house_of(houses).load(path, dry_run=True).as_dict()["payments"]
    assert counts["read"] == len(cells)
    assert counts["read"] == counts["loaded"] + counts["duplicates"] + counts["refused"]


_HOUSE = []


def house_of(houses):
    """One house for all examples: a dry run leaves nothing behind."""
    if not _HOUSE:
        _HOUSE.append(houses())
    return _HOUSE[0]
