"""Audiences and invitations, in the Neo4j store."""

from collections.abc import Sequence
from typing import Any

from graph.errors import NotFound
from graph.policy.audiences import check_asks
from graph.policy.eligibility import stored_eligibility
from graph.policy.invitations import (
    Answered,
    History,
    InvitationRules,
    Offer,
    Reply,
    answer_to,
    opens_at,
)
from graph.policy.inviting import decide, invitation_id_of
from graph.schema import Purpose
from graph.stores import invitations as shared
from graph.stores.columns import batches, plain
from graph.stores.invitations import Arm, Audience, AudienceState, Invitation, Outcome, Person, Sent
from graph.stores.neo4j.drivers import not_found
from graph.stores.neo4j.people import People, decide_about
from graph.stores.neo4j.transaction import BULK_S, WRITE_S, Transaction


class Invitations(People):
    """Mixin: the methods of `GraphStore` about audiences and invitations."""

    def create_audience(self, audience: Audience, *, most: int | None = None) -> bool:
        def work(tx: Transaction) -> bool:
            if _audience(tx, audience.audience_id) is not None:
                return False
            if most is not None:
                check_asks(_asked_at(tx, audience.owner), most, audience.created_at)
            is_new = tx.one("put_audience", **shared.audience_row(audience))
            if is_new is None:
                raise not_found()
            return bool(is_new)

        return self._write(work, WRITE_S)

    def audience(self, audience_id: str) -> Audience | None:
        return self._read(lambda tx: _audience(tx, audience_id))

    def audiences(self, circle: int | None = None) -> list[Audience]:
        wanted = None if circle is None else int(circle)
        rows = self._read(lambda tx: tx.run("audiences", circle=wanted))
        return [shared.audience_of(row) for row in rows]

    def asked_at(self, owner: str | None) -> list[int]:
        return self._read(lambda tx: _asked_at(tx, owner))

    def set_audience(
        self, audience_id: str, state: AudienceState, *, after: Sequence[AudienceState], **changes: Any
    ) -> Audience | None:
        return self._write(lambda tx: _set(tx, audience_id, state, after, changes), WRITE_S)

    def fill_audience(self, audience_id: str, people: Sequence[Person], **changes: Any) -> Audience | None:
        rows = [[int(person.user), person.arm.value, float(person.score)] for person in people]

        def work(tx: Transaction) -> Audience | None:
            ready = _set(tx, audience_id, AudienceState.READY, (AudienceState.RUNNING,), changes)
            for part in batches(rows) if ready is not None else ():
                tx.run("put_audience_people", audience_id=audience_id, rows=list(part))
            return ready

        return self._write(work)

    def audience_people(self, audience_id: str) -> list[Person]:
        rows = self._read(lambda tx: tx.run("audience_people", audience_id=audience_id), BULK_S)
        return [shared.person_of(row) for row in rows]

    def send_invitations(
        self, audience_id: str, users: Sequence[int], rules: InvitationRules, at: int
    ) -> Sent:
        wanted = plain(users)

        def work(tx: Transaction) -> Sent:
            audience = _audience(tx, audience_id)
            if audience is None:
                raise NotFound(f"audience {audience_id!r} is unknown; `circles audience create` makes one")
            state, owner, rule = tx.run("circle_door", circle=audience.circle)[0]
            if not shared.may_send(audience, state, owner, at):
                return Sent(is_over=True)
            if (opens := opens_at(at, rules)) > at:
                return Sent(not_before=opens)
            return _send(tx, audience, wanted, rules, int(at), rule)

        return self._write(work)

    def histories(
        self, circle: int, users: Sequence[int], at: int, topics: frozenset[str] = frozenset()
    ) -> list[History]:
        def work(tx: Transaction, part: Sequence[int]) -> list[History]:
            pasts = _pasts(tx, part)
            rows = _standings(tx, [(user, int(circle)) for user in part], at)
            return [shared.history_of(row, topics, pasts.get(row[0], ())) for row in rows]

        found: list[History] = []
        for part in batches(plain(users)):
            found += self._read(lambda tx, part=part: work(tx, part), BULK_S)  # type: ignore[misc]
        return found

    def invitations_of(self, user: int) -> list[Invitation]:
        rows = self._read(lambda tx: tx.run("invitations_of", user=int(user)))
        return [shared.invitation_of(row) for row in rows]

    def invitation(self, invitation_id: str) -> Invitation | None:
        rows = self._read(lambda tx: tx.run("invitation", invitation_id=invitation_id))
        return shared.invitation_of(rows[0]) if rows else None

    def answer_invitation(
        self, invitation_id: str, user: int, reply: Reply, rules: InvitationRules, at: int
    ) -> Answered:
        row: dict[str, Any] = {"invitation_id": invitation_id, "user": int(user)}

        def work(tx: Transaction) -> Answered:
            found = tx.run("offer", **row, purpose=Purpose.PORTRAITS.value)
            if not found:
                return Answered(None)
            circle, sent_at, said, state, consents = found[0]
            offer = Offer(
                sent_at, None if said is None else Reply(said), state in shared.OPEN_STATES, consents
            )
            answered = answer_to(offer, reply, rules, int(at))
            if answered.keep:
                tx.run("put_reply", **row, answer=reply.value, at=int(at))
                decide_about(tx, "join" if reply is Reply.ACCEPT else "dismiss", row["user"], circle, int(at))
            return answered

        return self._write(work, WRITE_S)

    def audience_outcomes(self, audience_id: str) -> dict[Arm, Outcome]:
        rows = self._read(lambda tx: tx.run("audience_outcomes", audience_id=audience_id))
        return shared.outcomes_of(rows)


def _asked_at(tx: Transaction, owner: str | None) -> list[int]:
    return [row[0] for row in tx.run("asked_at", owner=owner)]


def _audience(tx: Transaction, audience_id: str) -> Audience | None:
    rows = tx.run("audience", audience_id=audience_id)
    return shared.audience_of(rows[0]) if rows else None


def _set(
    tx: Transaction,
    audience_id: str,
    state: AudienceState,
    after: Sequence[AudienceState],
    changes: dict[str, Any],
) -> Audience | None:
    audience = _audience(tx, audience_id)
    if audience is None or audience.state not in after:
        return None
    tx.run("set_audience", **shared.changed_row(audience, state, changes))
    return _audience(tx, audience_id)


def _send(
    tx: Transaction, audience: Audience, users: list[int], rules: InvitationRules, at: int, rule: str | None
) -> Sent:
    waiting = tx.run("waiting_people", users=sorted(set(users)), at=at)
    standings = _standings(tx, [(row[0], row[1]) for row in waiting], at)
    candidates = shared.candidates_of(waiting, standings, _pasts(tx, users))
    decision = decide(audience.audience_id, candidates, rules, at, stored_eligibility(rule))
    id_of = {row[0]: row[2] for row in standings}
    rows = [[user, invitation_id_of(audience.audience_id, id_of[user])] for user in decision.invited]
    for settled, state in ((decision.invited, "sent"), (decision.ended, "skipped")):
        tx.run("settle_people", audience_id=audience.audience_id, users=settled, state=state)
    if rows:
        tx.run("put_invitations", audience_id=audience.audience_id, rows=rows, at=at)
        tx.change("invite", at=at, circle=audience.circle)
    return Sent(len(rows), dict(decision.skipped))


def _standings(tx: Transaction, pairs: Sequence[tuple[int, int]], at: int) -> list[list[Any]]:
    if not pairs:
        return []
    wanted = [list(pair) for pair in sorted(set(pairs))]
    return tx.run("standings", pairs=wanted, purpose=Purpose.PORTRAITS.value, at=int(at))


def _pasts(tx: Transaction, users: Sequence[int]) -> dict[int, list[Any]]:
    return shared.pasts_of(tx.run("past_invitations", users=sorted(set(users))))
