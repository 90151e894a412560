"""The suggestions of a week as files."""

from dataclasses import replace

import numpy as np
import pytest

from graph.errors import IncompatibleVersion
from graph.links.candidates import LinkCandidates
from graph.links.matching import Past
from graph.links.weeks import forget_in_weeks, load_week, make_week, save_week
from graph.policy.link_lists import ListRules, band_of

RULES = ListRules(list_size=4, daily_cap=2, unanswered_discount=0.5)
CANDIDATES = LinkCandidates.make({(a, b): 0.3 + 0.05 * b for a in range(8) for b in range(a + 1, 8)})


def a_week(period=9, version="v1", policy_id="p"):
    return make_week(
        CANDIDATES,
        period=period,
        version=version,
        policy_id=policy_id,
        store_id="s",
        rules=RULES,
        past=Past.nothing(),
    )


def everything(week):
    return [week.of(user) for user in range(8)]


def test_a_week_is_the_same_for_the_same_version_week_and_policy():
    assert everything(a_week()) == everything(a_week())
    assert everything(a_week()) != everything(a_week(period=10))
    assert everything(a_week()) != everything(a_week(version="v2"))
    assert everything(a_week()) != everything(a_week(policy_id="q"))


def test_lots_are_drawn_by_place_so_that_a_store_may_number_people_otherwise(tmp_path):
    renumbered = {(2 * a + 5, 2 * b + 5): 0.3 + 0.05 * b for a in range(8) for b in range(a + 1, 8)}
    other = replace(LinkCandidates.make(renumbered), place=np.arange(8))
    other.save(tmp_path)
    week = make_week(
        LinkCandidates.load(tmp_path), period=9, version="v1", policy_id="p", store_id="s", rules=RULES,
        past=Past.nothing(),
    )  # fmt: skip
    seen = [{((s.other - 5) // 2, s.day) for s in week.of(2 * user + 5)} for user in range(8)]
    assert seen == [{(s.other, s.day) for s in of} for of in everything(a_week())]


def test_both_sides_are_shown_the_pair_from_the_same_day_with_the_same_words():
    week = a_week()
    for user in range(8):
        for mine in week.of(user):
            (theirs,) = [s for s in week.of(mine.other) if s.other == user]
            assert (theirs.day, theirs.weight, theirs.reason) == (mine.day, mine.weight, mine.reason)
    assert len(week.of(0, day=0)) == 2
    assert week.of(99) == []


def test_what_is_loaded_is_what_was_saved_and_older_weeks_go(tmp_path):
    for period in (9, 10, 11):
        save_week(a_week(period), tmp_path)
    assert load_week(tmp_path, 9) is None
    assert everything(load_week(tmp_path, 10)) == everything(a_week(10))
    assert (load_week(tmp_path, 11).version, load_week(tmp_path, 11).store_id) == ("v1", "s")


def test_a_forgotten_person_is_gone_from_weeks_that_are_mapped_already(tmp_path):
    save_week(a_week(), tmp_path)
    mapped = load_week(tmp_path, 9)
    assert forget_in_weeks(tmp_path, 3) == 1
    assert mapped.of(3) == []
    assert 3 not in {s.other for user in range(8) for s in mapped.of(user)}
    assert forget_in_weeks(tmp_path / "none", 3) == 0


def test_a_damaged_week_is_named(tmp_path):
    save_week(a_week(), tmp_path)
    (tmp_path / "9" / "week.json").write_text("{", encoding="utf-8")
    with pytest.raises(IncompatibleVersion, match="9"):
        load_week(tmp_path, 9)


@pytest.mark.parametrize(("weight", "word"), [(0.1, "some"), (0.5, "good"), (0.74, "good"), (0.75, "strong")])
def test_a_weight_has_one_of_three_words(weight, word):
    assert band_of(weight) == word
