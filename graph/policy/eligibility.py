"""May this circle be recommended to this person, now? And whom may its owner ask for?

Eligibility is an allow-list: cities, verified, adult, and payments within the theme. Whatever else an owner
asks for is refused, not ignored; a rule by sex, looks, credit, income, spending or age says why.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from graph.errors import ForbiddenRule, InputError
from graph.policy.forbidden import forbidden_reason
from graph.schema import CircleState

RECOMMENDABLE = frozenset({CircleState.OPEN, CircleState.PROPOSED})
DAY_S = 86_400
MAX_CITIES, MAX_CITY_CHARACTERS = 100, 100
MAX_THEME_PAYMENTS = 100  # more would be a rule by spending


@dataclass(frozen=True)
class Eligibility:
    """Who may be invited to a circle. No cities: any city. adult is always asked for."""

    cities: tuple[str, ...] = ()
    verified: bool = False
    adult: bool = True
    min_theme_payments: int = 0


def may_recommend(circle_index: int, state: str, seen: Collection[int]) -> bool:
    """False for a circle that is closed or quarantined, or that the person joined, dismissed or left.

    What somebody once turned down never comes back by itself.

    Args:
        seen: what the person joined, dismissed or left; empty for a list that is the same for everybody.
    """
    return state in RECOMMENDABLE and circle_index not in seen


def ready_at(created_at: int | None, waiting_days: int) -> int:
    """The moment from which a circle may be recommended; 0 for one whose age nobody knows, an old one.

    Args:
        created_at: epoch seconds.
    """
    return 0 if created_at is None else created_at + waiting_days * DAY_S


def is_ready(created_at: int | None, now: int, waiting_days: int) -> bool:
    """Whether a new circle has waited long enough to be recommended."""
    return now >= ready_at(created_at, waiting_days)


def read_eligibility(rule: Mapping[str, Any]) -> Eligibility:
    """Read the rule that an owner wrote.

    Raises:
        ForbiddenRule: a key that is not on the allow-list, or a value that no circle may ask for.
        InputError: a value of another type or size than expected.
    """
    allowed = [field.name for field in fields(Eligibility)]
    for key in rule:
        if key not in allowed:
            raise ForbiddenRule(_refusal(str(key), allowed))
    made = Eligibility(
        cities=_cities(rule.get("cities", ())),
        verified=_flag(rule, "verified", False),
        adult=_flag(rule, "adult", True),
        min_theme_payments=_payments(rule.get("min_theme_payments", 0)),
    )
    if not made.adult:
        raise ForbiddenRule("eligibility.adult is false; circles invite adults only: leave it out")
    return made


def written_eligibility(rule: Eligibility) -> str:
    """A rule as the JSON text that a store keeps; the same rule gives the same text."""
    return json.dumps(vars(rule), ensure_ascii=False, sort_keys=True)


def stored_eligibility(text: str | None) -> Eligibility:
    """The rule of a circle as a store keeps it; the default for none."""
    return Eligibility() if text is None else read_eligibility(json.loads(text))


def is_eligible(
    rule: Eligibility, *, verified: bool, adult: bool, city: str | None, theme_payments: int
) -> bool:
    """Whether a person fits a rule; somebody of no known city fits no rule about cities."""
    return (
        (adult or not rule.adult)
        and (verified or not rule.verified)
        and (not rule.cities or city in rule.cities)
        and theme_payments >= rule.min_theme_payments
    )


def _refusal(key: str, allowed: list[str]) -> str:
    shown, reason = key[:60], forbidden_reason(key)
    known = f"a rule may have {', '.join(allowed)} and nothing else"
    if reason is None:
        return f"eligibility.{shown} is not on the allow-list; {known}"
    return f"eligibility.{shown}: no circle may choose people by {reason}; {known}"


def _cities(value: Any) -> tuple[str, ...]:
    good = isinstance(value, list | tuple) and all(isinstance(v, str) and v.strip() for v in value)
    if not good or len(value) > MAX_CITIES or any(len(v) > MAX_CITY_CHARACTERS for v in value):
        raise InputError(f"eligibility.cities is not a list of at most {MAX_CITIES} names of cities")
    return tuple(sorted(set(value)))


def _flag(rule: Mapping[str, Any], name: str, default: bool) -> bool:
    value = rule.get(name, default)
    if not isinstance(value, bool):
        raise InputError(f"eligibility.{name} is {str(value)[:40]!r}; expected true or false")
    return value


def _payments(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_THEME_PAYMENTS:
        raise InputError(
            f"eligibility.min_theme_payments is {str(value)[:40]!r}; expected 0 to {MAX_THEME_PAYMENTS}"
        )
    return value
