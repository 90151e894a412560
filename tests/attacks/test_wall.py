"""The sensitive wall: nobody else is told anything that a walled payment has changed, to the last byte."""

import os
from dataclasses import replace

import pytest

from tests.attacks.walled_town import (
    differences,
    public_house_of,
    snapshot_of,
    told_by,
    two_houses,
)

REAL = os.environ.get("WALL_DATA", "").split()  # journey sao_paulo: real data, minutes each


def test_with_walled_payments_and_without_everybody_else_is_told_the_same(tmp_path):
    told = [told_by(house) for house in two_houses(tmp_path)]
    assert differences(*told) == []
    assert len(told[0]["week"]) > 100  # that there is something to compare
    assert told[0]["built"].made == 2


def test_who_agreed_only_by_paying_behind_the_wall_is_in_no_snapshot(tmp_path):
    with_, without = (snapshot_of(house) for house in two_houses(tmp_path, public_house_of))
    assert with_.content_id == without.content_id


if REAL:  # a test that is skipped is a failure in CI

    @pytest.mark.parametrize("data", REAL)
    def test_real_data_are_told_the_same_without_their_sensitive_payments(data, tmp_path):
        from tests.attacks.walled_data import DATA

        houses = DATA[data](tmp_path)
        assert houses.walled > 1_000
        asked = replace(houses.asked, gnn=True)
        assert differences(told_by(houses.with_, asked), told_by(houses.without, asked)) == []
