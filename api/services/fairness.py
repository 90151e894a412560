"""What people got in truth, by how active they are and by city: circles, links and invitations.

Exposure is how many a head of those who agreed to them; calibration is how many were accepted beside how many
the same scores foretell, whoever saw them. For the operator and an auditor: groups of at least the policy's
minimum, no person, and no merchant.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from api.services.link_weeks import LinkWeeks
from api.services.moments import written
from api.services.propensities import Propensities
from api.services.shown import read_log
from embeddings.fairness.groups import by_activity, by_city
from embeddings.fairness.ratios import Float64, Int64, compared, foretold, per_person
from graph.links.periods import period_of
from graph.policy.meeting import ANSWERS, Answer
from graph.policy.values import Policy
from graph.schema import Purpose
from graph.stores.base import GraphStore

SENT = "sent"
Scored = tuple[int, float, bool]  # person, score of what they were shown, did they accept it
Line = dict[str, Any]


def report(
    store: GraphStore, propensities: Propensities, weeks: LinkWeeks, policy: Policy, *, since: int, now: int
) -> dict[str, Any]:
    """Lines of `compared` for each of the three.

    Args:
        since: epoch seconds; of links and invitations, those of the weeks and audiences from then on.
    """
    shown = {
        "circles": (Purpose.CIRCLES, _circles(store, propensities, policy, since, now)),
        "links": (Purpose.LINKS, _links(store, weeks, since, now)),
        "invitations": (Purpose.PORTRAITS, _invitations(store, since)),
    }
    groups = _People(store, policy.min_group_size)
    lines = [
        line for what, (purpose, scored) in shown.items() for line in groups.lines(what, purpose, scored)
    ]
    return {
        "since": written(since),
        "until": written(now),
        "smallest_group": policy.min_group_size,
        "lines": lines,
        "outside": sum(bool(line.get("outside")) for line in lines),
    }


class _People:
    """Payments and city of everybody."""

    def __init__(self, store: GraphStore, min_people: int) -> None:
        self._store, self._min_people = store, min_people
        nodes, paid = store.nodes("User"), store.edges("paid")
        self._cities = dict(zip(nodes["index"], nodes["city"], strict=True))
        sums = np.add.reduceat(np.append(paid.edges["payments"], 0).astype(np.int64), paid.offsets[:-1])
        sums[np.diff(paid.offsets) == 0] = 0
        self._payments = dict(zip(paid.users.tolist(), sums.tolist(), strict=True))

    def lines(self, what: str, purpose: Purpose, scored: Sequence[Scored]) -> list[Line]:
        """Of those who agree to a purpose today; nothing where fewer than the minimum were shown anything."""
        people = self._store.consents(purpose.value)
        row_of = {user: row for row, user in enumerate(people.tolist())}
        kept = [(row_of[user], score, came) for user, score, came in scored if user in row_of]
        if len({row for row, *_ in kept}) < self._min_people:
            return []
        rows, scores, came = (np.array(column) for column in zip(*kept, strict=True))
        payments = np.array([self._payments.get(user, 0) for user in row_of], dtype=np.int64)
        cities = [self._cities.get(user) for user in row_of]
        groupings = [by_activity(payments), by_city(cities, min_people=self._min_people)]
        return compared(
            groupings, _measures(what, rows, scores, came, len(people)), min_people=self._min_people
        )


def _measures(
    what: str, rows: Int64, scores: Float64, came: Float64, num_people: int
) -> dict[str, tuple[Float64, Float64]]:
    """Exposure of everybody, and calibration over what has a score."""
    known = ~np.isnan(scores)
    told, accepted = foretold(scores[known], came[known].astype(np.float64)), came[known].astype(np.float64)
    return {
        f"{what} shown a head": (per_person(rows, np.ones(len(rows)), num_people), np.ones(num_people)),
        f"{what} accepted beside those foretold": (
            per_person(rows[known], accepted, num_people),
            per_person(rows[known], told, num_people),
        ),
    }


def _circles(
    store: GraphStore, propensities: Propensities, policy: Policy, since: int, now: int
) -> list[Scored]:
    people: Collection[int] = set(store.consents(Purpose.CIRCLES.value).tolist())
    log = read_log(store, propensities, people, policy.feedback, since=since, until=now)
    return [(seen.user, float(seen.entry["score"]), "join" in seen.rewards) for seen in log.seen]


def _links(store: GraphStore, weeks: LinkWeeks, since: int, now: int) -> list[Scored]:
    """Suggestions that were shown; the weight is known of this week and the one before."""
    weights: dict[tuple[int, int, int], float] = {}
    columns = {name: values.tolist() for name, values in store.suggestions().items()}
    for period in (period_of(now) - 1, period_of(now)):
        week = weeks.find(period, store.meta("store_id"))
        for user in set(columns["user"]) if week is not None else ():
            weights |= {(user, s.other, period): s.weight for s in week.of(user)} if week else {}
    rows = zip(*(columns[name] for name in ("user", "other", "period", "answer")), strict=True)
    accept = ANSWERS.index(Answer.ACCEPT)
    return [
        (user, weights.get((user, other, period), np.nan), answer == accept)
        for user, other, period, answer in rows
        if period >= period_of(since)
    ]


def _invitations(store: GraphStore, since: int) -> list[Scored]:
    accepted = store.accepted_invitations()
    came = set(zip(accepted["user"].tolist(), accepted["circle"].tolist(), strict=True))
    return [
        (person.user, person.score, (person.user, audience.circle) in came)
        for audience in store.audiences()
        if audience.created_at >= since
        for person in store.audience_people(audience.audience_id)
        if person.state == SENT
    ]
