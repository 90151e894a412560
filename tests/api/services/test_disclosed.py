"""Answers to repeated questions: noise once, kept, paid for."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from api.commands.disclosure import command
from api.context import wire_parts
from api.services.disclosed import ledger, noisy_counts, price, repeated
from graph.home import Home
from graph.policy.disclosure import Cell, Hidden
from graph.stores.open import open_store
from graph.stores.releases import Release

NOW = int(datetime(2026, 10, 5, 9, tzinfo=UTC).timestamp())  # a Monday, five days into the quarter
WEEK = 7 * 86_400
COUNTS = {"joins": 480, "leaves": 0}


@pytest.fixture
def context(tmp_path, policy):
    home = Home(tmp_path / "home").make()
    made = wire_parts(home, policy, b"k" * 32, open_store(f"sqlite:///{home.path / 'circles.db'}"))
    with closing(made):
        yield made


def test_an_answer_is_near_the_truth_and_hides_what_is_small(context):
    cells = repeated(context, "m0", "circle c", COUNTS, now=NOW)
    assert cells["leaves"] == Cell(hidden=Hidden.MINIMUM)
    assert abs(cells["joins"].v - 480) <= 80  # scale 4; beyond by one in e^-18
    assert cells["joins"].v % 10 == 0


def test_the_same_question_in_the_same_week_is_the_same_answer_whatever_happened_since(context):
    first = repeated(context, "m0", "circle c", COUNTS, now=NOW)
    assert (
        repeated(context, "m0", "circle c", {"joins": 9_000, "leaves": 9_000}, now=NOW + WEEK - 40_000)
        == first
    )
    assert len(context.store.get().releases()) == 1


def test_a_new_week_is_a_new_answer_and_a_closed_window_stays_the_same(context):
    for number in range(3):
        now = NOW + number * WEEK
        repeated(context, "m0", "members", COUNTS, now=now)
        repeated(context, "m0", "flow", COUNTS, now=now, window="2026-W36")
    keys = [release.key for release in context.store.get().releases("m0")]
    assert keys == ["2026-W36 flow", "2026-W41 members", "2026-W42 members", "2026-W43 members"]


def test_a_quarter_has_a_budget_and_what_was_told_stays_told(context):
    hidden = {label: Cell(hidden=Hidden.BUDGET) for label in COUNTS}
    told = [repeated(context, "m0", f"question {i}", COUNTS, now=NOW) for i in range(20)]
    assert [cells == hidden for cells in told] == [False] * 13 + [True] * 7
    assert repeated(context, "m0", "question 3", COUNTS, now=NOW) == told[3]
    assert repeated(context, "m1", "question 19", COUNTS, now=NOW) != hidden
    assert repeated(context, "m0", "question 19", COUNTS, now=NOW + 13 * WEEK) != hidden


def test_a_label_that_was_not_in_the_kept_answer_is_not_told(context):
    repeated(context, "m0", "q", {"a": 400}, now=NOW)
    assert repeated(context, "m0", "q", {"b": 400}, now=NOW) == {"b": Cell(hidden=Hidden.BUDGET)}
    assert repeated(context, "m0", "nothing", {}, now=NOW) == {}


@pytest.mark.parametrize("most_of_one", [1, 3])
def test_the_price_is_what_opendp_accounts_for(most_of_one):
    noisy, cost = noisy_counts([100, 200, 300], 0.5, most_of_one)
    assert cost == pytest.approx(0.5, rel=1e-9)
    assert len(noisy) == 3


def test_the_ledger_adds_up_by_owner_and_quarter(context, policy):
    for owner, question in (("m0", "a"), ("m0", "b"), ("m1", "a")):
        repeated(context, owner, question, COUNTS, now=NOW)
    rows = ledger(context.store.get(), policy.disclosure, policy.portraits)
    assert [(row["owner"], row["quarter"], row["answers"], row["spent"], row["left"]) for row in rows] == [
        ("m0", "2026-Q4", 2, 1.0, 5.5),
        ("m1", "2026-Q4", 1, 0.5, 6.0),
    ]


def test_the_operator_reads_the_ledger_and_no_answer_is_in_it(context, monkeypatch):
    repeated(context, "m0", "circle c", COUNTS, now=NOW)
    monkeypatch.setenv("CIRCLES_HOME", str(context.home.path))
    told = CliRunner().invoke(command, ["ledger", "--owner", "m0", "--json"], catch_exceptions=False).output
    (row,) = json.loads(told)["ledger"]
    assert row == {
        "owner": "m0",
        "quarter": "2026-Q4",
        "answers": 1,
        "spent": 0.5,
        "left": 6.0,
        "questions": ["2026-W41 circle c"],
    }
    assert "m0" in CliRunner().invoke(command, ["ledger"]).output


def test_a_long_ledger_is_cut_where_people_read_it(context, monkeypatch):
    many = [Release(f"m{i}", "2026-Q4 portraits", "portrait", 0.08, "{}") for i in range(50)]
    context.store.get().keep_releases(many, 1.0)
    monkeypatch.setenv("CIRCLES_HOME", str(context.home.path))
    assert "and 10 more" in CliRunner().invoke(command, ["ledger"]).output
    told = json.loads(CliRunner().invoke(command, ["ledger", "--json"]).output)["ledger"]
    assert [row["left"] for row in told] == [0.92] * 50  # of the budget of portraits


def test_a_price_names_what_is_new_and_asking_costs_what_it_said(service):
    context = service.context
    first = price(context, "c0", ["2026-01 a", "2026-02 a"], now=context.now())
    repeated(context, "c0", "a", {"x": 50}, now=context.now(), window="2026-01")
    then = price(context, "c0", ["2026-01 a", "2026-02 a"], now=context.now())
    assert (first["price"], then["price"]) == (1.0, 0.5)
    assert first["left"] - then["left"] == pytest.approx(0.5)
    assert price(context, "c1", ["2026-01 a"], now=context.now())["price"] == 0.5
