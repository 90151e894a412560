"""`circles wall`: what an operator reviews."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from api.commands.common import Parts
from api.commands.wall import COLUMNS, command
from graph.settings import Settings


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the verb on 30 chemists, 25 things of a category like a formula, a bank and one of no category."""
    monkeypatch.setenv("CIRCLES_HOME", str(tmp_path / "home"))
    store = Parts(Settings(home=tmp_path / "home")).store
    store.upsert("Merchant", {"id": [f"m{i}" for i in range(30)], "category": ["Pharmacy"] * 30})
    store.upsert("Product", {"id": [f"p{i}" for i in range(25)], "category": ["=odd"] * 25})
    store.upsert("Merchant", {"id": ["k", "bank"], "category": [None, "bank"], "sensitive": [True, None]})
    store.close()

    def run(*words):
        result = CliRunner().invoke(command, list(words), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_every_category_says_how_it_is_read_and_by_which_rule(run):
    rows = {row["category"]: row for row in json.loads(run("--json"))["categories"]}
    assert [row["state"] for row in rows.values()] == ["unknown", "unknown", "sensitive", "ordinary"]
    assert rows["Pharmacy"]["why"] == '[sensitive] health: "*pharmac*"'
    assert rows["=odd"]["why"] == "no pattern matches; the unknown is sensitive"
    assert "merchants never see it" in rows["bank"]["why"]
    assert [rows[name]["walled"] for name in (None, "=odd", "Pharmacy", "bank")] == [True, True, True, False]


def test_counts_below_the_smallest_group_are_not_told(run):
    rows = {row["category"]: row for row in json.loads(run("--json"))["categories"]}
    assert rows["Pharmacy"]["merchants"] == {"v": 30}
    assert rows[None]["flagged"] == rows["bank"]["merchants"] == {"hidden": "minimum"}


def test_csv_is_safe_for_a_spreadsheet(run):
    rows = list(csv.DictReader(io.StringIO(run("--csv", "--state", "unknown").lstrip("\ufeff"))))
    assert [row["category"] for row in rows] == ["(none)", "'=odd"]
    assert (tuple(rows[1]), rows[1]["products"], rows[1]["scene"]) == (COLUMNS, "25", "(none)")


def test_a_table_for_people_names_them_all(run):
    told = run()
    assert "Pharmacy" in told
    assert '[sensitive] health: "*pharmac*"' in told
