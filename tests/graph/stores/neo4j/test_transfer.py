"""A store moved into an empty local server: every table comes over, invitations as they were."""

from contextlib import closing

import pytest

from graph.local_neo4j.ports import free_port
from graph.local_neo4j.server import LocalServer
from graph.policy.invitations import DAY_S, InvitationRules, Reply
from graph.stores.invitations import Arm, Audience, AudienceState, Person
from graph.stores.neo4j.transfer import transfer
from graph.stores.open import open_store

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j"), pytest.mark.slow]
NOW = 1_790_000_000
RULES = InvitationRules(quiet_from=0, quiet_to=0)


@pytest.fixture
def server(tmp_path, neo4j_programs):
    server = LocalServer(tmp_path / "neo4j")
    server.up(neo4j_programs, port=free_port(), heap="512m")
    yield server
    server.kill()


def fill(store):
    """A little of what people and owners did."""
    store.intern("User", ["u0", "u1", "u2"])
    store.upsert("Circle", {"id": ["c0"], "owner_id": ["m0"], "name": ['a "name", quoted']})
    store.join(0, 0, 10)
    store.block(1, 2, 11)
    store.show_suggestions(0, [1], 3)
    store.keep_release("m0", "2026-Q4", '2026-W41 "a", b', 0.5, 6.5, '{"joins":{"v":40},"餐":{"v":20}}')
    return store


def invite(store):
    """Two audiences, of which one was sent to: one person said no, one has not answered, one was held out."""
    users = store.upsert("User", {"id": ["u0", "u1", "u2"], "adult": [True] * 3}).tolist()
    store.intern("Circle", ["c0", "c1"])
    granted = {"purpose": ["portraits"] * 3, "granted": [True] * 3, "at": [1] * 3}
    store.set_consents({"user": users} | granted)
    for number, state in enumerate((AudienceState.SENDING, AudienceState.FAILED)):
        audience = Audience(
            f"a{number}", 1, None, AudienceState.RUNNING, frozenset({'tea, "green"'}), "{}", None, '{"x": 1}',
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


def send_again(store):
    return store.send_invitations("a0", [0, 1, 2], RULES, NOW + 60).sent


def test_every_table_comes_over(server, tmp_path, neo4j_programs):
    with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as source:
        invite(fill(source))
        transfer(source, server, neo4j_programs, lambda stage, done, total: None)
        with closing(open_store(server.connection())) as target:
            assert dict(target.export()) == dict(source.export())
            assert target.stats()["INVITED"] == 2
            assert target.check() == []
            assert send_again(target) == 0
