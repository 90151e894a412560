"""What the forms of a merchant's page share: addresses, words that were typed, and refusals in place."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from api.errors import STATUS
from api.guard import context
from api.pages import catalogue
from api.pages.render import carried, language
from graph.errors import CirclesError, InputError, RateExceeded

MAX_WORDS, MAX_CHARACTERS = 30, 60  # of a theme, as `/v1` takes them
_BETWEEN = re.compile(r"[,;\n\r\u3001\uff0c\uff1b]+")


def address(merchant_id: str, path: str, anchor: str, **named: str) -> str:
    """Where a section of a merchant's page is by itself, in the language and theme of this request."""
    query = urlencode(named | carried())
    return f"/merchant/{quote(merchant_id, safe='')}/{path}" + (f"?{query}" if query else "") + f"#{anchor}"


def split_words(text: str) -> tuple[str, ...]:
    """Words as somebody types them, between commas or on lines of their own; each once.

    Raises:
        InputError: more or longer ones than a theme takes.
    """
    found = tuple(dict.fromkeys(word for part in _BETWEEN.split(text) if (word := part.strip())))
    if len(found) > MAX_WORDS or any(len(word) > MAX_CHARACTERS for word in found):
        raise InputError(
            f"the theme has {len(found)} words; expected at most {MAX_WORDS}, under {MAX_CHARACTERS} letters"
        )
    return found


def refused(error: CirclesError, step: str) -> dict[str, Any]:
    """A refusal for the place where something was asked.

    Returns:
        key: which text of `refused` in the catalogue, one of this step where it has one. detail: the
        service's own words, English. retry_at: when it may be asked again, or None.
    """
    known = catalogue.texts(language())
    keys = (f"{step}_{error.code}", error.code)
    later = error.retry_after_s if isinstance(error, RateExceeded) else None
    return {
        "key": next((key for key in keys if f"refused.{key}" in known), "other"),
        "detail": str(error),
        "step": step,
        "status": next((status for kind, status in STATUS if isinstance(error, kind)), 500),
        "retry_at": None if later is None else datetime.fromtimestamp(context().now() + later, UTC),
    }
