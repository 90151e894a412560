"""Somebody who agreed to nothing is in nobody's answer: whatever they do, all answers stay the same.

Every route that reads is asked as it stands in the contract, by every role that it takes, before and after.
"""

import re

from api import contract
from api.guard import roles_of
from tests.api.conftest import published_home, service, settings  # noqa: F401 - fixtures

NAMES = {
    "user_id": ["u0", "u61"],
    "circle_id": ["drinkers", "climbers"],
    "merchant_id": ["c0"],
    "product_id": ["beans"],
    "a": ["current"],
    "b": ["current"],
    "version": ["current"],
}
PREVIEWS = {"POST /v1/themes:preview": {"words": ["coffee"]}}
# Ids and moments of an answer, which another answer to the same question has too.
OF_ONE_ANSWER = re.compile(r'(rec|cur|req)_[0-9a-f]+|"instance":"[^"]*"|\d{4}-\d\d-\d\dT[\d:.]+Z')
ASKED = re.compile(r'"asked":\{.*\},"muted"')  # of a card, which counts these very questions


def questions(app):
    """Method, path and role of everything that reads about people."""
    rules = app.url_map.iter_rules()
    endpoints = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule): rule.endpoint for rule in rules}
    for method, path, _ in contract.operations(contract.of(app)):
        if path.startswith("/v1") and (method == "GET" or f"{method} {path}" in PREVIEWS):
            for role in sorted(roles_of(app, endpoints[path]) or ()):
                yield from ((method, path, filled, role) for filled in paths(path))


def paths(path):
    names = re.findall(r"{(\w+)}", path)
    for turn in range(2):
        filled = path
        for name in names:
            choices = NAMES.get(name, ["x1"])
            filled = filled.replace(f"{{{name}}}", choices[turn % len(choices)])
        yield filled


def answers(house, version):
    found = {}
    for method, path, filled, role in questions(house.app):
        body = PREVIEWS.get(f"{method} {path}")
        answer = house.ask(method, filled.replace("current", version), body, key=role)
        text = ASKED.sub("", answer.text)
        found[method, filled, role] = answer.status_code, OF_ONE_ANSWER.sub("", text)
    return found


def lead_a_life(house, user):
    """Everything that the others did, and more, without agreeing to anything."""
    house.ask("PUT", f"/v1/users/{user}", {"verified": True, "adult": True, "city": "Oslo"})
    payments = [
        {"payment_id": f"{user}-{i}", "user_id": user, "merchant_id": f"{'ck'[i % 2]}{i % 4}",
         "product_id": ("beans", "rope")[i % 2], "paid_at": f"2026-08-{i + 1:02}T08:00:00Z"}
        for i in range(24)
    ]  # fmt: skip
    assert house.ask("POST", "/v1/payments", payments).json["accepted"] == 24
    rec_id = house.ask("GET", f"/v1/users/{user}/circles").json["rec_id"]
    events = [("exposure", "drinkers"), ("click", "drinkers"), ("dismiss", "newcomers")]
    for kind, circle in events:
        told = {"event_id": f"{user}-{kind}", "kind": kind, "user_id": user, "circle_id": circle}
        body = told | ({"rec_id": rec_id} if kind != "dismiss" else {})
        assert house.ask("POST", "/v1/events", [body]).json["accepted"] == 1


def test_who_agreed_to_nothing_is_in_no_answer(service):  # noqa: F811
    version = service.context.versions.registry.current_name()
    before = answers(service, version)
    before = answers(service, version)  # what is noted at the first look is noted
    lead_a_life(service, "quiet")
    after = answers(service, version)
    assert len(after) > 60
    assert {asked for asked in after if after[asked] != before[asked]} == set()
    pseudonym = service.context.pseudonyms.of("quiet")
    assert not [asked for asked, (_, text) in after.items() if pseudonym in text or "quiet" in text]


def test_what_they_are_told_themself_rests_on_nothing_they_did(service):  # noqa: F811
    lead_a_life(service, "quiet")
    answer = service.ask("GET", "/v1/users/quiet/circles").json
    assert (answer["personalised"], answer["reason"]) == (False, "consent_missing")
    for path in ("links", "invitations", "relays"):
        assert service.ask("GET", f"/v1/users/quiet/{path}").json["items"] == []
