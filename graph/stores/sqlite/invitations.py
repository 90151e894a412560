"""Audiences and invitations, in the embedded store."""

import json
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
from graph.stores.sqlite.people import People, decide_about
from graph.stores.sqlite.transaction import Transaction


class Invitations(People):
    """Mixin: the methods of `GraphStore` about audiences and invitations."""

    def create_audience(self, audience: Audience, *, most: int | None = None) -> bool:
        with self._writing() as tx:
            if _audience(tx, audience.audience_id) is not None:
                return False
            if most is not None:
                check_asks(_asked_at(tx, audience.owner), most, audience.created_at)
            return tx.run("put_audience", shared.audience_row(audience)).rowcount > 0

    def audience(self, audience_id: str) -> Audience | None:
        with self._reading() as tx:
            return _audience(tx, audience_id)

    def audiences(self, circle: int | None = None) -> list[Audience]:
        row = {"circle": None if circle is None else int(circle)}
        with self._reading() as tx:
            return [shared.audience_of(found) for found in tx.run("audiences", row)]

    def asked_at(self, owner: str | None) -> list[int]:
        with self._reading() as tx:
            return _asked_at(tx, owner)

    def set_audience(
        self, audience_id: str, state: AudienceState, *, after: Sequence[AudienceState], **changes: Any
    ) -> Audience | None:
        with self._writing() as tx:
            return _set(tx, audience_id, state, after, changes)

    def fill_audience(self, audience_id: str, people: Sequence[Person], **changes: Any) -> Audience | None:
        rows = [
            {
                "audience_id": audience_id,
                "user": int(person.user),
                "arm": person.arm.value,
                "score": float(person.score),
            }
            for person in people
        ]
        with self._writing() as tx:
            ready = _set(tx, audience_id, AudienceState.READY, (AudienceState.RUNNING,), changes)
            if ready is not None:
                tx.run_many("put_audience_person", rows)
            return ready

    def audience_people(self, audience_id: str) -> list[Person]:
        with self._reading() as tx:
            return [shared.person_of(row) for row in tx.run("audience_people", (audience_id,))]

    def send_invitations(
        self, audience_id: str, users: Sequence[int], rules: InvitationRules, at: int
    ) -> Sent:
        with self._writing() as tx:
            audience = _audience(tx, audience_id)
            if audience is None:
                raise NotFound(f"audience {audience_id!r} is unknown; `circles audience create` makes one")
            state, owner, rule = tx.run("circle_door", (audience.circle,)).fetchone()
            if not shared.may_send(audience, state, owner, at):
                return Sent(is_over=True)
            if (opens := opens_at(at, rules)) > at:
                return Sent(not_before=opens)
            return _send(tx, audience, plain(users), rules, int(at), rule)

    def histories(
        self, circle: int, users: Sequence[int], at: int, topics: frozenset[str] = frozenset()
    ) -> list[History]:
        found: list[History] = []
        for part in batches(plain(users)):
            with self._reading() as tx:
                pasts = _pasts(tx, part)
                pairs = [(user, int(circle)) for user in part]
                found += [
                    shared.history_of(row, topics, pasts.get(row[0], ())) for row in _standings(tx, pairs, at)
                ]
        return found

    def invitations_of(self, user: int) -> list[Invitation]:
        with self._reading() as tx:
            return [shared.invitation_of(row) for row in tx.run("invitations_of", (int(user),))]

    def invitation(self, invitation_id: str) -> Invitation | None:
        with self._reading() as tx:
            row = tx.run("invitation", (invitation_id,)).fetchone()
            return None if row is None else shared.invitation_of(row)

    def answer_invitation(
        self, invitation_id: str, user: int, reply: Reply, rules: InvitationRules, at: int
    ) -> Answered:
        row: dict[str, Any] = {"invitation_id": invitation_id, "user": int(user), "at": int(at)}
        with self._writing() as tx:
            found = tx.run("offer", row | {"purpose": Purpose.PORTRAITS.value}).fetchone()
            if found is None:
                return Answered(None)
            circle, sent_at, said, state, consents = found
            offer = Offer(
                sent_at, None if said is None else Reply(said), state in shared.OPEN_STATES, bool(consents)
            )
            answered = answer_to(offer, reply, rules, int(at))
            if answered.keep:
                tx.run("put_reply", row | {"answer": reply.value})
                decide_about(
                    tx, "join" if reply is Reply.ACCEPT else "dismiss", row["user"], circle, row["at"]
                )
            return answered

    def audience_outcomes(self, audience_id: str) -> dict[Arm, Outcome]:
        with self._reading() as tx:
            return shared.outcomes_of(tx.run("audience_outcomes", (audience_id,)).fetchall())


def _asked_at(tx: Transaction, owner: str | None) -> list[int]:
    return [row[0] for row in tx.run("asked_at", {"owner": owner})]


def _audience(tx: Transaction, audience_id: str) -> Audience | None:
    row = tx.run("audience", (audience_id,)).fetchone()
    return None if row is None else shared.audience_of(row)


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
    tx.run("set_audience", shared.changed_row(audience, state, changes))
    return _audience(tx, audience_id)


def _send(
    tx: Transaction, audience: Audience, users: list[int], rules: InvitationRules, at: int, rule: str | None
) -> Sent:
    waiting = tx.run("waiting_people", {"users": json.dumps(sorted(set(users))), "at": at}).fetchall()
    standings = _standings(tx, [(row[0], row[1]) for row in waiting], at)
    candidates = shared.candidates_of(waiting, standings, _pasts(tx, users))
    decision = decide(audience.audience_id, candidates, rules, at, stored_eligibility(rule))
    id_of = {row[0]: row[2] for row in standings}
    base = {"audience_id": audience.audience_id, "circle": audience.circle, "at": at}
    for users_, state in ((decision.invited, "sent"), (decision.ended, "skipped")):
        tx.run_many("settle_person", [base | {"user": user, "state": state} for user in users_])
    tx.run_many(
        "put_invitation",
        [
            base | {"user": user, "invitation_id": invitation_id_of(audience.audience_id, id_of[user])}
            for user in decision.invited
        ],
    )
    if decision.invited:
        tx.change("invite", at=at, circle=audience.circle)
    return Sent(len(decision.invited), dict(decision.skipped))


def _standings(tx: Transaction, pairs: Sequence[tuple[int, int]], at: int) -> list[Any]:
    row = {"pairs": json.dumps(sorted(set(pairs))), "purpose": Purpose.PORTRAITS.value, "at": int(at)}
    return tx.run("standings", row).fetchall()


def _pasts(tx: Transaction, users: Sequence[int]) -> dict[int, list[Any]]:
    row = {"users": json.dumps(sorted(set(users)))}
    return shared.pasts_of(tx.run("past_invitations", row).fetchall())
