"""Generated folders: exact, whole, of the right shape, and with something in them to be found."""

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from graph.errors import InputError
from graph.policy.scenes import is_sensitive, place
from graph.schema import SCENES, TABLES
from loaders.synthetic import generate, make
from loaders.synthetic.categories import GOODS, RETAIL, SERVICES

USERS, PAYMENTS, MERCHANTS, PRODUCTS, CIRCLES = 1_500, 150_000, 1_200, 8_000, 48


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated") / "folder"
    sizes = {"merchants": MERCHANTS, "products": PRODUCTS, "circles": CIRCLES}
    counts = generate(folder, users=USERS, payments=PAYMENTS, **sizes, seed=7)
    return folder, counts


@pytest.fixture(scope="module")
def ask(generated):
    """Ask the folder something in SQL; its tables are views, `test/links` is `test_links`."""
    con = duckdb.connect()
    for path in sorted(generated[0].rglob("*.parquet")):
        name = "_".join(path.relative_to(generated[0]).with_suffix("").parts)
        con.execute(f"CREATE VIEW {name} AS SELECT * FROM '{path}'")
    yield lambda query: con.execute(query).fetchall()
    con.close()


def _hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_same_seed_gives_same_bytes_and_another_seed_other_ones(tmp_path):
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        generate(tmp_path / name, users=60, payments=900, seed=seed)
    one, two, three = (_hashes(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert len(one) == 19
    assert one["payments.parquet"] != three["payments.parquet"]


def test_blocks_and_parts_change_nothing_about_the_sizes(tmp_path, monkeypatch):
    monkeypatch.setattr(make, "LINES_A_BLOCK", 100)
    monkeypatch.setattr("loaders.synthetic.spill.LINES_A_PART", 100)
    assert generate(tmp_path / "f", users=60, payments=2_345)["payments"] == 2_345
    counts = "count(*), count(DISTINCT payment_id), count(DISTINCT user_id)"
    (rows,) = duckdb.sql(f"SELECT {counts} FROM '{tmp_path}/f/payments.parquet'").fetchall()
    assert rows == (2_345, 2_345, 60)


def test_sizes_are_exact(generated, ask):
    _, counts = generated
    assert counts["users"], counts["payments"] == (USERS, PAYMENTS)
    assert (counts["merchants"], counts["products"], counts["circles"]) == (MERCHANTS, PRODUCTS, CIRCLES)
    for name, count in counts.items():
        assert ask(f"SELECT count(*) FROM {name.replace('/', '_')}") == [(count,)]


def test_tables_have_only_columns_of_the_interchange_form(generated, ask):
    for name, columns in TABLES.items():
        found = {row[0] for row in ask(f"DESCRIBE {name}")}
        required = {column for column, needed in columns.items() if needed}
        assert required <= found <= set(columns)


@pytest.mark.parametrize(
    ("table", "column", "target", "key"),
    [
        ("payments", "user_id", "users", "user_id"),
        ("payments", "merchant_id", "merchants", "merchant_id"),
        ("payments", "product_id", "products", "product_id"),
        ("products", "merchant_id", "merchants", "merchant_id"),
        ("circles", "owner_id", "merchants", "merchant_id"),
        ("themes", "circle_id", "circles", "circle_id"),
        ("memberships", "user_id", "users", "user_id"),
        ("memberships", "circle_id", "circles", "circle_id"),
        ("test_memberships", "circle_id", "circles", "circle_id"),
        ("links", "user_id", "users", "user_id"),
        ("test_links", "other_user_id", "users", "user_id"),
        ("consents", "user_id", "users", "user_id"),
        ("truth_favourites", "merchant_id", "merchants", "merchant_id"),
    ],
)
def test_every_reference_leads_somewhere(ask, table, column, target, key):
    lost = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {target})"
    assert ask(f"SELECT count(*) FROM {table} WHERE {lost}") == [(0,)]


def test_theme_targets_exist_and_none_is_sensitive(ask):
    for kind, known in (("merchant", "merchants"), ("product", "products")):
        lost = f"target_id NOT IN (SELECT {kind}_id FROM {known} WHERE category IS NOT NULL)"
        assert ask(f"SELECT count(*) FROM themes WHERE kind = '{kind}' AND {lost}") == [(0,)]
    sensitive = [g.category for g in GOODS if g.sensitive] + [s.category for s in SERVICES if s.sensitive]
    named = ask("""SELECT DISTINCT coalesce(m.category, p.category, target_id) FROM themes
        LEFT JOIN merchants m ON themes.kind = 'merchant' AND m.merchant_id = target_id
        LEFT JOIN products p ON themes.kind = 'product' AND p.product_id = target_id""")
    assert not {row[0] for row in named} & set(sensitive)


def test_answers_are_not_in_train_and_all_is_in_truth(ask):
    for table, keys in (("memberships", "user_id, circle_id"), ("links", "user_id, other_user_id")):
        both = f"SELECT {keys} FROM {table} INTERSECT SELECT {keys} FROM test_{table}"
        assert ask(f"SELECT count(*) FROM ({both})") == [(0,)]
        all_of_it = f"SELECT {keys} FROM {table} UNION ALL SELECT {keys} FROM test_{table}"
        assert ask(f"SELECT count(*) FROM (SELECT {keys} FROM truth_{table} EXCEPT ({all_of_it}))") == [(0,)]


def test_categories_are_placed_by_the_policy_as_they_are_declared(policy):
    for service in SERVICES:
        found = place(policy, merchant_category=service.category, declared_scene=service.scene)
        assert (found.scene, found.walled) == (service.scene, service.sensitive), service.category
        assert is_sensitive(policy, service.chinese) == service.sensitive, service.chinese
    assert {service.scene for service in SERVICES} == set(SCENES) - {"other"}
    for goods in GOODS:
        assert is_sensitive(policy, goods.category) == goods.sensitive, goods.category
    assert not any(is_sensitive(policy, name) for names in RETAIL for name in names)


def test_a_few_people_and_things_hold_much(ask):
    def top(column: str, where: str) -> float:
        counts = ask(f"SELECT count(*) AS n FROM payments WHERE {where} GROUP BY {column} ORDER BY n DESC")
        lines = np.array(counts)[:, 0]
        return float(lines[: len(lines) // 100].sum() / lines.sum())

    assert 0.04 < top("user_id", "product_id IS NOT NULL") < 0.08  # Complete Journey 0.05
    assert 0.10 < top("user_id", "product_id IS NULL") < 0.30  # Foursquare 0.13 and 0.20
    assert 0.15 < top("product_id", "product_id IS NOT NULL") < 0.40  # Complete Journey 0.32
    assert 0.08 < top("merchant_id", "product_id IS NULL") < 0.25  # Foursquare 0.14 and 0.16


def test_people_repeat_as_households_and_visitors_do(tmp_path):
    # As many lines a person as Complete Journey (595) and Foursquare (28 and 65).
    for name, users, payments in (("shop", 100, 74_400), ("visit", 500, 117_500)):
        generate(tmp_path / name, users=users, payments=payments, products=60_000, merchants=4_000)

    def repetition(name: str, things: str, where: str) -> float:
        table = f"'{tmp_path}/{name}/payments.parquet'"
        pairs = f"SELECT count(*) AS n FROM {table} WHERE {where} GROUP BY user_id, {things}"
        return float(duckdb.sql(f"SELECT sum(n) / count(*) FROM ({pairs})").fetchall()[0][0])

    assert 1.5 < repetition("shop", "product_id", "product_id IS NOT NULL") < 1.9  # 1.69
    assert 100 < repetition("shop", "merchant_id", "product_id IS NOT NULL") < 180  # 141
    assert 2.1 < repetition("visit", "merchant_id", "product_id IS NULL") < 3.4  # 2.17 and 3.36


def test_baskets_share_a_moment_and_hold_several_lines(ask):
    ((lines, merchants),) = (
        ask("""SELECT avg(n), max(m) FROM (SELECT count(*) AS n, count(DISTINCT merchant_id) AS m
        FROM payments WHERE product_id IS NOT NULL AND amount > 0 GROUP BY user_id, paid_at)""")
    )
    assert 7 < lines < 11
    assert merchants == 1


def test_weekends_and_evenings_are_busier(ask):
    at = "(paid_at AT TIME ZONE 'UTC' + INTERVAL 8 HOUR)"
    ((weekend, night),) = ask(f"""SELECT avg((isodow({at}) > 5)::INT), avg((hour({at}) < 6)::INT)
        FROM payments WHERE product_id IS NOT NULL AND currency = 'CNY'""")
    assert 2 / 7 < weekend < 0.4
    assert night < 0.05


def test_each_refund_gives_back_an_earlier_purchase(ask):
    ((refunds,),) = ask("SELECT count(*) FROM payments WHERE amount < 0")
    assert 0.007 < refunds / PAYMENTS < 0.013
    unmatched = """SELECT count(*) FROM payments r WHERE amount < 0 AND NOT EXISTS (
        SELECT 1 FROM payments p WHERE p.user_id = r.user_id AND p.merchant_id = r.merchant_id
        AND p.amount = -r.amount AND p.product_id IS NOT DISTINCT FROM r.product_id
        AND p.paid_at < r.paid_at)"""
    ((lost,),) = ask(unmatched)
    assert lost <= refunds * 0.01  # a purchase in the last second of the period


def test_moments_lie_in_the_period_and_rise(tmp_path):
    generate(tmp_path / "f", users=30, payments=3_000, start=date(2024, 2, 28), days=3)
    query = f"SELECT payment_id, paid_at AT TIME ZONE 'UTC' FROM '{tmp_path}/f/payments.parquet'"
    rows = duckdb.sql(query).fetchall()
    assert rows == sorted(rows, key=lambda row: row[1])
    assert (rows[0][1].date(), rows[-1][1].date()) == (date(2024, 2, 28), date(2024, 3, 1))
    assert all(payment[:8] in ("20240228", "20240229", "20240301") for payment, _ in rows)


@pytest.mark.parametrize("table_format", ["csv", "jsonl"])
def test_text_formats_say_the_same_as_parquet(tmp_path, table_format):
    reader = {"csv": "read_csv", "jsonl": "read_json"}[table_format]
    for name in ("parquet", table_format):
        generate(tmp_path / name, users=40, payments=600, table_format=name)
    columns = "user_id, merchant_id, product_id, quantity::INT, amount::DECIMAL(12, 2), currency"
    told = f"SELECT payment_id::VARCHAR, {columns}, paid_at::TIMESTAMPTZ FROM"
    text = duckdb.sql(f"{told} {reader}('{tmp_path}/{table_format}/payments.{table_format}')").fetchall()
    assert text == duckdb.sql(f"{told} '{tmp_path}/parquet/payments.parquet'").fetchall()
    shops = "SELECT merchant_id, name, kind, category, scene, city FROM"
    text = duckdb.sql(f"{shops} {reader}('{tmp_path}/{table_format}/merchants.{table_format}')").fetchall()
    assert text == duckdb.sql(f"{shops} '{tmp_path}/parquet/merchants.parquet'").fetchall()


# -- what was planted can be found -------------------------------------------------------------------


def _hits(scores: np.ndarray, known: np.ndarray, wanted: np.ndarray, top_k: int = 5) -> float:
    """Recall at top_k of the wanted circles, the known ones left out."""
    best = np.argsort(-np.where(known > 0, -np.inf, scores), axis=1, kind="stable")[:, :top_k]
    found = np.take_along_axis(wanted, best, axis=1).sum()
    return float(found / wanted.sum())


def _matrix(ask, query: str, shape: tuple[int, int]) -> np.ndarray:
    out = np.zeros(shape)
    for row, column, value in ask(query):
        out[row, column] += value
    return out


@pytest.fixture(scope="module")
def planted(ask):
    """Memberships known and to be found, and log-damped visits by services, as dense arrays."""
    shape = (USERS, CIRCLES)
    pair = "SELECT substr(user_id, 2)::INT, substr(circle_id, 2)::INT, 1 FROM"
    visits = """SELECT substr(user_id, 2)::INT, substr(merchant_id, 2)::INT, ln(1 + count(*)) FROM payments
        WHERE product_id IS NULL GROUP BY user_id, merchant_id"""
    warm = "test_memberships SEMI JOIN (SELECT * FROM truth_circles WHERE NOT theme_only) USING (circle_id)"
    return {
        "known": _matrix(ask, f"{pair} memberships", shape),
        "wanted": _matrix(ask, f"{pair} {warm}", shape),
        "visits": _matrix(ask, visits, (USERS, MERCHANTS)),
    }


def test_planted_taste_finds_circles_that_popularity_does_not(ask, planted):
    taste = np.array(ask("SELECT taste, second_taste, first_share FROM truth_users ORDER BY user_id"))
    of_circle = np.array(ask("SELECT taste FROM truth_circles ORDER BY circle_id"))[:, 0]
    popular = planted["known"].sum(axis=0)
    fit = (taste[:, :1] == of_circle) * taste[:, 2:] + (taste[:, 1:2] == of_circle) * (1 - taste[:, 2:])
    by_taste = _hits(fit * popular, planted["known"], planted["wanted"])
    by_popularity = _hits(np.tile(popular, (USERS, 1)), planted["known"], planted["wanted"])
    assert by_taste > 1.5 * by_popularity


def test_payments_alone_find_circles_that_popularity_does_not(planted):
    rare = np.log(1 + USERS / (1 + (planted["visits"] > 0).sum(axis=0)))
    profile = planted["visits"] * rare
    profile /= np.linalg.norm(profile, axis=1, keepdims=True) + 1e-9
    alike = profile @ profile.T
    np.fill_diagonal(alike, 0.0)
    popular = planted["known"].sum(axis=0)
    by_payments = _hits((alike**2 @ planted["known"]), planted["known"], planted["wanted"])
    by_popularity = _hits(np.tile(popular, (USERS, 1)), planted["known"], planted["wanted"])
    assert by_payments > 1.2 * by_popularity


def test_circles_known_by_theme_only_are_found_by_their_theme(ask):
    assert ask("""SELECT count(*) FROM memberships SEMI JOIN
        (SELECT * FROM truth_circles WHERE theme_only) USING (circle_id)""") == [(0,)]
    visited = """(SELECT circle_id, count(DISTINCT user_id) AS n
        FROM themes JOIN payments ON merchant_id = target_id {} WHERE kind = 'merchant' GROUP BY circle_id)"""
    members = (
        "SEMI JOIN test_memberships t ON t.user_id = payments.user_id AND t.circle_id = themes.circle_id"
    )
    ((inside, outside),) = ask(f"""SELECT sum(m.n) / sum(size), sum(a.n - m.n) / sum({USERS} - size)
        FROM (SELECT circle_id, count(*) AS size FROM test_memberships GROUP BY circle_id)
        SEMI JOIN (SELECT * FROM truth_circles WHERE theme_only) USING (circle_id)
        JOIN {visited.format(members)} m USING (circle_id) JOIN {visited.format("")} a USING (circle_id)""")
    assert inside > 3 * outside


def test_friends_share_rare_places_that_strangers_do_not(ask, planted):
    rare = (planted["visits"] > 0) & ((planted["visits"] > 0).sum(axis=0) <= 30)
    pairs = np.array(ask("SELECT substr(user_id, 2)::INT, substr(other_user_id, 2)::INT FROM test_links"))
    friends = (rare[pairs[:, 0]] & rare[pairs[:, 1]]).sum(axis=1).mean()
    strangers = (rare[pairs[:, 0]] & rare[np.roll(pairs[:, 1], 1)]).sum(axis=1).mean()
    assert friends > 1.6 * strangers  # 2.0 and 2.1 in Foursquare, over all places


# -- refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"users": 3}, "users is 3; expected 10 to"),
        ({"payments": 9}, "payments is 9; expected 10 to"),
        ({"payments": 19}, "payments is 19 for 20 users; expected at least one for each user"),
        ({"merchants": 5}, "merchants is 5; expected 40 to"),
        ({"products": 0}, "products is 0; expected 50 to"),
        ({"circles": 1}, "circles is 1; expected 2 to"),
        ({"days": 0}, "days is 0; expected 1 to"),
        ({"seed": -1}, "seed is -1; expected 0 or more"),
        ({"table_format": "xlsx"}, "table format is 'xlsx'; expected one of parquet, csv, jsonl"),
        ({"start": date(2105, 12, 1)}, "365 days from 2105-12-01 leave the years 1970 to 2105"),
    ],
)
def test_impossible_sizes_are_refused_and_nothing_is_written(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        generate(tmp_path / "f", **{"users": 20, "payments": 200, **change})
    assert list(tmp_path.iterdir()) == []


def test_folder_with_anything_in_it_is_refused_and_an_empty_one_filled(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(InputError, match=r"is not empty; name a new or empty folder"):
        generate(tmp_path, users=20, payments=200)
    with pytest.raises(InputError, match=r"is a file; name a new or empty folder"):
        generate(tmp_path / "note.txt", users=20, payments=200)
    (tmp_path / "empty").mkdir()
    assert generate(tmp_path / "empty", users=20, payments=200)["users"] == 20
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "note.txt"]


def test_failure_half_way_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(make, "write_truth", full)
    with pytest.raises(InputError, match=r"cannot write .*: No space left on device"):
        generate(tmp_path / "f", users=20, payments=200)
    assert list(tmp_path.iterdir()) == []


def test_progress_ends_with_all_lines_written(tmp_path):
    told = []
    generate(tmp_path / "f", users=20, payments=200, progress=lambda *step: told.append(step))
    assert told == [("drawing payments", 200, 200), ("writing payments", 200, 200)]
