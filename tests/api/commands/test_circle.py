"""`circles circle`: the same services without HTTP."""

import json

import pytest
from click.testing import CliRunner

from api.cli import exit_code
from api.commands.circle import command
from graph.errors import ForbiddenRule, InputError, NotFound, StoreConflict


@pytest.fixture
def run(settings, monkeypatch):
    """Runs a verb on a loaded house; JSON parsed where asked for."""
    monkeypatch.setenv("CIRCLES_HOME", str(settings.home))

    def run(*words, json_=True):
        arguments = [*words, "--json"] if json_ else list(words)
        result = CliRunner().invoke(command, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout) if json_ else result.output

    return run


def make(run, *more):
    return run("create", "Brewers", "--owner", "c0", "--id", "brewers", "--word", "coffee", *more)


def test_a_circle_lives_from_theme_to_closing(run):
    assert run("theme", "咖啡", "zeppelin")["words"][0]["state"] == "found"
    made = make(run, "--city", "Wuhan", "--verified")
    assert (made["circle_id"], made["owner"]["eligibility"]["cities"]) == ("brewers", ["Wuhan"])
    edited = run("edit", "brewers", "--name", "Roasters", "--merchant", "c1")
    assert (edited["name"], edited["owner"]["revision"], edited["owner"]["targets"]) == ("Roasters", 2, 1)
    assert edited["owner"]["eligibility"]["verified"] is True
    assert [item["circle_id"] for item in run("list", "--owner", "c0")["items"]] == ["drinkers", "brewers"]
    assert run("show", "brewers")["owner"]["why_not_recommended"] == "waiting"
    assert run("close", "brewers")["state"] == "closed"


def test_people_read_it_too(run):
    shown = make(run)["circle_id"] + run("show", "brewers", json_=False)
    assert "not recommended: waiting until" in shown
    told = run("theme", "coffee", "zeppelin", "pills", "--exclude", "COFFEE", json_=False)
    for text in ("nothing", "left out (sensitive): 1 product", "left out (struck out)", "under 100"):
        assert text in told
    assert "scenes: dining" in run("theme", "--theme-scene", "dining", json_=False)
    assert "brewers" in run("list", json_=False)


def test_the_operator_keeps_apart_and_lets_go(run):
    assert run("quarantine", "climbers", "a raid")["state"] == "quarantined"
    assert run("release", "climbers")["state"] == "open"
    assert run("reports") == {"items": [], "total": 0}
    assert run("alarms", "--act") == {"items": [], "quarantined": 0}


@pytest.mark.parametrize(
    ("words", "error", "code"),
    [
        (["create", "Casino", "--owner", "c0", "--word", "coffee"], ForbiddenRule, 4),
        (["create", "X", "--owner", "c0", "--word", "zeppelin"], InputError, 3),
        (["create", "X", "--owner", "nobody", "--word", "coffee"], InputError, 3),
        (["create", "X", "--owner", "c0", "--id", "drinkers", "--word", "coffee"], InputError, 3),
        (["edit", "drinkers", "--name", "Y", "--revision", "7"], StoreConflict, 1),
        (["show", "nothing"], NotFound, 1),
        (["judge", "none", "uphold"], NotFound, 1),
    ],
)
def test_a_refusal_has_its_exit_code(run, words, error, code):
    with pytest.raises(error) as refused:
        run(*words)
    assert exit_code(refused.value) == code


def test_help_teaches_by_examples():
    text = CliRunner().invoke(command, ["--help"]).output
    assert 'circles circle create "Brewers" --owner' in text
    for verb in ("theme", "create", "edit", "close", "show", "list", "quarantine", "reports", "alarms"):
        assert verb in text
