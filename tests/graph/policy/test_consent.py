"""No purpose implies another."""

import pytest

from graph.policy.consent import permits
from graph.schema import Purpose


@pytest.mark.parametrize("granted", Purpose)
@pytest.mark.parametrize("asked", Purpose)
def test_a_purpose_permits_itself_alone(granted, asked):
    assert permits({granted.value}, asked) is (granted is asked)


@pytest.mark.parametrize("asked", Purpose)
def test_nothing_said_is_no(asked):
    assert permits(frozenset(), asked) is False
