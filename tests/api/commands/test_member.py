"""`circles member` at a terminal, in a house of its own."""

import json

import pytest
from click.testing import CliRunner

from api.cli import cli
from graph.errors import InputError, NotFound


@pytest.fixture
def member(settings, monkeypatch):
    monkeypatch.setenv("CIRCLES_HOME", str(settings.home))

    def run(*arguments, code=0):
        done = CliRunner().invoke(cli, ["member", *arguments], catch_exceptions=code != 0)
        assert done.exit_code == code, done.output
        return done.output

    return run


def test_a_person_sees_mutes_and_takes_back(member):
    assert "4 payments count" in member("card", "u60")
    assert "categories: COFFEE" in member("mute", "u60", "categories", "COFFEE")
    assert "0 payments count" in member("card", "u60")
    assert "nothing is muted" in member("unmute", "u60", "categories", "COFFEE")
    assert json.loads(member("card", "u60", "--json"))["data"]["payments"] == 4
    member("mute", "u60", "categories", "OPERA", code=1)


def test_a_look_at_a_card_at_a_terminal_is_written_down(member):
    member("card", "u60")
    member("card", "absent", code=1)
    entries = json.loads(CliRunner().invoke(cli, ["audit", "show", "--person", "u60", "--json"]).stdout)
    assert [(entry["action"], entry["who"]) for entry in entries] == [("card.seen", "command line")]


def test_a_thing_that_nobody_knows_is_named_with_where_ids_are(member):
    with pytest.raises(NotFound, match=r"categories: nothing has the id 'coffee'.*member card"):
        CliRunner().invoke(cli, ["member", "mute", "u60", "categories", "coffee"], catch_exceptions=False)


def test_a_card_fits_a_terminal_and_names_what_a_mute_takes(member):
    told = member("card", "u60")
    assert max(map(len, told.splitlines())) <= 80
    assert "[COFFEE]" in told
    assert "circles member mute ACCOUNT categories ID" in told


@pytest.mark.parametrize("verb", ["grant", "withdraw"])
def test_a_mistyped_account_makes_nobody_and_a_new_one_is_asked_for(member, verb):
    with pytest.raises(NotFound, match=r"nothing is known of this account.*--new"):
        CliRunner().invoke(cli, ["member", verb, "u06", "links"], catch_exceptions=False)
    member("consents", "u06", code=1)
    assert "for a new account, from the next answer on" in member(verb, "u06", "links", "--new")
    assert "new account" not in member(verb, "u06", "links", "--new")
    assert "links:" in member("consents", "u06")


@pytest.mark.parametrize("account", ["", "a\x07b", "a" * 257])
def test_an_account_that_no_payment_could_name_is_not_made(member, account):
    with pytest.raises(InputError, match="expected 1 to 256 characters"):
        CliRunner().invoke(cli, ["member", "grant", account, "links", "--new"], catch_exceptions=False)
    member("consents", account, code=1)


def test_an_account_that_nobody_knows_is_asked_for_again(member):
    for verb in (["card"], ["consents"], ["mute", "scenes", "dining"]):
        words = ["member", verb[0], "u06", *verb[1:]]
        with pytest.raises(
            NotFound, match="nothing is known of this account; see whether it is spelled right"
        ):
            CliRunner().invoke(cli, words, catch_exceptions=False)


def test_a_person_grants_and_withdraws(member):
    assert "withdrawn" in member("withdraw", "u60", "links")
    (links,) = [
        i for i in json.loads(member("consents", "u60", "--json"))["items"] if i["purpose"] == "links"
    ]
    assert (links["granted"], [said["door"] for said in links["history"]]) == (
        False,
        ["assumed", "command line"],
    )
    member("grant", "u60", "links")
    assert "links: granted" in member("consents", "u60")
