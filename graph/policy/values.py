"""Read and check `policy.toml`: how people are treated, as one frozen value with a hash."""

import hashlib
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.errors import ConfigError, InputError
from graph.policy.alarm import AlarmRules
from graph.policy.audiences import AudienceRules
from graph.policy.bounds import NUMBERS, Bounds
from graph.policy.circle_links import BetweenRules
from graph.policy.disclosure import DisclosureRules
from graph.policy.feedback import FeedbackRules
from graph.policy.invitations import InvitationRules
from graph.policy.link_lists import ListRules
from graph.policy.portraits import PortraitRules
from graph.policy.trust import TrustValues
from graph.schema import SCENES


@dataclass(frozen=True)
class Lifecycle:
    """Values of `policy.toml`, section lifecycle.

    waiting_days: of a new circle, before it is recommended.
    auto_quarantine: whether the highest alarm keeps a circle apart by itself, or waits for the operator.
    """

    waiting_days: int
    auto_quarantine: bool


@dataclass(frozen=True, eq=False)  # compared by identity: hashing the patterns would cost more than a lookup
class Policy:
    """Checked values of a policy file; `policy_id` is the first 16 hex digits of its SHA-256.

    sensitive, scenes, risky: name of the list -> lower-case patterns, in the file's order.
    amount_bands: increasing upper edges, major units.
    """

    policy_id: str
    production: bool
    unknown_category: str
    min_supporters: int
    list_size: int
    max_limit: int
    default_limit: int
    min_group_size: int
    min_audience_size: int
    category_circle_min_buyers: int
    category_circle_max_share: float
    amount_bands: tuple[float, ...]
    behaviour_half_life_days: float
    trust: TrustValues
    links: ListRules
    between: BetweenRules
    disclosure: DisclosureRules
    portraits: PortraitRules
    invitations: InvitationRules
    audiences: AudienceRules
    lifecycle: Lifecycle
    alarm: AlarmRules
    feedback: FeedbackRules
    sensitive: tuple[tuple[str, tuple[str, ...]], ...]
    scenes: tuple[tuple[str, tuple[str, ...]], ...]
    risky: tuple[tuple[str, tuple[str, ...]], ...]

    def checked_limit(self, limit: int | None) -> int:
        """How many entries an answer has; the default when None. Raises InputError over the maximum."""
        limit = self.default_limit if limit is None else limit
        if not 1 <= limit <= self.max_limit:
            raise InputError(f"limit is {limit}; expected 1 to {self.max_limit}")
        return limit


_SECTIONS: dict[str, set[str]] = {
    "wall": {"unknown_category"},
    "amounts": {"bands"},
    **{section: set(keys) for section, keys in NUMBERS.items()},
    "lifecycle": {"waiting_days", "auto_quarantine"},
}
_LISTS = {"sensitive", "scenes", "risky"}


def read_policy(path: Path) -> Policy:
    """Parse and check a policy file.

    Raises:
        ConfigError: the file is missing, is not TOML, has an unknown key or an impossible value.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"policy {str(path)!r} cannot be read: {error.strerror}; set CIRCLES_POLICY"
        ) from error
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"policy {str(path)!r} is not TOML: {error}") from error
    return _checked(values, hashlib.sha256(content).hexdigest()[:16], str(path))


def _checked(values: dict[str, Any], policy_id: str, path: str) -> Policy:
    _refuse_unknown(values, {"production", *_SECTIONS, *_LISTS}, path)
    for section, keys in _SECTIONS.items():
        _refuse_unknown(_table(values, section, path), keys, f"{path} [{section}]")
    numbers = {
        section: {key: _number(values, section, key, bounds, path) for key, bounds in keys.items()}
        for section, keys in NUMBERS.items()
    }
    circles, disclosure = numbers["circles"], DisclosureRules(**numbers["disclosure"])
    if circles["default_limit"] > circles["max_limit"]:
        raise ConfigError(f"{path}: circles.default_limit is larger than circles.max_limit; lower it")
    return Policy(
        policy_id=policy_id,
        production=_one_of(values.get("production"), (True, False), "production", path),
        unknown_category=_word(values, "wall", "unknown_category", ("sensitive", "ordinary"), path),
        **circles,
        min_group_size=disclosure.min_group_size,
        min_audience_size=disclosure.min_audience_size,
        **numbers["demonstration"],
        amount_bands=_bands(_table(values, "amounts", path).get("bands"), path),
        behaviour_half_life_days=numbers["half_life"]["behaviour_days"],
        links=ListRules(**numbers["links"]),
        disclosure=disclosure,
        portraits=PortraitRules(**numbers["portraits"]),
        between=BetweenRules(**numbers["between"]),
        feedback=FeedbackRules(**numbers["feedback"]),
        invitations=InvitationRules(**numbers["invitations"]),
        audiences=AudienceRules(**numbers["audiences"]),
        trust=_trust(numbers["trust"], path),
        lifecycle=Lifecycle(
            **numbers["lifecycle"],
            auto_quarantine=_word(values, "lifecycle", "auto_quarantine", (True, False), path),
        ),
        alarm=AlarmRules(**numbers["alarm"]),
        sensitive=_patterns(values.get("sensitive"), None, f"{path} [sensitive]"),
        scenes=_patterns(values.get("scenes"), set(SCENES), f"{path} [scenes]"),
        risky=_patterns(values.get("risky"), None, f"{path} [risky]"),
    )


def _trust(numbers: dict[str, Any], path: str) -> TrustValues:
    if numbers["rarity_floor"] >= numbers["population"]:
        raise ConfigError(f"{path}: trust.rarity_floor is not below trust.population; lower it")
    return TrustValues(**numbers)


def _word(values: dict[str, Any], section: str, key: str, allowed: tuple[Any, ...], path: str) -> Any:
    return _one_of(_table(values, section, path).get(key), allowed, f"{section}.{key}", path)


def _table(values: dict[str, Any], section: str, path: str) -> dict[str, Any]:
    table = values.get(section, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {section} is {table!r}; expected a section [{section}]")
    return table


def _refuse_unknown(given: Any, known: set[str], where: str) -> None:
    for key in sorted(set(given) - known):
        raise ConfigError(f"{where}: {key!r} is not a policy value; known are {', '.join(sorted(known))}")


def _number(values: dict[str, Any], section: str, key: str, bounds: Bounds, path: str) -> Any:
    kind, least, most = bounds
    value: Any = _table(values, section, path).get(key)
    good = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    if not (good and math.isfinite(value) and least <= value <= most):
        upper = "" if most == math.inf else f" and {most} or less"
        raise ConfigError(
            f"{path}: {section}.{key} is {value!r}; expected {kind.__name__} of {least} or more{upper}"
        )
    return kind(value)


def _one_of(value: Any, allowed: tuple[Any, ...], name: str, path: str) -> Any:
    if value not in allowed or type(value) is not type(allowed[0]):
        raise ConfigError(f"{path}: {name} is {value!r}; expected one of {', '.join(map(str, allowed))}")
    return value


def _bands(value: Any, path: str) -> tuple[float, ...]:
    good = isinstance(value, list) and value and all(_is_positive(v) for v in value)
    if not good or value != sorted(set(value)) or len(value) > 200:
        raise ConfigError(f"{path}: amounts.bands is {value!r}; expected increasing positive numbers")
    return tuple(float(v) for v in value)


def _is_positive(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and value > 0


def _patterns(value: Any, names: set[str] | None, where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict) or not value:
        raise ConfigError(f"{where} is missing; expected lists of category patterns")
    for name, patterns in value.items():
        if names is not None and name not in names:
            raise ConfigError(f"{where}: {name!r} is not a scene; scenes are {', '.join(sorted(names))}")
        if not isinstance(patterns, list) or not all(isinstance(p, str) and p.strip() for p in patterns):
            raise ConfigError(f"{where}: {name} is {patterns!r}; expected a list of patterns")
    return tuple((name, tuple(p.casefold() for p in patterns)) for name, patterns in value.items())
