"""Reasons: categories that many share, in bands, the same for both sides, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InputError
from graph.policy.link_reasons import (
    FALLBACK,
    LANGUAGES,
    Band,
    CategorySizes,
    LinkReason,
    When,
    as_records,
    choose,
    from_records,
    sentence,
)

ALL = [(name, band) for name in ("cafe", "gym") for band in Band]
FITTING = {(one,): 100 for one in ALL} | {(c, g): 20 for c in ALL[:2] for g in ALL[2:]}
WIDE = CategorySizes({"gym": 500, "cafe": 900}, {"gym": 40, "cafe": 90}, FITTING)
SHARED = st.dictionaries(st.sampled_from(["gym", "cafe", "opera"]), st.integers(1, 9))


def test_two_categories_each_with_its_band():
    reason = choose({"gym": 3, "cafe": 6}, WIDE)
    assert reason == LinkReason((("cafe", Band.SEVERAL), ("gym", Band.A_FEW)))


@pytest.mark.parametrize(
    ("sizes", "named"),
    [
        (CategorySizes({"gym": 99}, {"gym": 40}, FITTING), False),
        (CategorySizes({"gym": 100}, {"gym": 19}, FITTING), False),
        (CategorySizes({"gym": 100}, {"gym": 20}, FITTING), True),
        (CategorySizes({"gym": 100}, {"gym": 20}), False),
    ],
)
def test_a_category_that_hides_too_few_is_never_named(sizes, named):
    assert bool(choose({"gym": 5}, sizes).categories) is named


def test_two_categories_that_few_share_are_not_named_together():
    few = CategorySizes(
        WIDE.users, WIDE.merchants, FITTING | dict.fromkeys([(c, g) for c in ALL for g in ALL], 19)
    )
    assert choose({"gym": 5, "cafe": 5}, few) == LinkReason((("cafe", Band.SEVERAL),))


def test_a_band_that_is_true_of_few_gives_way_to_the_wider_one():
    few = CategorySizes(WIDE.users, WIDE.merchants, FITTING | {(("gym", Band.SEVERAL),): 19})
    assert choose({"gym": 7}, few) == LinkReason((("gym", Band.A_FEW),))
    fewer = CategorySizes(WIDE.users, WIDE.merchants, {(("gym", Band.A_FEW),): 19})
    assert choose({"gym": 7}, fewer) == FALLBACK


def test_one_or_two_shared_places_are_not_spoken_of():
    assert choose({"gym": 2, "cafe": 1}, WIDE) == FALLBACK


@pytest.mark.parametrize(
    ("shares", "when"),
    [
        ((0.9, 0.7), When.WEEKENDS),
        ((0.9, 0.5), When.ANY),
        ((0.0, 0.1), When.WEEKDAYS),
        ((0.0, 0.2), When.ANY),
    ],
)
def test_a_time_is_said_only_when_it_holds_for_both(shares, when):
    assert choose({"gym": 5}, WIDE, weekend_shares=shares).when == when
    assert choose({"gym": 5}, WIDE, weekend_shares=shares[::-1]).when == when


@given(SHARED, st.sampled_from(["gym", "cafe", "opera"]))
def test_one_merchant_less_changes_nothing_unless_a_band_changes(shared, where):
    fewer = {c: n - (c == where) for c, n in shared.items() if n - (c == where) > 0}
    bands = [{c: (n >= 3) + (n >= 5) for c, n in counts.items() if n >= 3} for counts in (shared, fewer)]
    assert (choose(shared, WIDE) == choose(fewer, WIDE)) or bands[0] != bands[1]


@given(SHARED)
def test_a_rare_category_changes_no_reason(shared):
    without = {c: n for c, n in shared.items() if c != "opera"}
    assert choose(shared, WIDE) == choose(without, WIDE)


def test_sentences_in_both_languages():
    reason = choose({"gym": 3, "cafe": 6}, WIDE, weekend_shares=(0.8, 0.9))
    assert sentence(reason, "en") == (
        'You both go to several places of the kind "cafe" and a few places of the kind "gym", '
        "mostly at weekends."
    )
    assert sentence(reason, "zh", {"gym": "健身房"}) == "你们都常去好几家“cafe”和几家“健身房”，大多在周末。"
    assert [sentence(FALLBACK, language) for language in LANGUAGES] == [
        "You have interests in common.",
        "你们有共同的兴趣。",
    ]


def test_an_unknown_language_is_refused():
    with pytest.raises(InputError, match=r"'fr' is not spoken; expected one of en, zh"):
        sentence(FALLBACK, "fr")


def test_reasons_are_read_as_they_were_written():
    reasons = (FALLBACK, choose({"gym": 3, "cafe": 6}, WIDE, weekend_shares=(0.8, 0.9)))
    assert from_records(as_records(reasons)) == reasons
