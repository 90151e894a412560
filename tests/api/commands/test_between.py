"""`circles between`, on a real house."""

import json

import pytest
from click.testing import CliRunner

from api.commands.between import command
from graph.errors import NotFound


@pytest.fixture
def run(settings, monkeypatch):
    """Runs one command; its answer as JSON, or as text."""
    monkeypatch.setenv("CIRCLES_HOME", str(settings.home))

    def ran(*arguments, text=False):
        done = CliRunner().invoke(
            command, [*arguments, *([] if text else ["--json"])], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return done.output if text else json.loads(done.stdout)

    return ran


def linked(run):
    made = run("link", "drinkers", "climbers", "--topic", "Tea", "--rate", "2", "--owner", "c0")
    return made, run("accept", made["link_id"], "--owner", "k0")


def test_flows_without_a_link_say_what_is_missing(run):
    told = run("flows", "drinkers", text=True)
    assert "no link is open" in told
    assert "nothing yet" not in told
    assert "/v1" not in told  # nor how HTTP would put it


def test_a_link_is_proposed_accepted_used_and_withdrawn(run):
    made, opened = linked(run)
    assert (made["state"], opened["state"]) == ("proposed", "open")
    sending = ("--link", made["link_id"], "--topic", "tea", "--message", "m-1", "--owner", "c0")
    assert [run("relay", "drinkers", *sending)["new"] for _ in range(2)] == [True, False]
    assert run("withdraw", made["link_id"], "--owner", "k0")["state"] == "closed"
    (seen,) = run("links", "--circle", "drinkers")["items"]
    assert seen["link_id"] == made["link_id"]


def test_flows_health_and_likeness_are_printed_for_people_too(run):
    linked(run)
    assert run("flows", "drinkers")["items"][0]["people"] == {"hidden": "minimum"}
    assert "hidden (minimum)" in run("flows", "drinkers", "--direction", "out", text=True)
    assert "climbers" in run("links", text=True)
    assert "stayed" in run("health", "drinkers", text=True)
    assert run("related", "climbers")["circle_id"] == "climbers"
    assert "climbers" in run("related", "climbers", text=True)


def test_an_owner_asks_about_own_circles_only(run):
    for verb in ("flows", "health", "related"):
        with pytest.raises(NotFound):
            run(verb, "climbers", "--owner", "c0")
