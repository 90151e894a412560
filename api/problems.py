"""The codes of all problems: which statuses answer with each, and the address of its page.

One table, for answers, documentation and pages; the words are in `pages/catalogues`, as `problem.<code>_...`.
Tests hold it equal to the error tree and to what the code raises.
"""

from api.pages.catalogue import texts

BASE = "/problems"

CODES: dict[str, tuple[int, ...]] = {
    "bad_json": (400,),
    "bad_request": (400,),
    "key_required": (401,),
    "signed_out": (401,),
    "scope": (403,),
    "policy": (403,),
    "consent_missing": (403,),
    "gate_refused": (403,),
    "group_too_small": (403,),
    "not_eligible": (403,),
    "csrf": (403,),
    "other_site": (403,),
    "not_found": (404,),
    "method_not_allowed": (405,),
    "conflict": (409,),
    "store_conflict": (409,),
    "wrong_state": (409,),
    "circle_id_taken": (409,),
    "already_judged": (409,),
    "key_in_use": (409,),
    "cursor_expired": (410,),
    "precondition_failed": (412,),
    "too_large": (413,),
    "content_type": (415,),
    "validation": (422,),
    "input": (422,),
    "record": (422,),
    "forbidden_rule": (422,),
    "key_reused": (422,),
    "precondition_required": (428,),
    "rate_exceeded": (429,),
    "internal": (500,),
    "config": (500,),
    "error": (500,),
    "busy": (503,),
    "store": (503,),
    "store_locked": (503,),
    "store_mismatch": (503,),
    "store_unavailable": (503,),
    "version": (503,),
    "incompatible_version": (503,),
    "no_published_version": (503,),
    "http": (),  # whatever else HTTP itself has a status for
}
ON_PAGES = frozenset({"csrf", "other_site", "signed_out"})  # only where a merchant is signed in
PARTS = ("means", "why", "do")


def address(code: str) -> str:
    """The `type` of a problem: where it is explained, relative to the service."""
    return f"{BASE}/{code}"


def title(code: str) -> str:
    """What a problem is called; in English, as in every answer."""
    return texts("en")[f"problem.{code if code in CODES else 'error'}_title"]


def explained(code: str, language: str) -> dict[str, str]:
    """Title, meaning, reason and remedy, in a language of the pages."""
    words = texts(language)
    return {part: words[f"problem.{code}_{part}"] for part in ("title", *PARTS)}


def of_status(status: int) -> list[str]:
    """Codes that the API answers a status with."""
    return [code for code, statuses in CODES.items() if status in statuses and code not in ON_PAGES]
