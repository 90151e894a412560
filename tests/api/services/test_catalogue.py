"""What everybody may know about a circle."""

import pytest

from api.schemas.general import CircleOut
from api.services.catalogue import counted


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, {"hidden": "minimum"}),
        (19, {"hidden": "minimum"}),
        (20, {"v": 20}),
        (99, {"v": 99}),
        (104, {"v": 100}),
        (105, {"v": 110}),
        (1_449, {"v": 1_400}),
        (987_654, {"v": 990_000}),
    ],
)
def test_a_small_group_is_hidden_and_a_large_one_rounded(size, shown):
    assert counted(size, 20) == shown


def test_a_circle_tells_its_theme_in_words_and_no_person(service):
    circle = service.ask("GET", "/v1/circles/drinkers").json
    CircleOut.model_validate(circle)
    assert (circle["name"], circle["owner_id"], circle["state"]) == ("Coffee drinkers", "c0", "open")
    assert circle["members"] == {"v": 30}
    assert {(t["kind"], t["label"]) for t in circle["theme"]} == {
        ("category", "Coffee"),
        ("merchant", "Coffee Shop 0"),
    }


def test_a_circle_without_enough_members_hides_how_many(service):
    assert service.ask("GET", "/v1/circles/newcomers").json["members"] == {"hidden": "minimum"}
