"""Names of rules that would go by who people are."""

import pytest

from graph.policy.forbidden import forbidden_reason


@pytest.mark.parametrize("key", ["interests", "message", "percentage", "manager", "package", "sextant"])
def test_a_word_that_only_holds_a_forbidden_one_is_unknown_and_no_more(key):
    assert forbidden_reason(key) is None
