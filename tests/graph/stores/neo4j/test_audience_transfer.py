"""An import brings audiences, their people and invitations over as they were."""

from contextlib import closing

import pytest

from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer
from graph.policy.invitations import DAY_S, InvitationRules, Reply
from graph.stores.invitations import Arm, Audience, AudienceState, Person
from graph.stores.neo4j.transfer import transfer
from graph.stores.open import open_store

NOW = 1_790_000_000
RULES = InvitationRules(quiet_from=0, quiet_to=0)


def fill(store):
    users = store.upsert("User", {"id": ["u0", "u1", "u2"], "adult": [True] * 3}).tolist()
    store.intern("Circle", ["c0"])
    granted = {"purpose": ["portraits"] * 3, "granted": [True] * 3, "at": [1] * 3}
    store.set_consents({"user": users} | granted)
    for number, state in enumerate((AudienceState.SENDING, AudienceState.FAILED)):
        audience = Audience(
            f"a{number}", 0, None, AudienceState.RUNNING, frozenset({'tea, "green"'}), "{}", None, '{"x": 1}',
            None, None, NOW, NOW + DAY_S,
        )  # fmt: skip
        store.create_audience(audience)
        if state is AudienceState.SENDING:
            arms = (Arm.INVITED, Arm.INVITED, Arm.HOLDOUT)
            people = [Person(u, arm, 0.25, "waiting") for u, arm in zip(users, arms, strict=True)]
            store.fill_audience("a0", people, certificate='{"a": "b, c"}')
        store.set_audience(
            audience.audience_id,
            state,
            after=[AudienceState.RUNNING, AudienceState.READY],
            problem='no, "why"',
        )
    store.send_invitations("a0", users, RULES, NOW)
    (one,) = store.invitations_of(users[0])
    store.answer_invitation(one.invitation_id, users[0], Reply.DECLINE, RULES, NOW + 5)


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
def test_audiences_and_invitations_come_over(tmp_path, neo4j_programs):
    server = LocalServer(tmp_path / "neo4j")
    try:
        with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as store:
            fill(store)
            server.up(neo4j_programs, port=free_port(), heap="512m")
            transfer(store, server, neo4j_programs, lambda stage, done, total: None)
            with closing(open_store(server.connection())) as other:
                assert dict(other.export()) == dict(store.export())
                assert other.stats()["INVITED"] == 2
                assert other.check() == []
                assert send_again(other) == 0
    finally:
        server.kill()


def send_again(store):
    return store.send_invitations("a0", [0, 1, 2], RULES, NOW + 60).sent
