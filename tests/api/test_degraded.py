"""Every route while the store is away: what goes on, and that all else is 503 and says when to come back."""

import re
from dataclasses import replace

import pytest

from api.app import create_app
from api.guard import roles_of
from tests.api.conftest import Service

NOBODY = "bolt://neo4j:sesame@127.0.0.1:9"  # a port that nothing listens on
# What needs no store: published versions, receipts, jobs, and lists of published circles.
GOES_ON = {
    "GET /v1/users/<user_id>/circles": 200,
    "GET /v1/recommendations/<rec_id>": 200,
    "GET /v1/models": 200,
    "GET /v1/models/<version>": 200,
    "GET /v1/models/<a>/diff/<b>": 200,
    "POST /v1/circle-recommendations": 200,  # of payments alone, by the published circles
    "GET /v1/jobs/<job_id>": 404,  # there is none of this name
    "GET /v1/jobs/<job_id>/result": 404,
    "DELETE /v1/jobs/<job_id>": 404,
    "POST /v1/models/<string:version>:rollback": 409,  # there is none before the only one
    "POST /v1/training-jobs": 202,  # the job fails, and says why
    "POST /v1/models/<string:version>:promote": 202,  # the same
}
SERVICE = (  # the others of these are a scientist's
    "/v1/users/<user_id>/circles",
    "/v1/recommendations/<rec_id>",
    "/v1/circle-recommendations",
    "/v1/jobs/<job_id>/result",
)
BODIES = {
    "POST /v1/audiences/<audience_id>/invitations": {"message_ref": "m", "send_at": "2026-12-01T09:00:00Z"},
    "POST /v1/circle-recommendations": {"payments": [{"merchant_id": "c0"}]},
    "PUT /v1/merchants/<merchant_id>": {"name": "C0"},
    "PUT /v1/products/<product_id>": {"name": "Beans"},
    "POST /v1/circle-links": {"from": "drinkers", "to": "climbers", "topics": ["coffee"], "rate": 1},
    "POST /v1/circles": {"name": "Tea", "theme": {"words": ["tea"]}},
    "PATCH /v1/circles/<circle_id>": {"name": "Tea"},
    "POST /v1/circles/<circle_id>/audiences": {"target_fit": 0.7, "confidence": 0.9},
    "POST /v1/circles/<string:circle_id>/audiences:preview": {"target_fit": 0.7, "confidence": 0.9},
    "POST /v1/circles/<circle_id>/relays": {"link_id": "cl_1", "topic": "coffee", "message_ref": "m"},
    "PUT /v1/circles/<circle_id>/quarantine": {"reason": "a look is needed"},
    "POST /v1/events": {"event_id": "e", "kind": "join", "user_id": "u0", "circle_id": "climbers"},
    "POST /v1/invitations/<invitation_id>/responses": {"response": "accept"},
    "POST /v1/links/<link_id>/responses": {"response": "accept"},
    "POST /v1/payments": [
        {"payment_id": "p", "user_id": "u0", "merchant_id": "c0", "amount": "1", "currency": "CNY",
         "paid_at": "2026-09-01T08:00:00Z"}
    ],
    "POST /v1/themes:preview": {"words": ["tea"]},
    "POST /v1/training-jobs": {"gnn": False},
    "PUT /v1/users/<user_id>": {"adult": True},
    "PUT /v1/users/<user_id>/consents/<purpose>": {"granted": True},
}  # fmt: skip
QUERIES = {"GET /v1/search": "?q=tea"}
HEADERS = {"PATCH /v1/circles/<circle_id>": {"If-Match": '"1"'}}


@pytest.fixture(params=["embedded", "server"])
def away(request, store_away):
    """The service with its store gone, and a key of every role."""
    settings = store_away if request.param == "embedded" else replace(store_away, store=NOBODY)
    app = create_app(settings)
    service = Service(app, {})
    subjects = {"merchant": "c0", "member": service.context.pseudonyms.of("u0")}
    for role in ("service", "merchant", "member", "operator", "scientist"):
        service.keys[role] = service.new_key(role, subjects.get(role))
    yield service
    service.context.close()


def places(service):
    """What stands for each part of a path."""
    listed = service.ask("GET", "/v1/users/u0/circles").json
    assert (listed["degraded"], listed["reason"]) == (True, "store_unavailable")
    version = service.context.versions.registry.current_name()
    names = {"rec_id": listed["rec_id"], "version": version, "a": version, "b": version}
    return names | {"user_id": "u0", "purpose": "links", "kind": "circles", "circle_id": "drinkers",
                    "merchant_id": "c0"}  # fmt: skip


def test_every_route_goes_on_or_says_503_and_when_to_come_back(away):
    named, answers = places(away), {}
    for rule in away.app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"} if rule.rule.startswith("/v1") else ():
            route = f"{method} {rule.rule}"
            role = sorted(roles_of(away.app, rule.endpoint))[0]
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: named.get(found[1], "x1"), rule.rule)
            path, more = path + QUERIES.get(route, ""), {"headers": HEADERS.get(route, {})}
            if route not in GOES_ON:
                answers[route] = away.ask(method, path, BODIES.get(route), key=role, **more)
    wrong = {route: answer.text for route, answer in answers.items() if answer.status_code != 503}
    assert wrong == {}  # a new route that needs a body has a line in BODIES
    assert len(answers) > 35
    for route, answer in answers.items():
        assert (answer.json["code"], "Retry-After" in answer.headers) == ("store_unavailable", True), route


def test_what_needs_no_store_goes_on(away):
    named = places(away)
    for route, status in GOES_ON.items():
        method, rule = route.split(" ")
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: named.get(found[1], "x1"), rule)
        role = "service" if rule in SERVICE else "scientist"
        answer = away.ask(method, path, BODIES.get(route), key=role)
        assert answer.status_code == status, (route, answer.text)
        job = answer.json["job_id"] if status == 202 else None
        ended = away.ended(job) if job else None
        assert ended is None or (ended["state"], bool(ended["problem"])) == ("failed", True)
    assert away.ask("GET", "/readyz", key=None).json["missing"] == ["store: store_unavailable"]
