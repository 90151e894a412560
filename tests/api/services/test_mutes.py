"""Muting one's own payments over HTTP: lists change at the next request, and come back as they were."""

import pytest

from api.schemas.between import MutesOut
from graph.log import payment_hash

EVERYTHING = ["merchants/c0", "categories/COFFEE", "scenes/dining", "payments/p60-0"]


def listed(service, user="u60"):
    """A list without its receipt's id."""
    answer = service.ask("GET", f"/v1/users/{user}/circles").json
    return answer["personalised"], answer["items"]


def paid(service, user="u60"):
    state = service.context.store.get().user_state(service.context.pseudonyms.of(user))
    return state.paid.tolist(), state.bought.tolist()


@pytest.mark.parametrize("mute", EVERYTHING)
def test_a_mute_changes_the_list_and_taking_it_back_restores_it(service, mute):
    service.ask(
        "PUT", "/v1/users/u60/mutes/merchants/k0"
    )  # never paid: the list is scored anew, nothing else
    before = listed(service), paid(service)
    assert before[0][0] is True
    answer = service.ask("PUT", f"/v1/users/u60/mutes/{mute}")
    MutesOut.model_validate(answer.json)
    assert listed(service) != before[0]
    assert paid(service) != before[1]
    assert service.ask("PUT", f"/v1/users/u60/mutes/{mute}").json == answer.json
    service.ask("DELETE", f"/v1/users/u60/mutes/{mute}")
    assert (listed(service), paid(service)) == before


def test_who_muted_everything_has_a_list_that_is_not_personal(service):
    service.ask("PUT", "/v1/users/u61/mutes/categories/CLIMBING GEAR")
    answer = service.ask("GET", "/v1/users/u61/circles").json
    assert (answer["personalised"], answer["reason"]) == (False, "nothing_known")
    assert listed(service, "u63")[0] is True  # who paid the same


def test_what_is_muted_is_told_by_kind(service):
    for mute in (*EVERYTHING, "circles/climbers", "owners/k0"):
        assert service.ask("PUT", f"/v1/users/u60/mutes/{mute}").status_code == 200
    told = service.ask("GET", "/v1/users/u60/mutes").json
    payment = f"{payment_hash('p60-0'):016x}"
    assert told == {
        "user_id": "u60", "circles": ["climbers"], "owners": ["k0"], "merchants": ["c0"],
        "categories": ["COFFEE"], "scenes": ["dining"], "payments": [payment],
    }  # fmt: skip


def test_what_is_muted_also_counts_for_nothing_when_it_is_paid_later(service):
    service.ask("PUT", "/v1/users/u60/mutes/categories/climbing gym")
    before = paid(service)
    new = {"payment_id": "n", "user_id": "u60", "merchant_id": "k0", "paid_at": "2026-09-18T08:00:00Z"}
    assert service.ask("POST", "/v1/payments", [new]).json["accepted"] == 1
    assert paid(service) == before
    service.ask("PUT", "/v1/users/u60/mutes/payments/n")
    service.ask("DELETE", "/v1/users/u60/mutes/categories/climbing gym")
    assert paid(service) == before
    service.ask("DELETE", "/v1/users/u60/mutes/payments/n")
    assert len(paid(service)[0]) == len(before[0]) + 1


def test_the_unknown_and_what_is_somebody_elses_look_alike(service):
    answers = [
        service.ask("PUT", f"/v1/users/u0/mutes/{mute}", key="member")
        for mute in (
            "payments/p2-0",
            "payments/absent",
            "merchants/absent",
            "categories/opera",
            "scenes/opera",
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data.replace(answer.json["instance"].encode(), b"") for answer in answers}) == 1
    assert service.ask("PUT", "/v1/users/u2/mutes/payments/p2-0", key="member").status_code == 404
    assert service.ask("PUT", "/v1/users/absent/mutes/scenes/dining").status_code == 404
    assert service.ask("PUT", "/v1/users/u0/mutes/shops/c0").status_code == 422


@pytest.mark.parametrize("kind", ["merchants", "owners"])
def test_that_somebody_paid_at_a_shop_nobody_described_is_told_to_nobody_else(service, kind):
    new = {"payment_id": "n", "user_id": "u60", "merchant_id": "hidden", "paid_at": "2026-09-18T08:00:00Z"}
    assert service.ask("POST", "/v1/payments", [new]).json["accepted"] == 1
    for verb in ("PUT", "DELETE"):
        absent, hidden = (
            service.ask(verb, f"/v1/users/u61/mutes/{kind}/{shop}") for shop in ("absent", "hidden")
        )
        assert (absent.status_code, hidden.status_code) == (404, 404)
    own = service.ask("PUT", f"/v1/users/u60/mutes/{kind}/hidden").status_code
    assert own == (200 if kind == "merchants" else 404)


def test_the_published_list_is_not_given_while_the_store_is_away(service, settings):
    service.ask("PUT", "/v1/users/u60/mutes/merchants/c0")
    user = service.context.pseudonyms.of("u60")
    assert service.context.versions.current().version.lists.entry(user) is None
