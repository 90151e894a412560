"""What a field that does not fit should have been, in words that go on from `expected`."""

import re

_SHOULD = re.compile(r"(?:[A-Z][a-z]+ should (?:be |have |(?=match ))|Value error, )")
_KNOWN = {"Field required": "a value", "Extra inputs are not permitted": "no field of this name"}


def expected(message: str) -> str:
    """Of pydantic's sentence what follows `should`: "String should have at least 1 character" gives
    "at least 1 character"."""
    if message in _KNOWN:
        return _KNOWN[message]
    rest = _SHOULD.sub("", message, count=1).partition(" after validation, ")[0]
    return "text to " + rest if rest.startswith("match pattern ") else rest
