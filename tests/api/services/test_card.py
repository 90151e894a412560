"""The card over HTTP: what a person is told of themself, and that nobody else is in it."""

import pytest

from api.schemas.card import CardOut


def card(service, user="u0", key="service", query=""):
    answer = service.ask("GET", f"/v1/users/{user}/card{query}", key=key)
    assert answer.status_code == 200, answer.text
    CardOut.model_validate(answer.json)
    return answer.json


def test_it_counts_what_is_used_and_what_is_walled_apart(service):
    data = card(service, key="member")["data"]
    assert (data["payments"], data["walled"]["payments"], data["muted"]["payments"]) == (4, 1, 0)
    assert [(scene["scene"], scene["payments"]) for scene in data["scenes"]] == [("dining", 4)]
    assert (data["since"][:10], data["until"][:10]) == (
        "2026-08-01",
        "2026-09-01",
    )


def test_it_names_habits_with_how_to_mute_them_and_nothing_behind_the_wall(service):
    found = card(service)["inferred"]
    (category,) = found["categories"]
    assert (category["label"], category["band"]) == ("Coffee", "sometimes")
    assert [shop["mute"]["id"] for shop in found["merchants"]] == ["c0", "c1", "c2", "c3"]
    assert found["circles"]["personalised"] is True
    assert found["circles"]["rests_on"] == []  # u0 is in every circle that is about what they do
    listed = service.ask("GET", "/v1/users/u60/circles").json["items"]
    named = {label for item in listed for reason in item["reasons"] for label in reason["labels"]}
    assert (
        {part["label"] for part in card(service, "u60")["inferred"]["circles"]["rests_on"]} == named != set()
    )
    assert "chemist" not in str(found).lower()
    assert "pills" not in str(found).lower()


@pytest.mark.parametrize("way", ["categories", "merchants", "scenes"])
def test_what_it_offers_to_mute_can_be_muted_and_is_told_then(service, way):
    habit = card(service)["inferred"][way][0]
    kind, thing = habit["mute"]["kind"], habit["mute"]["id"]
    assert service.ask("PUT", f"/v1/users/u0/mutes/{kind}/{thing}").status_code == 200
    after = card(service)
    assert thing in after["muted"][kind]
    assert thing not in [one["mute"]["id"] for one in after["inferred"][way]]
    assert after["data"]["payments"] + after["data"]["muted"]["payments"] == 4


def test_it_says_for_what_each_consent_is_used(service):
    service.ask("PUT", "/v1/users/u0/consents/links", {"granted": False})
    uses = {use["purpose"]: use for use in card(service)["uses"]}
    assert [uses[name]["granted"] for name in ("circles", "links", "portraits")] == [True, False, True]
    assert uses["links"]["text"].startswith("Off")


def test_it_counts_who_asked_and_looking_at_it_is_no_answer(service):
    before = card(service)["asked"]["by_app"]
    card(service)
    rec_id = service.ask("GET", "/v1/users/u0/circles").json["rec_id"]
    service.ask("GET", "/v1/users/u0/circles?mode=non_profiling")
    service.ask("GET", "/v1/users/u0/invitations")
    service.ask("GET", f"/v1/recommendations/{rec_id}", key="operator")
    service.ask("GET", "/v1/users/u2/circles")
    asked = card(service)["asked"]
    assert asked["by_app"] == before | {"circles": before["circles"] + 1, "invitations": 1}
    assert asked["by_operator"] == {"receipts_seen": 1, "portraits_seen": 0}


def test_others_are_not_in_it_and_it_is_for_nobody_else(service):
    names = service.context.pseudonyms.of_many([f"u{number}" for number in range(1, 80)])
    assert not [name for name in names if name in str(card(service))]
    assert service.ask("GET", "/v1/users/u2/card", key="member").status_code == 404
    assert service.ask("GET", "/v1/users/absent/card").status_code == 404
    assert service.ask("GET", "/v1/users/u0/card?days=91").status_code == 422


def test_of_somebody_new_it_says_that_there_is_nothing(service):
    service.ask("PUT", "/v1/users/nina", {"adult": True})
    found = card(service, "nina")
    assert (found["data"]["payments"], found["data"]["since"]) == (0, None)
    assert [use["granted"] for use in found["uses"]] == [False] * 3
    assert found["inferred"]["circles"]["personalised"] is False
