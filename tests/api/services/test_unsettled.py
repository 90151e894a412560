"""Suggestions of whoever muted payments since are hidden from both sides, until it is taken back."""

import numpy as np
import pytest

from graph.edges import LAYOUTS, UserEdges
from graph.policy.payment_mutes import Mutable
from tests.logs import rows

SHOP, OTHER_SHOP = 0, 1


@pytest.fixture
def pair(link_house):
    """u0 with u1, who both paid at `SHOP`, and with u2, who paid elsewhere."""
    house = link_house({(0, 1): 0.8, (0, 2): 0.7}, num_people=3)
    house.store.intern("Merchant", ["shop", "other"])
    paid = [(SHOP, 3, 3, 0, 1, 5, 9), (SHOP, 3, 3, 0, 1, 5, 9), (OTHER_SHOP, 3, 3, 0, 1, 5, 9)]
    edges = UserEdges(np.arange(3), np.arange(4), np.array(paid, dtype=LAYOUTS["paid"]))
    house.store.set_edges("paid", edges)
    return house


def decide(house, muted, user=0, merchant=SHOP):
    write = house.store.mute_payments if muted else house.store.unmute_payments
    paid = rows(*[{"paid_at": 5}] * 3, user=user, merchant=merchant)
    assert write(user, Mutable.MERCHANTS, str(merchant), 9, paid)


def seen(house, viewer):
    return {item["link_id"] for item in house.links(viewer)}


@pytest.mark.parametrize("who", [0, 1])
def test_a_mute_of_either_hides_the_pair_from_both_until_it_is_taken_back(pair, who):
    before = [seen(pair, viewer) for viewer in range(3)]
    decide(pair, True, who)
    assert pair.handle(0, 1) not in seen(pair, 0)
    assert seen(pair, 1) == set()
    decide(pair, False, who)
    assert [seen(pair, viewer) for viewer in range(3)] == before


@pytest.mark.parametrize("merchant", [SHOP, OTHER_SHOP])
def test_a_mute_does_not_tell_its_owner_where_somebody_else_pays(pair, merchant):
    decide(pair, True, 0, merchant)
    assert seen(pair, 0) == set()


def test_a_mute_of_somebody_else_does_not_tell_where_they_paid(pair):
    before = seen(pair, 0)
    decide(pair, True, 1, OTHER_SHOP)
    assert seen(pair, 0) == before - {pair.handle(0, 1)}


def test_what_is_hidden_answers_as_what_never_was_and_a_refusal_is_kept(pair):
    decide(pair, True, 1)
    answers = [pair.respond(0, handle, "accept") for handle in (pair.handle(0, 1), "0" * 32)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].data == answers[1].data
    assert pair.ask("GET", f"/v1/links/{pair.handle(0, 1)}", 0).status_code == 404
    assert pair.respond(0, 1, "decline").data == answers[1].data
    decide(pair, False, 1)
    assert pair.handle(1, 0) not in seen(pair, 1)


def test_people_who_accepted_each_other_stay_connected(pair):
    for one, other in ((0, 1), (1, 0)):
        pair.respond(one, other, "accept")
    decide(pair, True)
    (item,) = pair.links(0, "state=connected")
    assert item["state"] == "connected"
    assert pair.respond(0, 1, "accept").json["state"] == "connected"
