"""The register of data use is whole, stands in the README, and no code reads a field for what it is not for.

`reads.py` says how reads are found. What a module is for is said here, by the longest beginning of its path.
"""

import re

import pytest

from graph.queries import load_queries
from graph.register import ALL, REGISTER, Use, rows, uses_of
from graph.settings import PROJECT
from tests.project.reads import ARRAYS, LOG, columns, methods, modules, of_query, read_by, reads_of

FOR = {
    Use.CIRCLES: """
        embeddings/ graph/origins.py graph/themes/ api/services/anonymous.py api/services/batch
        api/services/catalogue.py api/services/circles.py api/services/events.py api/services/feedback.py
        api/services/own_circles.py api/services/owners.py api/services/public_circles.py
        api/services/ranking.py api/services/remembered.py api/services/replays.py api/services/shelf.py
        api/services/shown.py
        api/services/theme api/services/walls.py api/commands/feedback.py api/commands/recommend.py
    """,
    Use.LINKS: "embeddings/links/ graph/links/ api/services/link api/services/unsettled.py",
    Use.PORTRAITS: """
        graph/portraits/ api/portraits/ api/services/told_ api/services/portrait api/services/fan_graph.py
        api/services/peers.py api/services/merchants.py api/services/disclosed.py api/routes/merchant_
        api/services/front.py api/services/demonstration.py
    """,
    Use.AUDIENCES: """
        api/audiences/ embeddings/invitations/ api/services/audience api/services/inviting.py
        api/services/invitations.py api/services/sending.py
    """,
    Use.FLOWS: """
        embeddings/flows/ api/services/flows.py api/services/circle_links.py api/services/relays.py
        api/services/related.py api/services/circle_health.py api/services/communities.py
    """,
    Use.SAFETY: """
        api/promotion.py api/services/alarms.py api/services/fairness.py api/services/moderation.py
        embeddings/fairness/
    """,
    Use.PERSON: "api/services/people.py api/services/mutes.py api/services/card.py",
    Use.OPERATION: """
        loaders/ graph/aggregate.py graph/cut.py graph/expressions.py graph/log.py graph/muting.py
        graph/segments.py graph/snapshot.py graph/tallying.py graph/traces.py api/backup/ api/commands/
        api/doctor/ api/exports/ api/services/erasure.py api/services/payments.py api/services/readiness.py
        api/services/things.py api/services/wall_review.py api/tombstones.py
    """,
}
BEGINNINGS = {beginning: use for use, text in FOR.items() for beginning in text.split()}
MODULES = dict(modules())
README = (PROJECT / "graph" / "README.md").read_text(encoding="utf-8")


def purpose(path):
    """What a module answers for; None for one that nothing is said of."""
    fits = [beginning for beginning in BEGINNINGS if path.startswith(beginning)]
    return BEGINNINGS[max(fits, key=len)] if fits else None


def wrong(path, source):
    """Fields that a module reads without their being for it."""
    return sorted(".".join(field) for field in reads_of(source) if purpose(path) not in uses_of(*field))


@pytest.mark.parametrize("package", ["graph", "loaders", "embeddings", "api"])
def test_code_reads_a_field_only_for_what_the_register_says(package):
    found = {path: wrong(path, source) for path, source in MODULES.items() if path.startswith(f"{package}/")}
    assert {path: fields for path, fields in found.items() if fields} == {}


def test_every_field_that_is_kept_is_registered_and_no_other():
    kept = columns() | {("log", name) for name in LOG} | {("snapshot", name) for name in ARRAYS}
    told = [(table, name) for table, entries in REGISTER.items() for e in entries for name in e.columns]
    assert len(told) == len(set(told))
    assert set(told) == kept


STORE = "def look(store: GraphStore):\n    return store."
STATE = "def look(state: UserState):\n    return state."
ROWS = "import ibis\n\ndef look(rows: ir.Table):\n    return rows."
CUT = "def look(snapshot: Snapshot):\n    return snapshot."


@pytest.mark.parametrize(
    ("path", "source", "field"),
    [
        ("graph/portraits/x.py", STORE + "exposures()", "event.rec_id"),
        ("graph/portraits/x.py", STORE + "nodes('User')['city']", "user.city"),
        ("embeddings/links/x.py", STORE + "accepted_invitations()", "invitation.answer"),
        (
            "api/services/link_x.py",
            "a, s = 1, context.store.get()\ns.describe('User', [])['city']",
            "user.city",
        ),
        ("api/services/told_x.py", "context.store.get().edges('paid')", "paid.edges"),
        ("api/audiences/x.py", "class X:\n    def f(self):\n        self._store.links()", "link.since"),
        ("api/services/fan_graph.py", "found = store.user_state('u')\nfound.showings", "showing.times"),
        ("api/services/alarms.py", STATE + "dismissed", "dismissal.at"),
        ("graph/portraits/x.py", ROWS + "quantity", "log.quantity"),
        ("embeddings/links/x.py", ROWS + "select('user', 'paid_at')", "log.paid_at"),
        ("embeddings/invitations/x.py", CUT + "links", "snapshot.links"),
        ("api/services/new.py", STORE + "consents('links')", "consent.granted"),  # of no purpose at all
    ],
)
def test_a_planted_read_for_another_purpose_is_found(path, source, field):
    assert field in wrong(path, source)


def test_what_a_query_reads_is_what_the_engine_says_it_reads():
    assert read_by("select user_idx from consent_now where purpose = :purpose") == {
        ("consent", column) for column in ("user_idx", "purpose", "at", "granted")
    }
    assert read_by("select max(since) from link where other_idx = ?") == {
        ("link", "since"),
        ("link", "other_idx"),
    }


def test_every_query_about_people_is_run_by_a_method_that_is_looked_at():
    people = {table for table, column in columns() if column == "user_idx"} | {"user", "verdict"}
    about = {name for name in load_queries("sqlite") if {table for table, _ in of_query(name)} & people}
    run = set().union(*methods().values())
    assert {"exposures", "consenting", "person", "suggestions", "invitations_of"} <= about
    assert about - run == {"fill_touched"}  # stands in a script


def test_only_who_somebody_is_and_what_they_agreed_to_and_joined_serves_everything():
    people = {table for table, column in columns() if column == "user_idx"} | {"user", "log"}
    everywhere = {f"{t}: {' '.join(e.columns)}" for t in people for e in REGISTER[t] if e.uses == ALL}
    assert everywhere == {
        "user: idx id",
        "user: changed",
        "paid: user_idx changed",
        "bought: user_idx changed",
        "consent: user_idx purpose at granted",
        "membership: user_idx circle_idx joined_at left_at",
    }


def test_the_register_in_the_readme_is_that_of_the_code():
    told = re.search(r"<!-- register -->\n(.*?)\n<!-- /register -->", README, re.DOTALL)
    head = ["| field | what it is | read for | kept | seen by |", "|---|---|---|---|---|"]
    lines = [f"| {' | '.join(cells)} |" for cells in rows()]
    assert told, "graph/README.md has no register"
    assert told[1].split("\n") == head + lines
