"""Every error this project raises on purpose, as one tree.

    CirclesError
    ├── ConfigError
    ├── InputError
    │   ├── CursorExpired
    │   ├── KeyReused
    │   └── RecordError
    ├── NotFound
    ├── PolicyError
    │   ├── ConsentMissing
    │   ├── ForbiddenRule
    │   ├── GateRefused
    │   ├── GroupTooSmall
    │   ├── NotEligible
    │   └── RateExceeded
    ├── StoreError
    │   ├── StoreConflict
    │   │   ├── StoreLocked
    │   │   └── WrongState
    │   ├── StoreMismatch
    │   └── StoreUnavailable
    └── VersionError
        ├── IncompatibleVersion
        └── NoPublishedVersion

Each class has a stable `code` for machines. A message names the thing, the value, what was expected and
the next step, and never an amount or a person. HTTP statuses live in `api/errors.py`, exit codes in
`api/cli.py`, nowhere else.
"""


class CirclesError(Exception):
    """Anything that goes wrong and that a user can do something about."""

    code = "error"


class ConfigError(CirclesError):
    """A setting, a policy file or the home folder is wrong."""

    code = "config"


class InputError(CirclesError):
    """What the caller gave cannot be used; nothing was changed."""

    code = "input"


class CursorExpired(InputError):
    """The list that a cursor continues is no longer kept; ask again without it."""

    code = "cursor_expired"


class KeyReused(InputError):
    """A key that makes a request count once was sent with another request before."""

    code = "key_reused"


class RecordError(InputError):
    """One record of a file or request cannot be used; the message names file and line."""

    code = "record"


class NotFound(CirclesError):
    """The thing is unknown, or not visible to this caller: both look the same."""

    code = "not_found"


class PolicyError(CirclesError):
    """A rule that protects people refuses; `policy.toml` holds the values."""

    code = "policy"


class ConsentMissing(PolicyError):
    """The person has not granted the purpose."""

    code = "consent_missing"


class ForbiddenRule(PolicyError):
    """A rule or a topic that no circle may have; nothing was changed."""

    code = "forbidden_rule"


class GateRefused(PolicyError):
    """A gate (promotion, production) refuses what was asked."""

    code = "gate_refused"


class GroupTooSmall(PolicyError):
    """A group is too small to be spoken about."""

    code = "group_too_small"


class NotEligible(PolicyError):
    """A person or rule is not eligible for this circle."""

    code = "not_eligible"


class RateExceeded(PolicyError):
    """An agreed or allowed number of messages is used up; `retry_after_s` says when the next one may go."""

    code = "rate_exceeded"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StoreError(CirclesError):
    """The graph store or the payment log refuses."""

    code = "store"


class StoreConflict(StoreError):
    """Somebody else changed or holds the thing; try again."""

    code = "store_conflict"


class StoreLocked(StoreConflict):
    """Another program keeps the store locked, for longer than a write waits; nothing was kept."""

    code = "store_locked"


class WrongState(StoreConflict):
    """What was asked for does not go with the state that the thing is in; trying again does not help."""

    code = "wrong_state"


class StoreMismatch(StoreError):
    """The address leads to something that is not this store: another program, another schema."""

    code = "store_mismatch"


class StoreUnavailable(StoreError):
    """The store does not answer; reads go on from the published version."""

    code = "store_unavailable"


class VersionError(CirclesError):
    """A snapshot or a published version is missing or unusable."""

    code = "version"


class IncompatibleVersion(VersionError):
    """Made by another format, another store or another basis than asked for."""

    code = "incompatible_version"


class NoPublishedVersion(VersionError):
    """Nothing has been published yet."""

    code = "no_published_version"
