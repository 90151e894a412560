"""May this circle be recommended, and whom may its owner ask for?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import ForbiddenRule, InputError
from graph.policy.eligibility import (
    DAY_S,
    Eligibility,
    is_eligible,
    is_ready,
    may_recommend,
    read_eligibility,
    stored_eligibility,
    written_eligibility,
)
from graph.schema import CircleState


@pytest.mark.parametrize(
    ("state", "allowed"),
    [("open", True), ("proposed", True), ("quarantined", False), ("closed", False), ("", False)],
)
def test_only_open_and_proposed_circles_are_recommended(state, allowed):
    assert may_recommend(1, state, ()) is allowed


def test_every_state_is_decided_here():
    assert {state.value for state in CircleState} == {"open", "proposed", "quarantined", "closed"}


def test_what_somebody_joined_dismissed_or_left_never_comes_back():
    assert may_recommend(1, "open", {1}) is False
    assert may_recommend(2, "open", {1}) is True


@pytest.mark.parametrize(
    ("created_at", "ready"), [(None, True), (0, True), (1, False), (2 * DAY_S, False), (-5, True)]
)
def test_a_new_circle_waits_and_one_of_unknown_age_has_waited(created_at, ready):
    assert is_ready(created_at, 21 * DAY_S, 21) is ready


def test_a_rule_is_read_and_kept_as_it_was():
    rule = read_eligibility(
        {"cities": ["Wuhan", "Hefei", "Wuhan"], "verified": True, "min_theme_payments": 2}
    )
    assert rule == Eligibility(("Hefei", "Wuhan"), True, True, 2)
    assert stored_eligibility(written_eligibility(rule)) == rule
    assert stored_eligibility(None) == read_eligibility({}) == Eligibility()


FORBIDDEN = {
    "sex": [
        "sex",
        "gender",
        "Gender",
        "is_female",
        "onlyWomen",
        "性别",
        "仅限女生",
        "GENDER",
        "ｇｅｎｄｅｒ",
    ],
    "looks": ["looks", "min_height", "颜值", "photo"],
    "credit": ["credit", "min_credit_score", "sesameScore", "芝麻分", "信用等级"],
    "income": ["income", "salary_band", "月收入", "wealth"],
    "spending": ["spending", "min_amount", "消费金额", "min_spent"],
    "age": ["age", "age_band", "minAge", "出生年份", "年龄段"],
    "origin": ["ethnicity", "religion", "民族", "marital_status"],
}


@pytest.mark.parametrize(("reason", "key"), [(r, k) for r, keys in FORBIDDEN.items() for k in keys])
def test_a_rule_about_who_people_are_is_refused_with_its_reason(reason, key):
    with pytest.raises(ForbiddenRule, match=f"choose people by {reason}"):
        read_eligibility({"verified": True, key: 1})


@given(st.dictionaries(st.text(min_size=1), st.integers() | st.booleans() | st.text(), min_size=1))
def test_whatever_is_not_on_the_list_is_refused(rule):
    if rule.keys() <= {"cities", "verified", "adult", "min_theme_payments"}:
        return
    with pytest.raises(ForbiddenRule):
        read_eligibility(rule)


def test_circles_are_for_adults():
    with pytest.raises(ForbiddenRule, match="adults"):
        read_eligibility({"adult": False})


@pytest.mark.parametrize(
    "rule",
    [{"cities": "Wuhan"}, {"cities": [""]}, {"cities": [3]}, {"verified": 1}, {"adult": "yes"},
     {"min_theme_payments": -1}, {"min_theme_payments": True}, {"min_theme_payments": 101}],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused(rule):
    with pytest.raises(InputError):
        read_eligibility(rule)


RULE = Eligibility(("Wuhan",), verified=True, min_theme_payments=2)
FITS = {"verified": True, "adult": True, "city": "Wuhan", "theme_payments": 2}


@pytest.mark.parametrize(
    ("person", "fits"),
    [({}, True), ({"verified": False}, False), ({"adult": False}, False), ({"city": "Hefei"}, False),
     ({"city": None}, False), ({"theme_payments": 1}, False)],
)  # fmt: skip
def test_a_person_fits_a_rule_in_all_its_parts(person, fits):
    assert is_eligible(RULE, **FITS | person) is fits
