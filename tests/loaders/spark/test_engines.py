"""The same folder on DuckDB and on Spark: equal to the last byte, or refused with the same words."""

import gzip
import json
import random
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.errors import ConfigError, InputError
from graph.policy.payment_mutes import Mutable
from loaders.spark.session import master_of

pytestmark = [pytest.mark.spark, pytest.mark.slow]
HEADER = "payment_id,user_id,merchant_id,product_id,quantity,amount,currency,scene,paid_at"
SEED = 20261127
BAD = [
    ",u1,m1,,,5,CNY,,2026-03-01",
    "q1,,m1,,,5,CNY,,2026-03-01",
    "q2,u\x001,m1,,,5,CNY,,2026-03-01",
    "q3,u1,m1,,,five,CNY,,2026-03-01",
    "q4,u1,m1,,,5,RMB,,2026-03-01",
    "q5,u1,m1,,,5,CNY,,2026-02-30",
    "q6,u1,m1,,,5,CNY,,2035-01-01",
    "q7,u1,m1,,-1,5,CNY,,2026-03-01",
    "q8,u1,m1",
    "q9,u1,m1,,,5,CNY,war,2026-03-01",
]


def rows(rng, number, *, skewed=0.0):
    """Payments of 60 people, some twice, some refunds, of eight months; some of them all at one merchant."""
    out = []
    for _ in range(number):
        merchant = "m0" if rng.random() < skewed else f"m{rng.randrange(30)}"
        product = rng.choice(["", f"x{rng.randrange(40)}"])
        day = f"2026-{rng.randrange(1, 9):02d}-{rng.randrange(1, 28):02d}T{rng.randrange(24):02d}:00:00+08:00"
        cells = [
            f"p{rng.randrange(number * 4 // 5)}", f"茶{rng.randrange(60)}", merchant, product,
            rng.choice(["", "1", "2.5"]), rng.choice(["5.00", "-3.10", "0.015", ""]),
            rng.choice(["CNY", "usd", "JPY", ""]), rng.choice(["", "dining"]), day,
        ]  # fmt: skip
        out.append(",".join(cells))
    return out


@pytest.fixture
def folder(tmp_path):
    """Writes `payments-N.csv` of lines, and a catalogue with a wall; returns the folder."""

    def folder(*files, name="in"):
        path = tmp_path / name
        path.mkdir()
        for number, lines in enumerate(files):
            (path / f"payments-{number}.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        (path / "merchants.csv").write_text(
            "merchant_id,category,scene\nm1,Pharmacy,\nm2,Cinema,\nm3,,dining\n"
        )
        (path / "circles.jsonl").write_text('{"circle_id": "c1", "name": "茶"}\n{"circle_id": 7.5}\n')
        return path

    return folder


def test_a_dirty_folder(on_both, folder):
    rng = random.Random(SEED)
    lines = rows(rng, 3000)
    lines[500:500] = BAD
    _, report = on_both([folder(lines[:1000], lines[1000:1800], lines[1800:])])
    counts = report.as_dict()["payments"]
    assert counts["refused"] == len(BAD) - 1
    assert counts["duplicates"] > 100
    assert counts["walled"] > 10
    assert any("'war'" in note for note in report.notes)


def test_a_merchant_with_a_third_of_all_payments(on_both, folder):
    house, _ = on_both([folder(rows(random.Random(SEED), 4000, skewed=0.3))])
    at = int(house.store.indices("Merchant", ["m0"])[0])
    assert (house.rows()["merchant"] == at).mean() > 0.3


def test_a_repeated_day_late_payments_and_days_out_of_order(on_both, folder):
    rng = random.Random(SEED)
    first, second = sorted(rows(rng, 800)), rows(rng, 700)
    days = [folder(second + first[:90], name="late"), folder(first, name="early")]
    house, report = on_both([days[0]], [days[1]], [days[0]])
    assert report.already_loaded
    assert len(house.log.segments()) == 2


def test_a_load_is_known_to_the_other_engine(houses, folder):
    house, source = houses(), folder(rows(random.Random(SEED), 200))
    assert not house.load(source, engine="spark").already_loaded
    assert house.load(source).already_loaded
    again = house.load(source / "payments-0.csv", dry_run=True).as_dict()["payments"]
    assert again["read"] == again["duplicates"] == 200


def test_a_dry_run_and_a_load_without_payments(on_both, folder, tmp_path):
    on_both([folder(rows(random.Random(SEED), 200))], dry_run=True)
    (tmp_path / "products.csv").write_text("product_id,category\nx1,Tea\n")
    house, _ = on_both([tmp_path / "products.csv"])
    assert house.store.nodes("Product")["category"] == ["Tea"]


def test_parquet_of_several_row_groups_and_json_lines(on_both, tmp_path):
    rng = random.Random(SEED)
    names = HEADER.split(",")
    cells = [dict(zip(names, line.split(","), strict=True)) for line in rows(rng, 1000)]
    table = pa.Table.from_pylist(cells)
    for name in ("user_id", "merchant_id"):
        table = table.set_column(names.index(name), name, table[name].dictionary_encode())
    pq.write_table(table, tmp_path / "payments.parquet", row_group_size=300)
    on_both([tmp_path / "payments.parquet"])
    (tmp_path / "payments.jsonl").write_text("\n".join(map(json.dumps, [*cells, {"payment_id": 1.5}])) + "\n")
    on_both([tmp_path / "payments.jsonl"])


def test_people_who_muted_a_merchant(houses, folder):
    rng = random.Random(SEED)
    first, second = folder(rows(rng, 400), name="a"), folder(rows(rng, 600), name="b")
    graphs = []
    for engine in ("duckdb", "spark"):
        house = houses()
        house.load(first, engine=engine)
        place = str(int(house.store.indices("Merchant", ["m3"])[0]))
        house.store.mute_payments(house.user("茶1"), Mutable.MERCHANTS, place, 1_790_000_000, house.rows())
        house.load(second, engine=engine)
        graphs.append(house.graph())
    assert graphs[0] == graphs[1]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("payments-1.csv", b"", "is empty; expected a header and rows"),
        ("payments-1.csv", b"payment_id,user_id\np,u\n", "column 'merchant_id' is missing"),
        ("payments-1.csv", f"{HEADER}\np,茶,m,,,,,,2026-01-01\n".encode("gb18030"), "is not UTF-8"),
        ("payments-1.csv.gz", gzip.compress(HEADER.encode() * 3000)[:-40], "cannot be read to its end"),
    ],
)
def test_a_broken_file_is_refused_and_nothing_changed(house, folder, name, content, words):
    source = folder(rows(random.Random(SEED), 100))
    (source / name).write_bytes(content)
    messages = []
    for engine in ("duckdb", "spark"):
        with pytest.raises(InputError, match=words) as error:
            house.load(source, engine=engine)
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    assert not house.log.folder.joinpath("segments").exists() or not house.log.segments()
    assert not house.log.staging.exists()
    assert house.store.stats()["User"] == 0


def test_no_account_id_lies_in_the_staging_area(house, folder, spark):
    seen = []

    def look(progress):
        for path in (house.log.staging / "spark").rglob("*.parquet"):
            with suppress(OSError):
                seen.append(path.read_bytes())

    house.load(folder(rows(random.Random(SEED), 300)), engine="spark", progress=look)
    assert seen
    assert not any("茶".encode() in content for content in seen)


@pytest.mark.parametrize("engine", ["sparks", "spark:", "spark:mesos://x", "dask"])
def test_an_engine_that_does_not_exist(engine):
    with pytest.raises(ConfigError, match="expected duckdb, spark"):
        master_of(engine, None)
