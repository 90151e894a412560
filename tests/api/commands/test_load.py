"""`circles load` at a terminal: files that are older than an erasure, and what a load will take."""

import json

import pytest
from click.testing import CliRunner

from api.cli import cli

HEAD = "payment_id,user_id,merchant_id,amount,currency,paid_at\n"
OLD = "1,ann,m1,5.00,CNY,2025-05-01T10:00:00Z\n2,bob,m1,5.00,CNY,2025-05-01T11:00:00Z\n"


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("CIRCLES_HOME", str(tmp_path / "home"))

    def run(*words):
        done = CliRunner().invoke(cli, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def notes(run, file, rows):
    file.write_text(HEAD + rows)
    return " ".join(json.loads(run("load", str(file), "--json"))["notes"])


def test_a_load_tells_that_an_older_file_brought_somebody_back(run, tmp_path):
    file = tmp_path / "payments.csv"
    assert "erased" not in notes(run, file, OLD)
    run("forget", "ann", "--yes")
    assert "erased" not in notes(
        run, file, OLD.splitlines()[1] + "\n3,bob,m1,5.00,CNY,2025-06-01T10:00:00Z\n"
    )
    told = notes(run, file, OLD + "4,bob,m1,5.00,CNY,2025-07-01T10:00:00Z\n")
    assert "erased and are known again by this load: 1." in told
    assert "ann" not in told
    assert "erased" not in notes(run, file, OLD + "5,bob,m1,5.00,CNY,2025-08-01T10:00:00Z\n")  # told once


def test_what_a_load_will_take_is_told_in_words_and_nothing_is_loaded(run, tmp_path):
    file = tmp_path / "payments.csv"
    file.write_text(HEAD + OLD)
    told = CliRunner().invoke(cli, ["load", str(file), "--estimate"], catch_exceptions=False).output
    assert "2 payments of about 2 people" in told
    assert "MiB are free" in told
    assert "nothing was loaded" in told
    assert json.loads(run("graph", "stats", "--json"))["User"] == 0


def test_an_estimate_is_of_a_load_here(tmp_path):
    done = CliRunner().invoke(cli, ["load", str(tmp_path), "--estimate", "--dry-run"])
    assert done.exit_code == 2
    assert "leave --dry-run" in done.output
