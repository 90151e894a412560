"""What is written into the audit log when the service is used, and that nothing is done that cannot be."""

import pytest

from api.audit import Action
from api.services import erasure
from embeddings.registry import Registry

REASON = {"reason": "spam"}


def deeds(service):
    """(action, who, object) of everything but the keys that the fixture made."""
    told = [entry.shown() for entry in service.context.audit.entries()]
    rows = [(entry["action"], entry.get("who"), entry.get("object")) for entry in told]
    return [row for row in rows if row[0] != Action.KEY_CREATED]


def id_of(service, role):
    return service.keys[role].split("_")[1]


def test_keys_are_written_down_from_their_making_to_their_end(service):
    keys = service.context.keys
    new = keys.rotate(id_of(service, "operator"), now=service.context.now(), overlap_s=0)
    keys.revoke(new.split("_")[1], now=1)
    old, made = id_of(service, "operator"), new.split("_")[1]
    assert deeds(service) == [
        ("key.rotated", "command line", f"{old} by {made}"),
        ("key.revoked", "command line", made),
    ]


def test_the_operators_deeds_name_the_key_and_the_circle(service):
    service.ask("PUT", "/v1/circles/drinkers/quarantine", REASON, key="operator")
    service.ask("DELETE", "/v1/circles/drinkers/quarantine", key="operator")
    service.ask("PUT", "/v1/circles/nothing/quarantine", REASON, key="operator")  # nothing was done
    who = id_of(service, "operator")
    assert deeds(service) == [
        ("circle.quarantined", who, "drinkers"),
        ("circle.released", who, "drinkers"),
    ]


def test_a_consent_is_sealed_whoever_gives_it(service):
    for key in ("service", "member"):
        service.ask("PUT", "/v1/users/u0/consents/links", {"granted": key == "service"}, key=key)
    assert deeds(service) == [
        ("consent.granted", id_of(service, "service"), None),
        ("consent.withdrawn", None, None),
    ]
    told = list(service.context.audit.about(service.context.pseudonyms.of("u0")))
    consents = [(entry["who"], entry["object"]) for entry in told if "consent" in entry["action"]]
    assert consents == [(id_of(service, "service"), "links"), (id_of(service, "member"), "links")]


def test_somebody_elses_consent_leaves_no_entry(service):
    service.ask("PUT", "/v1/users/u1/consents/links", {"granted": True}, key="member")
    assert deeds(service) == []


def test_who_looked_at_fans_and_who_took_them_as_a_file(service):
    for _ in range(2):
        service.ask("GET", "/v1/merchants/c0/portrait", key="operator")
    service.ask("GET", "/v1/merchants/c0/peers?format=csv", key="operator")
    service.ask("GET", "/v1/merchants/k0/portrait", key="merchant")  # another one's: 404
    who = id_of(service, "operator")
    assert [(action, by) for action, by, _ in deeds(service)] == [("fans.seen", who), ("file.taken", who)]
    assert deeds(service)[0][2] == "c0"
    assert "peers" in deeds(service)[1][2]


def test_signing_in_is_written_down(service):
    service.visitor("merchant")
    service.visitor().post("/merchant/session", data={"key": "wrong"})
    assert deeds(service) == [("signed_in", id_of(service, "merchant"), "c0")]


def test_a_receipt_that_the_operator_looks_at_is_written_down_for_the_person(service):
    rec_id = service.ask("GET", "/v1/users/u0/circles").json["rec_id"]
    for key in ("service", "operator"):
        for path in ("", "/replay"):
            assert service.ask("GET", f"/v1/recommendations/{rec_id}{path}", key=key).status_code == 200
    assert deeds(service) == 2 * [("receipt.seen", id_of(service, "operator"), None)]
    (*_, told) = service.context.audit.about(service.context.pseudonyms.of("u0"))
    assert told["object"] == rec_id


def test_a_version_rolled_back_is_written_down_even_where_there_is_none_before(service):
    version = service.ask("GET", "/v1/models").json["items"][0]["version"]
    service.ask("POST", f"/v1/models/{version}:rollback", key="operator")
    assert deeds(service) == [("model.rolled_back", id_of(service, "operator"), version)]


def test_an_erasure_is_written_down_and_leaves_nothing_to_read_of_the_person(service):
    context = service.context
    user = context.pseudonyms.of("u60")
    service.ask("PUT", "/v1/users/u60/consents/links", {"granted": True})
    service.ask("GET", "/v1/users/u60/circles")
    erasure.forget(
        context.home, context.store.get(), Registry(context.home.versions), user, clock=context.now
    )
    assert [action for action, *_ in deeds(service)] == ["consent.granted", "erasure.done"]
    assert list(context.audit.about(user)) == []
    assert context.audit.verify().problem is None
    files = [path for path in context.home.path.glob("service.db*") if path.is_file()]
    assert not any(user.encode() in path.read_bytes() for path in files)


@pytest.mark.parametrize(
    ("method", "path", "body", "key"),
    [
        ("PUT", "/v1/users/u0/consents/links", {"granted": True}, "service"),
        ("PUT", "/v1/circles/drinkers/quarantine", REASON, "operator"),
        ("DELETE", "/v1/users/u0", None, "service"),
        ("GET", "/v1/merchants/c0/portrait", None, "operator"),
    ],
)
def test_what_cannot_be_written_down_is_not_done(service, method, path, body, key):
    service.ask("GET", "/v1/models", key="service")
    before = service.ask("GET", "/v1/users/u0").json
    service.context.db._connection.execute("pragma query_only = on")
    answer = service.ask(method, path, body, key=key)
    assert (answer.status_code, answer.json["code"]) == (503, "store_unavailable")
    service.context.db._connection.execute("pragma query_only = off")
    assert service.ask("GET", "/v1/users/u0").json == before
    assert service.ask("GET", "/v1/circles/drinkers", key="operator").json["state"] == "open"
    assert deeds(service) == []
