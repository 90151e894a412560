"""`circles forget` at a terminal: its receipt is given once, so that it must not get lost."""

import json

import pytest
from click.testing import CliRunner

from api.cli import cli
from graph.errors import InputError


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
    assert "it is of this account: asked" in run("receipt", "verify", str(file), "--account", "u60").output
    for other in ("u1", ""):
        assert isinstance(run("receipt", "verify", str(file), "--account", other).exception, InputError)
