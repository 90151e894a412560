"""What everybody may know about a circle."""

from api.schemas.general import CircleOut


def test_a_circle_tells_its_theme_in_words_and_no_person(service):
    circle = service.ask("GET", "/v1/circles/drinkers").json
    CircleOut.model_validate(circle)
    assert (circle["name"], circle["owner_id"], circle["state"]) == ("Coffee drinkers", "c0", "open")
    assert circle["members"] == {"v": 20}
    assert {(t["kind"], t["label"]) for t in circle["theme"]} == {
        ("category", "Coffee"),
        ("merchant", "Coffee Shop 0"),
    }


def test_a_circle_without_enough_members_hides_how_many(service):
    assert service.ask("GET", "/v1/circles/newcomers").json["members"] == {"hidden": "minimum"}
