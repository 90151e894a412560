"""`circles keys`: scopes, spans, rotation."""

import json
from contextlib import closing

import pytest
from click.testing import CliRunner

from api.commands.keys import command, span_s
from graph.errors import InputError
from graph.stores.open import open_store


@pytest.fixture
def run(tmp_path):
    """The command in a home of its own; gives what it printed as JSON."""

    def ask(*arguments):
        done = CliRunner().invoke(command, [*arguments, "--json"], env={"CIRCLES_HOME": str(tmp_path)})
        if done.exception:
            raise done.exception
        return json.loads(done.stdout)

    return ask


@pytest.mark.parametrize(("text", "seconds"), [("0m", 0), ("90m", 5400), ("24h", 86400), ("2w", 1209600)])
def test_a_span_is_a_number_and_a_unit(text, seconds):
    assert span_s(text) == seconds


@pytest.mark.parametrize("text", ["", "24", "h", "-1d", "1.5d", "٣d", "1y", "1234567d"])
def test_anything_else_is_no_span(text):
    with pytest.raises(InputError, match="is not a span"):
        span_s(text)


def test_a_key_is_made_with_scopes_and_an_end_and_rotated(run):
    key = run("create", "service", "--scope", "users:read", "--expires", "90d", "--label", "app")["key"]
    new = run("rotate", key.split("_")[1], "--overlap", "7d")
    old, made = sorted(run("list"), key=lambda row: row["replaces"] or "")
    assert new["replaces"] == old["id"] == made["replaces"]
    assert (old["state"], made["state"]) == ("expires soon", "active")
    assert (made["label"], made["scopes"]) == ("app", ["users:read"])
    assert made["expires_at"] - made["created_at"] == 90 * 86400
    assert new["key"] not in json.dumps([old, made])


def test_an_unknown_scope_makes_no_key(run):
    with pytest.raises(InputError, match="known are audiences:read"):
        run("create", "service", "--scope", "everything")
    assert run("list") == []


def test_an_end_that_is_neither_span_nor_date_makes_no_key(run):
    with pytest.raises(InputError, match="90d nor a date"):
        run("create", "service", "--expires", "yesterday")
    assert run("list") == []


def test_a_key_for_a_merchant_that_nobody_knows_says_so_and_how_to_end_it(tmp_path):
    def noted(merchant):
        arguments, home = ("create", "merchant", "--merchant", merchant), {"CIRCLES_HOME": str(tmp_path)}
        done = CliRunner().invoke(command, arguments, env=home)
        assert done.stdout.startswith("ck_")
        return done.stderr

    assert "'maker-1' is not in the graph" in noted("maker-1")
    assert not (tmp_path / "circles.db").exists()  # looking makes none
    with closing(open_store(f"sqlite:///{tmp_path / 'circles.db'}")) as store:
        store.intern("Merchant", ["maker-1"])
    assert noted("maker-1") == ""
    assert "circles keys revoke" in noted("maker-2")
