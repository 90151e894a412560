"""What the operator sees of reports."""

import pytest

from api.commands.links import command
from api.services.link_reports import reports_of


@pytest.fixture
def house(link_house):
    house = link_house({(0, other): 0.7 for other in range(1, 5)} | {(1, 2): 0.7})
    for one, other, response in ((1, 0, "report"), (2, 0, "report"), (3, 0, "block"), (2, 1, "report")):
        assert house.respond(one, other, response).status_code == 200
    return house


def test_who_was_reported_by_how_many_the_most_first(house):
    first, second = reports_of(house.store)
    assert (first["user"], first["reports"]) == (house.context.pseudonyms.of("u0"), 2)
    assert (second["user"], second["reports"]) == (house.context.pseudonyms.of("u1"), 1)
    assert reports_of(house.store, at_least=2) == [first]


def test_reporting_twice_counts_once_and_reporters_are_not_named(house):
    house.respond(1, 0, "report")
    assert [row["reports"] for row in reports_of(house.store)] == [2, 1]
    assert set(reports_of(house.store)[0]) == {"user", "reports", "last_at"}


def test_the_command_shows_it(house, monkeypatch, capsys):
    monkeypatch.setenv("CIRCLES_HOME", str(house.context.home.path))
    command.main(["--reports", "--json"], standalone_mode=False)
    assert f'"{house.context.pseudonyms.of("u0")}"' in capsys.readouterr().out
