"""What was expected of a field, in words."""

import pytest

from api.schemas.expected import expected


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Field required", "a value"),
        ("Extra inputs are not permitted", "no field of this name"),
        ("Input should be a valid string", "a valid string"),
        ("String should have at most 64 characters", "at most 64 characters"),
        ("List should have at least 1 item after validation, not 0", "at least 1 item"),
        ("String should match pattern '^a$'", "text to match pattern '^a$'"),
        ("Value error, a date", "a date"),
        ("1 to 100", "1 to 100"),
    ],
)
def test_the_sentence_goes_on_from_expected(message, words):
    assert expected(message) == words
