"""Keys against every route there is: without a right key nothing, and with one's own nothing of another's.

Walks the application's own map, so that a new route is attacked the day it is made.
"""

import re
import time
from dataclasses import dataclass

import pytest

from api.app import create_app
from api.audit import BEGINNING
from api.auth import Role
from api.guard import roles_of, scope_of
from api.scopes import SCOPES
from graph.policy.circle_links import checked_terms
from graph.settings import Settings
from graph.stores.invitations import Audience, AudienceState

SECRET_NAME = "Friends of the Hidden Orchid"  # of the other merchant's circle
OWN = {"merchant_id": "m0", "circle_id": "own", "user_id": "u0"}
# What belongs to somebody else, by the name it has in an address, and what nobody has.
ANOTHERS = {
    "circle_id": "hidden-orchid",
    "merchant_id": "m1",
    "user_id": "u1",
    "circle_link_id": "cl_hidden",
    "audience_id": "au_hidden",
    "job_id": "hidden",  # filled in below
}
UNKNOWN = dict.fromkeys(ANOTHERS, "nothing")
OF_ROLE = {
    Role.MERCHANT: {"circle_id", "merchant_id", "circle_link_id", "audience_id"},
    Role.MEMBER: {"user_id", "job_id"},
    Role.SCIENTIST: {"job_id"},
    Role.SERVICE: {"job_id"},
}
# A whole body for each route that looks at whose it is only after it has read one.
BODIES = {
    ("PUT", "/v1/users/<user_id>/consents/<purpose>"): {"granted": True},
    ("PATCH", "/v1/circles/<circle_id>"): {"name": "Mine now"},
    ("POST", "/v1/circles/<circle_id>/audiences"): {"target_fit": 0.7, "confidence": 0.95},
    ("POST", "/v1/circles/<string:circle_id>/audiences:preview"): {"target_fit": 0.7, "confidence": 0.95},
    ("POST", "/v1/audiences/<audience_id>/invitations"): {"message_ref": "post-1"},
    ("POST", "/v1/circles/<circle_id>/relays"): {
        "link_id": "cl_hidden",
        "topic": "coffee",
        "message_ref": "post-1",
    },
}
# What a member may see of a circle is public.
PUBLIC = {(Role.MEMBER, method, "/v1/circles/<circle_id>") for method in ("GET", "HEAD")}
PLAIN = {"purpose": "circles", "kind": "circles", "what": "portrait"}


@dataclass(frozen=True)
class House:
    """A real application with two merchants, two members, and something of each of them."""

    app: object
    context: object
    keys: dict[str, str]

    def open(self, method, rule, values, key, **headers):
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: values.get(name[1], PLAIN.get(name[1], "x")), rule)
        body = BODIES.get((method, rule), {}) if method in ("POST", "PUT", "PATCH") else None
        headers |= {"X-Request-Id": "one", "If-Match": '"1"'}
        if key is not None:
            headers["Authorization"] = key if " " in key else f"Bearer {key}"
        return self.app.test_client().open(path, method=method, headers=headers, json=body)

    def routes(self):
        """(method, rule, endpoint) of everything that asks for a key."""
        for rule in self.app.url_map.iter_rules():
            if roles_of(self.app, rule.endpoint) is not None:
                for method in sorted(rule.methods - {"OPTIONS"}):
                    yield method, rule.rule, rule.endpoint


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    off = {"rate_failures": "off", "rate_writes": "off", "rate_public": "off"}
    app = create_app(Settings(home=tmp_path_factory.mktemp("keys"), **off))
    context = app.extensions["circles"]
    store, now = context.store.get(), int(time.time())
    store.upsert("Merchant", {"id": ["m0", "m1", "m2"], "name": ["Mine", "Hidden Orchid Ltd", "Third"]})
    circles = {
        "id": ["own", "hidden-orchid", "third"],
        "name": ["Own", SECRET_NAME, "Third"],
        "owner_id": ["m0", "m1", "m2"],
        "state": ["open"] * 3,
        "created_at": [1] * 3,
    }
    _, hidden, third = store.upsert("Circle", circles).tolist()
    store.upsert("User", {"id": context.pseudonyms.of_many(["u0", "u1"]), "city": [None, "Hidden City"]})
    terms = checked_terms(["coffee"], 2, most_per_week=7)
    merchants = store.indices("Merchant", ["m1"]).tolist()
    store.propose_circle_link("cl_hidden", hidden, third, terms, owner=merchants[0], at=1)
    audience = Audience(
        audience_id="au_hidden",
        circle=hidden,
        owner="m1",
        state=AudienceState.READY,
        topics=frozenset(),
        asked="{}",
        certificate=None,
        funnel=None,
        sending=None,
        problem=None,
        created_at=now,
        valid_until=now + 86400,
    )
    store.create_audience(audience, most=20)
    ANOTHERS["job_id"] = context.jobs.add("train", {}, owner="somebody", now=now).job_id
    context.jobs.end(ANOTHERS["job_id"], now=now, result={})
    subjects = {Role.MERCHANT: "m0", Role.MEMBER: context.pseudonyms.of("u0")}
    keys = {role: context.keys.create(role, subject=subjects.get(role), now=now) for role in Role}
    yield House(app, context, keys)
    context.close()


def no_keys(house):
    """Every way of having no valid key, by name."""
    keys, now = house.context.keys, int(time.time())
    good = house.keys[Role.OPERATOR]
    revoked, expired = (keys.create("operator", now=now - 100, expires_at=at) for at in (None, now - 1))
    keys.revoke(revoked.split("_")[1], now=now)
    rotated = keys.create("operator", now=now)
    keys.rotate(rotated.split("_")[1], now=now, overlap_s=0)
    return {
        "none": None,
        "malformed": "ck_x",
        "unknown": f"ck_000000000000_{'0' * 64}",
        "another secret": good[:-64] + "0" * 64,
        "a letter more": good + "0",
        "in capitals": good.upper(),
        "another scheme": f"Basic {good}",
        "two keys": f"Bearer {good} {good}",
        "a token": "Bearer a.b.c",
        "revoked": revoked,
        "expired": expired,
        "rotated": rotated,
    }


def test_whatever_is_wrong_with_a_key_every_route_gives_the_same_refusal(house):
    for what, key in no_keys(house).items():
        seen = set()
        for method, rule, _ in house.routes():
            answer = house.open(method, rule, ANOTHERS, key)
            assert answer.status_code == 401, (what, method, rule)
            seen |= {answer.data} if method != "HEAD" else set()
        assert len(seen) == 1, what


def test_a_role_or_a_scope_that_a_route_does_not_name_is_refused(house):
    keys, now = house.context.keys, int(time.time())
    for method, rule, endpoint in house.routes():
        roles = roles_of(house.app, endpoint)
        for role in Role:
            subject = {"merchant": "m0", "member": house.context.pseudonyms.of("u0")}.get(role)
            if role in roles:
                others = set(SCOPES) - {scope_of(house.app, endpoint)}
                key = keys.create(role, subject=subject, scopes=others, now=now)
            else:
                key = house.keys[role]
            answer = house.open(method, rule, OWN, key)
            assert answer.status_code == 403, (role, method, rule)
            assert method == "HEAD" or answer.json["code"] == "scope"


def test_what_is_anothers_and_what_nobody_has_are_the_same_bytes(house):
    tried = 0
    for method, rule, endpoint in house.routes():
        named = set(re.findall(r"<(?:\w+:)?(\w+)>", rule))
        for role in roles_of(house.app, endpoint) & OF_ROLE.keys():
            if not named & OF_ROLE[role]:
                continue
            another = house.open(method, rule, ANOTHERS, house.keys[role])
            unknown = house.open(method, rule, UNKNOWN, house.keys[role])
            if (role, method, rule) in PUBLIC:
                continue
            assert another.status_code in (404, 422), (role, method, rule, another.text)
            assert (another.status_code, another.data) == (unknown.status_code, unknown.data)
            tried += another.status_code == 404
    assert tried >= 30


def test_no_answer_to_one_merchant_or_member_names_what_is_anothers(house):
    for method, rule, endpoint in house.routes():
        for role in (Role.MERCHANT, Role.MEMBER):
            if role not in roles_of(house.app, endpoint) or method in ("DELETE", "HEAD"):
                continue
            for values in (OWN, ANOTHERS):
                answer = house.open(method, rule, values, house.keys[role])
                assert answer.status_code < 500 or answer.json["code"] == "no_published_version", rule
                is_public = (role, method, rule) in PUBLIC
                for hidden in (SECRET_NAME, "Hidden City", "au_hidden"):
                    assert is_public or hidden not in answer.text, (role, method, rule)


def test_nothing_that_was_refused_left_a_trace_in_what_is_anothers(house):
    store = house.context.store.get()
    for method, rule, endpoint in house.routes():
        for role in (Role.MERCHANT, Role.MEMBER):
            if role in roles_of(house.app, endpoint) and method not in ("GET", "HEAD"):
                house.open(method, rule, ANOTHERS, house.keys[role])
    circle = store.circle("hidden-orchid")
    assert (circle.name, circle.state) == (SECRET_NAME, "open")
    assert store.user(house.context.pseudonyms.of("u1")).city == "Hidden City"
    assert store.user_state(house.context.pseudonyms.of("u1")).consents == frozenset()
    assert store.audience("au_hidden").state is AudienceState.READY
    assert store.circle_link("cl_hidden").state.value == "proposed"
    assert house.context.audit.verify(BEGINNING.hex()).problem is None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/circle-links", {"from": "{circle}", "to": "third", "topics": ["tea"], "rate": 1}),
        ("GET", "/v1/circle-links?circle_id={circle}", None),
        ("POST", "/v1/circles/own/relays", {"link_id": "{link}", "topic": "coffee", "message_ref": "post-1"}),
    ],
)
def test_what_is_anothers_in_a_body_or_a_query_is_what_nobody_has(house, method, path, body):
    answers = []
    for circle, link in (("hidden-orchid", "cl_hidden"), ("nothing", "cl_nothing")):
        filled = {
            name: value.format(circle=circle, link=link) if isinstance(value, str) else value
            for name, value in (body or {}).items()
        } or None
        headers = {"Authorization": f"Bearer {house.keys[Role.MERCHANT]}", "X-Request-Id": "one"}
        found = house.app.test_client().open(
            path.format(circle=circle), method=method, headers=headers, json=filled
        )
        answers.append((found.status_code, found.data))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


def test_a_merchants_session_opens_no_page_of_another_merchant(house):
    client, tried = house.app.test_client(), 0
    assert client.post("/merchant/session", data={"key": house.keys[Role.MERCHANT]}).status_code == 303
    for rule in house.app.url_map.iter_rules():
        if "<merchant_id>" not in rule.rule or not rule.rule.startswith("/merchant/"):
            continue
        path = rule.rule.replace("<what>", "portrait")
        for method in sorted(rule.methods - {"OPTIONS", "POST"}):
            another, unknown = (
                client.open(path.replace("<merchant_id>", merchant), method=method)
                for merchant in ("m1", "nobody")
            )
            assert (another.status_code, another.data) == (404, unknown.data), rule.rule
            tried += 1
    assert tried >= 10
