"""`circles portraits`, on a home with a week of portraits made by hand."""

import json

import pytest
from click.testing import CliRunner

from api.commands.common import Parts
from api.commands.portraits import command
from graph.errors import InputError, NotFound, StoreError
from graph.home import Home
from tests.portraits import body_of, home_with


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Run a verb in a home of its own."""
    monkeypatch.setenv("CIRCLES_HOME", str(tmp_path / "home"))
    return lambda *words: CliRunner().invoke(command, words, catch_exceptions=False).output


@pytest.fixture
def made(tmp_path):
    standing = {"near": 64, "mid": 128, "far": 3, "lost": 35}
    large = body_of("cafe", standing=standing, hours={("near", 0, 3): 40})
    home_with(Home(tmp_path / "home"), [(large, None), (body_of("gym", standing={"mid": 60}), None)])


def test_merchants_are_listed_by_people_rounded_and_small_groups_hidden(ask, made):
    first, second = json.loads(ask("list", "--json"))["portraits"]
    assert first == {
        "merchant": "cafe", "made": "2026-W47",
        "people": 200, "near": 64, "mid": 130, "far": "hidden", "lost": 35,
    }  # fmt: skip
    assert (second["merchant"], second["people"]) == ("gym", 60)
    assert "portraits of 2026-W47" in ask("list")


def test_what_stands_out_of_the_noise_is_counted_by_question(ask, made):
    told = {row["question"]: row for row in json.loads(ask("show", "cafe", "--json"))["questions"]}
    assert (told["standing"]["above_noise"], told["hours"]["above_noise"]) == (3, 1)
    assert told["hours"]["cells"] == 168
    with pytest.raises(NotFound, match="merchant 'bank' has no portrait"):
        ask("show", "bank")


def test_before_a_build_the_next_step_is_named(ask):
    with pytest.raises(StoreError, match="circles portraits build"):
        ask("list")


def test_a_build_of_an_empty_home_says_what_it_needs(ask):
    with pytest.raises(InputError, match="load payments and consents"):
        ask("build")


def test_a_build_tells_what_it_did(ask, monkeypatch):
    from api.portraits import build as building

    seen = []

    def build(house, *, now):
        seen.append((house.utc_offset_hours, house.memory))
        return building.Built("2026-W47", made=3, carried=2, too_small=1, unpaid=0, changed=True)

    monkeypatch.setattr(building, "build", build)
    told = json.loads(ask("build", "--utc-offset", "-5", "--memory", "64MB", "--json"))
    assert (told["week"], told["made"], told["changed"]) == ("2026-W47", 3, True)
    assert seen == [(-5, "64MB")]
    ask("build")
    assert seen[1][0] == 8  # the policy's
    parts = Parts.from_environment()
    parts.store.set_meta("utc_offset_hours", "-5")  # as the demonstration's home has it
    parts.store.close()
    ask("build")
    assert seen[2][0] == -5
