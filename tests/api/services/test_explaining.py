"""Reasons made with a version and those made now are the same bytes; the latter stand in for the former."""

from dataclasses import replace

import numpy as np
import orjson
import pytest

from api.services.circles import recommend
from api.services.explaining import tell
from api.services.ranking import Question, look_up
from embeddings.lists import Lists
from embeddings.told import KIND_OF, pack


def asked(service, user):
    """Who asks, what was published for them, and the version."""
    context = service.context
    question = Question(context.pseudonyms.of(user))
    served = context.versions.current()
    person = look_up(context, served, context.store.get(), question, context.now())
    return served, person, served.version.lists.entry(question.user)


def test_kept_reasons_of_everybody_equal_those_made_now(service):
    policy = service.context.policy
    for number in range(62):
        served, person, entry = asked(service, f"u{number}")
        rows = entry.rows.tolist()
        kept = tell(policy, served, person, entry, rows)
        assert kept == tell(policy, served, person, None, rows)
        assert list(entry.told()) == rows


def test_another_policy_makes_reasons_anew(service):
    served, person, entry = asked(service, "u60")
    policy, rows = service.context.policy, entry.rows.tolist()
    others = [replace(policy, min_group_size=10_000), replace(policy, policy_id="another")]
    records = served.version.lists.records.copy()
    records["told"] = pack([()], room=1)[1][0]  # in this copy: as if nothing had been told of any circle
    entry = Lists(records).entry(service.context.pseudonyms.of("u60"))
    assert tell(policy, served, person, entry, rows) == [()] * len(rows)
    assert all(all(tell(other, served, person, entry, rows)) for other in others)


def test_reasons_spelt_at_once_are_the_same_json(service):
    context = service.context
    question = Question(context.pseudonyms.of("u60"))
    listed, spelt = (recommend(context, question, now=1, as_json=as_json) for as_json in (False, True))
    assert orjson.dumps(listed["items"]) == orjson.dumps(spelt["items"])


@pytest.mark.parametrize("user", ["u60", "u61"])
def test_while_the_store_is_away_no_reason_names_what_somebody_did(service, user):
    served, person, entry = asked(service, user)
    away = replace(person, state=None, profile=None)
    told = tell(service.context.policy, served, away, entry, np.arange(3).tolist())
    kinds = {KIND_OF["popular"], KIND_OF["open"]}
    assert {thing // 4 % 8 for each in told for things, _ in each for thing in things} <= kinds
