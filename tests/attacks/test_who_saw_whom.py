"""No answer about other people without an entry: every route that gives one is asked, and the log is read."""

import re
from functools import partial

import pytest

from api import contract
from api.audiences.asked import House
from api.audiences.finish import finish
from api.audit import Action
from api.services import audiences
from graph.policy.audiences import checked_wish

# What an answer of these routes says of people to others than themselves, and the entry that it leaves.
LEAVES = {
    "GET /v1/users/{user_id}/links": {Action.LINKS_SEEN, Action.LINK_SEEN},
    "GET /v1/links/{link_id}": {Action.LINKS_SEEN, Action.LINK_SEEN},
    "GET /v1/merchants/{merchant_id}/portrait": {Action.FANS_SEEN},
    "GET /v1/merchants/{merchant_id}/fan-graph": {Action.FANS_SEEN},
    "GET /v1/merchants/{merchant_id}/peers": {Action.FANS_SEEN},
    "GET /v1/audiences/{audience_id}": {Action.AUDIENCE_SEEN},
    "DELETE /v1/audiences/{audience_id}": {Action.AUDIENCE_SEEN},
    "POST /v1/circles/{circle_id}/audiences:preview": {Action.AUDIENCE_SEEN},
    "POST /v1/circles/{circle_id}/audiences": {Action.AUDIENCE_SEEN},  # beside that it was made
    "POST /v1/audiences/{audience_id}/invitations": {Action.AUDIENCE_SENT},
    "GET /v1/audiences/{audience_id}/results": {Action.AUDIENCE_SEEN},
}
LATER = {"POST /v1/links/{link_id}/responses"}  # only once both accept, see below
ABOUT = r"/(links|merchants|audiences)\b"  # paths that tell of links, portraits and audiences
OTHERS = {  # of such paths: what merchants are, and what a person alone is asked
    "GET /v1/merchants/{merchant_id}",
    "PUT /v1/merchants/{merchant_id}",
}


def new_entries(context, ask):
    before = context.audit.verify().entries
    response = ask()
    assert response.status_code < 300, response.text
    return {entry.shown()["action"] for entry in context.audit.entries() if entry.number > before}


def test_every_route_that_tells_of_links_portraits_or_audiences_is_watched_here(town_service):
    found = {f"{verb} {path}" for verb, path, _ in contract.operations(contract.of(town_service.app))}
    about = {place for place in found if re.search(ABOUT, place)} - OTHERS
    assert about == LEAVES.keys() | LATER


@pytest.mark.parametrize("what", ["portrait", "fan-graph", "peers"])
def test_whoever_sees_a_portrait_leaves_an_entry(town_service, what):
    seen = new_entries(
        town_service.context, lambda: town_service.ask("GET", f"/v1/merchants/c0/{what}", key="c0")
    )
    assert seen == LEAVES[f"GET /v1/merchants/{{merchant_id}}/{what}"]


def test_a_merchants_page_leaves_an_entry_too(town_service):
    browser = town_service.visitor("c0")
    assert Action.FANS_SEEN in new_entries(town_service.context, lambda: browser.get("/merchant/c0"))


AUDIENCES = [  # in this order: what is closed can still be looked at, what was not sent has no results
    ("POST", "/circles/{circle_id}/audiences:preview", {"target_fit": 0.7}),
    ("POST", "/circles/{circle_id}/audiences", {"target_fit": 0.7}),
    ("GET", "/audiences/{audience_id}", None),
    ("POST", "/audiences/{audience_id}/invitations", {"message_ref": "m1"}),
    ("GET", "/audiences/{audience_id}/results", None),
    ("DELETE", "/audiences/{audience_id}", None),
]


def test_whoever_sees_an_audience_leaves_an_entry(town_service):
    context, wish = town_service.context, checked_wish(town_service.context.policy.audiences, target_fit=0.7)
    for more in ({"preview": True}, {"key": "one"}):  # chosen here: a process of its own takes long to start
        made = audiences.ask(context, "k0", "ropes", wish, now=context.now(), **more).audience_id
        finish(House(context.home, context.store.get(), context.policy), made, now=context.now())
    for verb, path, body in AUDIENCES:
        headers = {
            "Authorization": f"Bearer {town_service.new_key('merchant', 'k0')}",
            "Idempotency-Key": "one",
        }
        where = "/v1" + path.format(circle_id="ropes", audience_id=made)
        ask = partial(town_service.app.test_client().open, where, method=verb, json=body, headers=headers)
        assert new_entries(context, ask) == LEAVES[f"{verb} /v1{path}"], path


def test_both_sides_of_a_suggestion_have_entries_of_their_own_that_name_nobody_else(link_house):
    house = link_house({(0, 1): 0.8, (0, 2): 0.7})
    house.key(0)
    seen = new_entries(house.context, lambda: house.ask("GET", "/v1/users/u0/links", 0))
    assert seen == LEAVES["GET /v1/users/{user_id}/links"]
    told = {user: list(house.context.audit.about(house.context.pseudonyms.of(user))) for user in ("u0", "u1")}
    (mine,) = [entry for entry in told["u0"] if entry["action"] == Action.LINKS_SEEN]
    (theirs,) = [entry for entry in told["u1"] if entry["action"] == Action.LINK_SEEN]
    assert set(mine["object"].split()) == {house.handle(0, 1), house.handle(0, 2)}
    assert theirs["object"] == house.handle(0, 1)
    assert (theirs.get("who"), theirs["role"]) == (None, "member")
    everybody = house.context.pseudonyms.of_many([f"u{i}" for i in range(3)])
    assert not any(
        user in str(entry.shown()) for entry in house.context.audit.entries() for user in everybody
    )


def test_a_single_link_and_the_name_behind_it_leave_entries(link_house):
    house = link_house({(0, 1): 0.8})
    context, handle = house.context, house.handle(0, 1)
    house.links(0), house.links(1)
    place = "GET /v1/links/{link_id}"
    assert new_entries(context, lambda: house.ask("GET", f"/v1/links/{handle}?user_id=u0", "service")) == (
        LEAVES[place] | {Action.KEY_CREATED}
    )
    assert new_entries(context, lambda: house.respond(0, 1, "accept")) == set()
    context.audit._seen.clear()  # an hour later
    assert new_entries(context, lambda: house.respond(1, 0, "accept")) == LEAVES[place]


def test_nobody_is_shown_when_it_cannot_be_written_down(link_house):
    house = link_house({(0, 1): 0.8})
    house.key(0)
    house.context.db._connection.execute("pragma query_only = on")
    assert house.ask("GET", "/v1/users/u0/links", 0).status_code == 503
