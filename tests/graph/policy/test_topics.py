"""Topics that no circle may be about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.policy.topics import risky_topic


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Casino night", "gambling"), ("GAMBLERS united", "gambling"), ("Ｇａｍｂｌｉｎｇ", "gambling"),
        ("赌 · 博 之夜", "gambling"), ("gam\u200bbling", "gambling"), ("Women-only night", "exclusion"),
        ("仅限女生", "exclusion"), ("芝麻分 750", "exclusion"), ("sugar daddies", "paid_dating"),
        ("self-harm", "self_harm"), ("校园贷 互助", "loans"), ("Teen talk", "minors"), ("教会", "religion"),
        ("Wine 白酒 lovers", "alcohol"), ("Diabetes pharmacy club", "health"), ("Twine makers", None),
        ("Coffee drinkers", None), ("Begun at dawn", None), ("Sussex walkers", None), ("Party trays", None),
        ("咖啡爱好者", None), ("", None),
    ],
)  # fmt: skip
def test_a_topic_is_found_by_whole_words(policy, text, topic):
    assert risky_topic(policy.risky, [text]) == topic


def test_every_text_of_a_circle_is_looked_at(policy):
    assert risky_topic(policy.risky, ["Friends", None, "we meet", "loans"]) == "loans"
    assert risky_topic(policy.risky, [None, ""]) is None


def test_a_phrase_does_not_reach_from_one_text_into_the_next(policy):
    assert risky_topic(policy.risky, ["for women", "only on Mondays"]) is None


@given(st.text(alphabet="abcdefghij 咖啡"), st.sampled_from(["casino", "赌博", "women only"]))
def test_words_around_a_risky_one_do_not_hide_it(policy, text, risky):
    assert risky_topic(policy.risky, [f"{text} {risky} {text}"]) is not None
