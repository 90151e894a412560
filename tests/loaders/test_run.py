import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import ConfigError, StoreConflict, StoreMismatch
from graph.log import payment_hash
from graph.schema import SCENES

HOME = SCENES.index("other")
DINING, SHOPPING = SCENES.index("dining"), SCENES.index("shopping")


def test_a_payment_becomes_a_row_of_the_log_and_an_edge(house, pay):
    report = house.load(pay(pay.row(1, product="tea", quantity="2"), pay.row(2, day=3)))
    assert report.as_dict()["payments"] == {
        "read": 2, "loaded": 2, "duplicates": 0, "refused": 0, "walled": 0, "refunds": 0
    }  # fmt: skip
    assert house.paid("u1") == {"m1": (2, 2, HOME)}
    assert set(house.rows()["payment"].tolist()) == {payment_hash("p1"), payment_hash("p2")}
    assert set(house.rows()["band"].tolist()) == {2}


def test_the_graph_knows_pseudonyms_only(house, pay):
    house.load(pay(pay.row(1, user="13800138000")))
    assert house.user("13800138000") == 0
    assert "13800138000" not in house.store.nodes("User")["id"]


def test_the_same_file_again_is_recognised_before_it_is_read(house, pay):
    path = pay(pay.row(1), pay.row(2, amount=""), pay.row(3, amount="x"))
    first, again = house.load(path), house.load(path)
    assert (first.already_loaded, again.already_loaded) == (False, True)
    same = ("totals", "payments", "reasons", "edges", "touched")
    assert [first.as_dict()[k] for k in same] == [again.as_dict()[k] for k in same]


def test_overlapping_files_count_each_payment_once(house, pay):
    house.load(pay(pay.row(1), pay.row(2), name="payments-1.csv"))
    report = house.load(pay(pay.row(2), pay.row(3), name="payments-2.csv"))
    counts = report.as_dict()["payments"]
    assert (counts["loaded"], counts["duplicates"]) == (1, 1)
    assert house.paid("u1")["m1"][0] == 3


def test_the_first_of_two_payments_with_one_id_counts(house, pay):
    report = house.load(pay(pay.row(1, merchant="m1"), pay.row(1, merchant="m2")))
    assert report.as_dict()["payments"]["duplicates"] == 1
    assert list(house.paid("u1")) == ["m1"]


def test_totals_agree_to_the_cent(house, pay):
    house.load(pay(pay.row(1, amount="1000000.01"), name="payments-0.csv"))
    rows = [
        pay.row(1, amount="1000000.01"),
        pay.row(2, amount="0.10"),
        pay.row(3, amount="0.20"),
        pay.row(3, amount="0.20"),
        pay.row(4, amount="-0.05"),
        pay.row(5, amount="7", user=""),
        pay.row(6, amount="100", currency="JPY"),
        pay.row(7, amount="1.5", currency="XYZ"),
    ]
    totals = {row["currency"]: row for row in house.load(pay(*rows)).as_dict()["totals"]}
    fates = ("read", "loaded", "duplicates", "refused")
    assert [totals["CNY"][fate] for fate in fates] == ["1000007.46", "0.25", "1000000.21", "7.00"]
    assert totals["JPY"]["loaded"] == "100"
    assert totals["none"]["refused"] == "1.50"


def test_a_refund_reduces_and_never_goes_below_zero(house, pay):
    house.load(pay(pay.row(1), pay.row(2), pay.row(3, amount="-5"), pay.row(4, merchant="m2", amount="-5")))
    assert house.paid("u1") == {"m1": (1, 1, HOME)}


def test_a_category_decides_scene_and_wall(houses, pay, write):
    strict = houses(unknown_category="sensitive")
    named = [["cafe", "Coffee shop"], ["clinic", "Dental clinic"], ["m3", ""]]
    rows = [pay.row(n, merchant=merchant) for n, (merchant, _) in enumerate(named)]
    report = strict.load(write("merchants.csv", "merchant_id,category", *named), pay(*rows))
    assert strict.paid("u1") == {"cafe": (1, 1, DINING)}
    assert report.as_dict()["payments"]["walled"] == 2  # the clinic, and a place that nobody can name


def test_public_data_may_have_unknown_categories(houses, pay):
    house = houses(unknown_category="sensitive")
    house.load(pay(pay.row(1)), assume_consent=True)
    assert house.store.meta("terms") == "public"
    assert house.paid("u1") == {"m1": (1, 1, HOME)}


def test_a_catalogue_loaded_earlier_counts(house, pay, write):
    house.load(write("products.csv", "product_id,category", ["tea", "Coffee shop"]))
    house.load(pay(pay.row(1, product="tea")))
    assert house.paid("u1") == {"m1": (1, 1, DINING)}


def test_a_category_that_turns_out_to_be_sensitive_raises_the_wall_for_earlier_payments(house, pay, write):
    house.load(write("merchants.csv", "merchant_id,category", ["m1", "Grocery store"]))
    house.load(pay(pay.row(1), pay.row(2, user="u2", merchant="m2")))
    assert house.paid("u1") == {"m1": (1, 1, SHOPPING)}
    report = house.load(write("merchants-2.csv", "merchant_id,category", ["m1", "Pharmacy"]))
    assert report.relabelled == 1
    assert house.paid("u1") == {}
    assert sorted(house.rows()["walled"].tolist()) == [False, True]


def test_a_category_that_comes_after_the_payments_gives_the_same_graph(houses, pay, write):
    payments = pay(pay.row(1), pay.row(2, merchant="m2"), pay.row(3, merchant="m3"))
    merchants = write("merchants.csv", "merchant_id,category", ["m1", "Coffee shop"], ["m2", "Casino"])
    early, late, together = houses(), houses(), houses()
    for source in (merchants, payments):
        early.load(source)
    for source in (payments, merchants):
        late.load(source)
    together.load(payments, merchants)
    assert early.graph() == late.graph() == together.graph()


def test_an_interrupted_relabelling_is_made_good_by_the_next_load(house, pay, write):
    house.load(write("merchants.csv", "merchant_id,category", ["m1", "Grocery store"]))
    house.load(pay(pay.row(1)))
    house.store.set_meta("labels", "pending")  # as a load leaves it that died after writing the catalogue
    house.store.upsert("Merchant", {"id": ["m1"], "category": ["Pharmacy"]})
    house.load(pay(pay.row(9, user="u2", merchant="m9"), name="payments-2.csv"))
    assert house.paid("u1") == {}


def test_a_dry_run_counts_and_changes_nothing(house, pay):
    path = pay(pay.row(1), pay.row(2, user=""))
    report = house.load(path, dry_run=True).as_dict()
    assert (report["dry_run"], report["payments"]["loaded"], report["payments"]["refused"]) == (True, 1, 1)
    assert house.store.stats()["User"] == 0
    assert not house.log.segments()
    assert not house.load(path).already_loaded


def test_refused_rows_are_listed_by_file_and_line_without_what_they_say(house, pay):
    path = pay(pay.row(1), pay.row(2, user="", amount="123.45"))
    report = house.load(path)
    row = json.loads(Path(report.refused_file).read_text())
    assert row == {"file": str(path), "line": 3, "table": "payments", "reason": "user_id is missing"}
    assert (house.home.refused / f"{report.load_id}.jsonl").stat().st_mode & 0o777 == 0o600
    assert report.as_dict()["reasons"] == [
        {"table": "payments", "file": str(path), "reason": "user_id is missing", "rows": 1}
    ]


def test_consent_is_assumed_only_when_asked_and_yields_to_what_a_person_says(house, pay, write):
    path = pay(pay.row(1), pay.row(2, user="u2"))
    said = write("consents.csv", "user_id,purpose,granted,at", ["u2", "circles", "no", "2026-01-01"])
    house.load(said, path, assume_consent=True)
    assert house.store.consents("circles").tolist() == [house.user("u1")]
    assert len(house.store.consents("links")) == 2


def test_consent_is_never_assumed_beside_people_who_were_asked(house, pay):
    house.load(pay(pay.row(1)))
    with pytest.raises(ConfigError, match="this home holds people"):
        house.load(pay(pay.row(2), name="payments-2.csv"), assume_consent=True)


def test_people_count_as_verified_adults_until_a_users_table_says_who_is(house, pay, write):
    house.load(pay(pay.row(1)))
    ids = house.store.nodes("User")
    assert (ids["verified"], ids["adult"]) == ([True], [True])
    house.load(
        write("users.csv", "user_id,verified,adult", ["u1", "true", "false"]), pay(pay.row(2, user="u2"))
    )
    ids = house.store.nodes("User")
    assert (ids["verified"], ids["adult"]) == ([True, None], [False, None])


def test_every_table_reaches_the_store(house, pay, write):
    house.load(
        write("circles.csv", "circle_id,name,owner_id,created_at", ["c1", "Tea", "m1", "2026-01-01"]),
        write(
            "themes.csv",
            "circle_id,kind,target_id",
            ["c1", "category", "Coffee shop"],
            ["c1", "product", "p9"],
        ),
        write("memberships.csv", "user_id,circle_id,joined_at", ["u1", "c1", "2026-02-01"], ["u2", "c1", ""]),
        write("links.csv", "user_id,other_user_id", ["u1", "u2"], ["u2", "u1"]),
    )
    circle = house.store.circle("c1")
    assert (circle.name, circle.owner_id, circle.num_members, len(circle.theme)) == ("Tea", "m1", 2, 2)
    assert len(house.store.links()["user"]) == 1
    assert house.store.check() == []


def test_a_second_loader_is_refused(house, pay):
    with house.home.lock("load"), pytest.raises(StoreConflict, match="another load is running"):
        house.load(pay(pay.row(1)))


def test_a_log_of_another_store_is_refused(houses, pay):
    one, other = houses(), houses()
    one.load(pay(pay.row(1)))
    one.home.log.rename(other.home.log)
    with pytest.raises(StoreMismatch, match="written with another store"):
        other.load(pay(pay.row(2)))


def test_progress_names_the_stages(house, pay):
    told = []
    house.load(pay(pay.row(1)), progress=told.append)
    assert {"reading payments", "writing the log", "adding up"} <= {p.stage for p in told}
    assert (told[-1].done, told[-1].total) == (1, 1)


def test_many_small_loads_are_merged_in_the_log(house, pay, monkeypatch):
    monkeypatch.setattr("loaders.job.MOST_SMALL_SEGMENTS", 2)
    for number in range(3):
        house.load(pay(pay.row(number), name=f"payments-{number}.csv"))
    assert len(house.log.segments()) == 1
    assert house.paid("u1")["m1"][0] == 3
    assert house.log.check(house.store) == []


ROWS = st.lists(
    st.tuples(
        st.integers(0, 8), st.sampled_from(["u1", "u2"]), st.sampled_from(["m1", "m2"]),
        st.sampled_from(["", "tea"]), st.sampled_from(["3", "-3", "40", ""]), st.integers(1, 3)
    ),
    max_size=12,
    unique_by=lambda row: row[0],
)  # fmt: skip


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS, split=st.integers(0, 12), data=st.data())
def test_how_payments_are_split_and_ordered_does_not_matter(houses, pay, write, rows, split, data):
    lines = [
        pay.row(n, user=user, merchant=merchant, product=product, amount=amount, day=day)
        for n, user, merchant, product, amount, day in rows
    ]
    mixed = data.draw(st.permutations(lines))
    merchants = write("merchants.csv", "merchant_id,category", ["m1", "Coffee shop"], ["m2", "Grocery store"])
    whole, parts = houses(), houses()
    whole.load(merchants, pay(*lines, name="payments-whole.csv"))
    parts.load(pay(*mixed[split:], *mixed[:2], name="payments-b.csv"))
    parts.load(pay(*mixed[: split + 2], name="payments-a.csv"), merchants)
    parts.load(pay(*mixed, name="payments-all.csv"))
    assert whole.graph() == parts.graph()
    assert whole.rows()["payment"].tolist() == parts.rows()["payment"].tolist()


def test_a_small_load_beside_a_large_log_sets_single_edges(houses, pay, monkeypatch):
    first = [
        pay.row(n, user=f"u{n % 9}", merchant=f"m{n % 7}", product=f"t{n % 5}", day=1 + n % 9)
        for n in range(99)
    ]
    returned = [pay.row(200 + n, user="u4", merchant="m4", amount="-1") for n in range(20)]
    again = [pay.row(300 + n, user=f"u{n}", merchant="m1", product="t1", amount="9") for n in range(3)]
    new = [pay.row(400, user="new", merchant="m9", product="t9"), pay.row(401, user="u3")]
    patched, whole = houses(), houses()
    for house, share in ((patched, 0.9), (whole, 0.0)):
        monkeypatch.setattr("loaders.job.PATCHED_SHARE", share)
        house.load(pay(*first, name="payments-1.csv"))
        house.load(pay(*returned, *again, *new, name="payments-2.csv"))
    assert patched.graph() == whole.graph()
    assert patched.store.check() == []
