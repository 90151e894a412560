"""`circles forget` at a terminal: its receipt is given once, so that it must not get lost."""

import json

import pytest
from click.testing import CliRunner

from api.cli import cli, exit_code
from graph.errors import CirclesError, InputError, NotFound, PolicyError, StoreConflict
from graph.home import Home


@pytest.fixture
def run(settings, monkeypatch):
    monkeypatch.setenv("CIRCLES_HOME", str(settings.home))
    return lambda *words: CliRunner().invoke(cli, list(words))


@pytest.mark.parametrize("place", ["no/such/folder/r.json", "taken.json"])
def test_nobody_is_erased_where_the_receipt_cannot_be_made(run, tmp_path, place):
    (tmp_path / "taken.json").write_text("of somebody else")
    done = run("forget", "u60", "--yes", "--receipt", str(tmp_path / place))
    assert isinstance(done.exception, InputError)
    assert "nothing was erased" in str(done.exception)
    assert "4 payments count" in run("member", "card", "u60").output
    assert (tmp_path / "taken.json").read_text() == "of somebody else"


def test_the_receipt_is_in_its_file_and_says_whose_it_is(run, tmp_path):
    file = tmp_path / "r.json"
    assert run("forget", "u60", "--yes", "--receipt", str(file)).exit_code == 0
    assert json.loads(file.read_text())["kind"] == "erasure"
    assert file.stat().st_mode & 0o777 == 0o600  # for its owner only
    assert "it is of this account: asked" in run("receipt", "verify", str(file), "--account", "u60").output
    for other in ("u1", ""):
        assert isinstance(run("receipt", "verify", str(file), "--account", other).exception, PolicyError)


def test_an_erasure_that_waits_says_that_the_person_is_out_and_what_to_do(run, settings):
    with Home(settings.home).lock("train"):
        waits = run("forget", "u60", "--yes").exception
    assert isinstance(waits, StoreConflict)
    assert "out of every answer already, and the same command then ends the erasure" in str(waits)
    assert isinstance(run("member", "card", "u60").exception, NotFound)
    assert '"kind": "erasure"' in run("forget", "u60", "--yes").output


def code_of(run, *words):
    """The exit code that a terminal sees."""
    done = run("receipt", *words)
    return exit_code(done.exception) if isinstance(done.exception, CirclesError) else done.exit_code


def test_every_outcome_of_a_check_has_an_exit_code_of_its_own(run, tmp_path):
    file, keys, changed, bad = (
        tmp_path / name for name in ("r.json", "keys.json", "changed.json", "bad.json")
    )
    run("forget", "u60", "--yes", "--receipt", str(file))
    keys.write_text(run("receipt", "keys", "--json").output)
    changed.write_text(file.read_text().replace('"interruptions": 0', '"interruptions": 1'))
    bad.write_text("{")
    given = ("--keys", str(keys))
    assert (
        code_of(run, "verify", str(file), *given)
        == code_of(run, "verify", str(file), "--account", "u60")
        == 0
    )
    assert code_of(run, "verify", str(file), "--keys", str(bad)) == 1
    assert code_of(run, "verify", str(tmp_path / "absent.json"), *given) == 2
    assert [code_of(run, "verify", str(one), *given) for one in (changed, bad)] == [3, 3]
    assert code_of(run, "verify", str(file), "--account", "u1") == 4
    told = run("receipt", "verify", "--help").output
    assert [f"  {code}  " in told for code in range(5)] == [True] * 5


def test_a_leaked_key_is_distrusted_and_a_check_says_so(run, tmp_path):
    file, keys = tmp_path / "r.json", tmp_path / "keys.json"
    run("forget", "u60", "--yes", "--receipt", str(file))
    key_id = json.loads(file.read_text())["key_id"]
    assert "distrusted since" in run("receipt", "distrust", key_id).output
    assert isinstance(run("receipt", "distrust", "f" * 16).exception, NotFound)
    published = run("receipt", "keys", "--json").output
    keys.write_text(published)
    assert ["distrusted_at" in key for key in json.loads(published)["items"]] == [True, False]
    done = run("receipt", "verify", str(file), "--keys", str(keys))
    assert (exit_code(done.exception), "is distrusted since" in str(done.exception)) == (3, True)
    run("forget", "u62", "--yes", "--receipt", str(tmp_path / "next.json"))
    assert code_of(run, "verify", str(tmp_path / "next.json"), "--keys", str(keys)) == 0
