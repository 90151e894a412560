"""Messages between circles over HTTP, and mutes."""

import pytest

from api.schemas.between import MutesOut, RelaysOut
from tests.crowds import open_link


@pytest.fixture
def linked(climb):
    """The drinkers' messages reach the climbers (u1, u3, ...)."""
    open_link(climb)
    return climb


def send(service, ref="msg-1", *, key="merchant", circle="drinkers", topic="tea", **more):
    link = service.ask("GET", "/v1/circle-links", key="operator").json["items"][0]["link_id"]
    body = {"link_id": link, "topic": topic, "message_ref": ref}
    return service.ask("POST", f"/v1/circles/{circle}/relays", body, key=key, **more)


def received(service, user="u1"):
    answer = service.ask("GET", f"/v1/users/{user}/relays")
    assert answer.status_code == 200, answer.text
    RelaysOut.model_validate(answer.json)
    return [item["message_ref"] for item in answer.json["items"]]


def test_a_message_reaches_members_by_reference_and_its_sender_learns_nothing(linked):
    sent = send(linked)
    assert sent.status_code == 201
    assert set(sent.json) == {"relay_id", "link_id", "topic"}
    assert (received(linked, "u1"), received(linked, "u0")) == (["msg-1"], [])
    (item,) = linked.ask("GET", "/v1/users/u1/relays").json["items"]
    assert (item["from"], item["circle_id"], item["topic"]) == ("drinkers", "climbers", "tea")


def test_sent_again_it_is_one_message(linked):
    assert [send(linked).status_code for _ in range(2)] == [201, 200]
    headers = {"Idempotency-Key": "k-1"}
    assert send(linked, "msg-2", headers=headers).status_code == 201
    again = send(linked, "msg-2", headers=headers)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    other = send(linked, "msg-3", headers=headers)
    assert (other.status_code, other.json["code"]) == (422, "key_reused")
    assert sorted(received(linked)) == ["msg-1", "msg-2"]


def test_over_the_rate_it_says_when_to_come_back(linked):
    send(linked, "1")
    send(linked, "2")
    refused = send(linked, "3")
    assert (refused.status_code, refused.json["code"]) == (429, "rate_exceeded")
    assert 604_000 < int(refused.headers["Retry-After"]) <= 604_800


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"key": "climb"}, 404),
        ({"key": "climb", "circle": "climbers"}, 404),
        ({"circle": "bakers"}, 404),
        ({"topic": "weather"}, 422),
        ({"ref": "free text of a message"}, 422),
    ],
)
def test_what_was_not_agreed_does_not_pass(linked, more, status):
    assert send(linked, **more).status_code == status
    assert received(linked) == []


def test_nothing_passes_before_both_accept_nor_after_one_withdraws(climb):
    body = {"from": "drinkers", "to": "climbers", "topics": ["tea"], "rate": 2}
    link = climb.ask("POST", "/v1/circle-links", body, key="merchant").json["link_id"]
    assert (send(climb).status_code, received(climb)) == (403, [])
    climb.ask("POST", f"/v1/circle-links/{link}/acceptance", key="climb")
    assert (send(climb).status_code, received(climb)) == (201, ["msg-1"])
    climb.ask("DELETE", f"/v1/circle-links/{link}", key="climb")
    assert (send(climb, "msg-2").status_code, received(climb)) == (403, [])


@pytest.mark.parametrize("mute", ["circles/climbers", "circles/drinkers", "owners/c0", "owners/k0"])
def test_a_mute_counts_at_once_and_can_be_taken_back(linked, mute):
    send(linked)
    answer = linked.ask("PUT", f"/v1/users/u1/mutes/{mute}")
    MutesOut.model_validate(answer.json)
    kind, _, name = mute.partition("/")
    assert (answer.status_code, answer.json[kind]) == (200, [name])
    assert received(linked) == []
    assert linked.ask("GET", "/v1/users/u1/mutes").json == answer.json
    assert linked.ask("DELETE", f"/v1/users/u1/mutes/{mute}").json[kind] == []
    assert received(linked) == ["msg-1"]


def test_an_empty_list_says_why_of_the_person_alone(linked):
    def why(user):
        return linked.ask("GET", f"/v1/users/{user}/relays").json["why_empty"]

    assert (why("u1"), why("u79")) == ("nothing was passed on to them", "the person is in no circle")
    linked.ask("PUT", "/v1/users/u1/consents/circles", {"granted": False})
    assert "`circles`" in why("u1")


def test_members_see_their_own_and_unknown_things_are_404(linked):
    send(linked)
    assert linked.ask("GET", "/v1/users/u0/relays", key="member").status_code == 200
    for path in ("relays", "mutes"):
        assert linked.ask("GET", f"/v1/users/u1/{path}", key="member").status_code == 404
    assert linked.ask("PUT", "/v1/users/u1/mutes/circles/bakers", key="member").status_code == 404
    assert linked.ask("PUT", "/v1/users/u1/mutes/circles/absent").status_code == 404
    assert linked.ask("PUT", "/v1/users/u1/mutes/owners/absent").status_code == 404
    assert linked.ask("PUT", "/v1/users/absent/mutes/circles/bakers").status_code == 404
    assert linked.ask("PUT", "/v1/users/u1/mutes/shops/c0").status_code == 422


def test_messages_come_in_pages_and_a_replay_holds_to_mutes(linked):
    for ref in ("msg-1", "msg-2"):
        send(linked, ref)
    first = linked.ask("GET", "/v1/users/u1/relays?limit=1").json
    rest = linked.ask("GET", f"/v1/users/u1/relays?limit=1&cursor={first['next_cursor']}").json
    assert sorted(item["message_ref"] for item in first["items"] + rest["items"]) == ["msg-1", "msg-2"]
    assert "next_cursor" not in rest
    path = f"/v1/recommendations/{first['rec_id']}/replay"
    assert linked.ask("GET", path).json["same"] is True
    linked.ask("PUT", "/v1/users/u1/mutes/circles/drinkers")
    assert linked.ask("GET", path).json["withheld"] == {"not_visible": 1}
