"""`circles evaluate --task invitations`: by a cut, by held-out visits, by answers under `test/`."""

import json

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from api.commands.evaluate import command
from graph.errors import InputError
from tests.tables import write_tables

PEOPLE = 400
DAYS = {
    "2026-01-05": 4,
    "2026-03-10": 5,
    "2026-05-12": 5,
}  # before, window of calibration, window to foretell


def payments(days):
    """Every third person goes to the gym in each window, the others to the market; all of them for bread."""
    rows = []
    for day, visits in days.items():
        for i in range(PEOPLE):
            place = "gym" if i % 3 == 0 else "market"
            rows += [(f"u{i}", place, f"{day}T{hour:02d}:00:00") for hour in range(visits + i % 2)]
            rows.append((f"u{i}", "bakery", f"{day}T23:00:00"))
    return [("payment_id", "user_id", "merchant_id", "paid_at")] + [
        (f"{row[2]}-{n}", *row) for n, row in enumerate(rows)
    ]


MERCHANTS = [
    ("merchant_id", "category"), ("gym", "gym hall"), ("market", "grocery"), ("bakery", "bread"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    return write_tables(tmp_path / "data", {"payments": payments(DAYS), "merchants": MERCHANTS})


def run(folder, *arguments):
    given = [str(folder), "--task", "invitations", *map(str, arguments)]
    done = CliRunner().invoke(command, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_promises_are_planned_before_the_cut_and_counted_after(folder, tmp_path):
    files = tmp_path / "figures.json", tmp_path / "lists.parquet"
    printed = run(folder, "--cut", "2026-03-20", "--json", files[0], "--lists", files[1])
    value = json.loads(files[0].read_text())
    assert (value["task"], value["target"], value["confidence"]) == ("invitations", 0.7, 0.9)
    assert value["outcomes"] == "the 54 days after the cut"
    gym = next(circle for circle in value["circles"] if circle["circle_id"] == "gym hall")
    assert gym["fit"] > 0.9
    assert "circles that we serve" in printed
    certified = [r for r in pq.read_table(files[1]).to_pylist() if r["certified"]]
    assert {int(r["user_id"][1:]) % 3 for r in certified if r["circle_id"] == "gym hall"} == {0}


def test_without_time_visits_are_held_out(folder, tmp_path):
    run(folder, "--holdout-share", 0.4, "--json", tmp_path / "figures.json")
    value = json.loads((tmp_path / "figures.json").read_text())
    assert value["outcomes"] == "40% of each person's visits, at random"
    assert value["asked"]["users"] < PEOPLE / 2


def test_answers_under_test_are_what_is_foretold(tmp_path):
    days = dict(list(DAYS.items())[:2])
    rest = payments({"2026-05-12": 5})
    tables = {"payments": payments(days), "merchants": MERCHANTS, "test/payments": rest}
    folder = write_tables(tmp_path / "data", tables)
    run(folder, "--json", tmp_path / "figures.json")
    value = json.loads((tmp_path / "figures.json").read_text())
    assert value["outcomes"].startswith("test/payments")
    assert value["asked"]["users"] == PEOPLE


def test_a_cut_after_everything_is_refused(folder):
    with pytest.raises(InputError, match="nothing was paid after"):
        run(folder, "--cut", "2027-01-01")


@pytest.mark.parametrize("option", [("--target", "1"), ("--confidence", "0"), ("--holdout-share", "0")])
def test_shares_outside_their_range_are_refused(folder, option):
    done = CliRunner().invoke(command, [str(folder), "--task", "invitations", *option])
    assert done.exit_code == 2
