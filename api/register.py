"""The register of data use of the service's own database, `service.db`; see `graph/register.py`."""

from collections.abc import Iterator

from graph.register import ALL, ERASED, NOBODY, REGISTER, SELF, Entry, Use, rows

_OPERATION = frozenset({Use.OPERATION})
_SAFETY = frozenset({Use.SAFETY})
_OPERATORS = "operators"
_KEPT = "as long as the database"


def _of(columns: str, about: str, uses: frozenset[Use], kept: str, seen: str) -> Entry:
    return Entry(tuple(columns.split()), about, uses, kept, seen)


SERVICE: dict[str, tuple[Entry, ...]] = {
    "keys": (
        _of(
            "key_id role subject label secret_hash created_at expires_at revoked_at scopes last_used "
            "replaces first",
            "keys: of which merchant or member, a hash of the secret",
            _OPERATION,
            "for good; a member's are ended when they are erased",
            _OPERATORS,
        ),
    ),
    "receipts": (
        _of("user_id", "for whom an answer was made", ALL, ERASED, "the app and operators, as a pseudonym"),
        _of(
            "rec_id version snapshot_id policy_id at content",
            "what was answered, by what: circles with scores; of links and messages only hashes",
            ALL,
            "content until the person is erased; then the id alone says that something was erased",
            "the person, the app, operators: each look of an operator is written down",
        ),
    ),
    "jobs": (
        _of(
            "job_id kind state owner params created_at started_at ended_at result problem",
            "long work; what it was asked for is emptied when it ends",
            _OPERATION,
            _KEPT,
            "whoever asked for it",
        ),
    ),
    "erasures": (_of("user_id user_index", "who is being erased", _OPERATION, "until that is done", NOBODY),),
    "erasing": (
        _of(
            "user_id asked_at removed is_open cut_off",
            "how far an erasure came, for its receipt",
            _OPERATION,
            "until that is done",
            NOBODY,
        ),
    ),
    "sessions": (
        _of(
            "token_hash key_id merchant_id created_at last_seen expires_at",
            "sessions of merchants' pages",
            _OPERATION,
            "twelve hours at most",
            NOBODY,
        ),
    ),
    "answers": (
        _of(
            "owner key request status headers body subject at",
            "answers of requests with a key, told again when sent again",
            _OPERATION,
            "a day, or until the person is erased",
            "whoever sent the request",
        ),
    ),
    "audit": (
        _of(
            "number entry hash",
            "who did or saw what; sealed where it is about a person",
            _SAFETY,
            "for good; nobody can open what is about somebody erased",
            "operators and auditors",
        ),
    ),
    "audit_people": (_of("user_id secret", "what opens entries about a person", _SAFETY, ERASED, NOBODY),),
    "audit_about": (
        _of(
            "user_id number",
            "which entries are about a person",
            _SAFETY | {Use.PERSON},
            ERASED,
            SELF + ", as counts",
        ),
    ),
    "refused_tokens": (
        _of(
            "member before",
            "tokens of erased people, by a hash",
            _OPERATION,
            "until the last of them has ended",
            NOBODY,
        ),
    ),
}


def everything() -> Iterator[tuple[str, str, str, str, str]]:
    """Both registers for people: field, what it is, uses, kept, seen."""
    yield from rows(REGISTER)
    yield from rows(SERVICE)
