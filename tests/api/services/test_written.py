"""Circles in JSON put together from parts are the bytes that orjson makes of them."""

import numpy as np
import orjson
import pytest

from api.services.ranking import Picked
from api.services.shelf import Shelf
from api.services.written import items_of, kept_json, spelt_of
from graph.stores.base import Circle

REASONS = [[{"kind": "open", "share": 0.25}], []]


def circle(index, **more):
    given = {"name": f'Tea "{index}"', "scene": "dining", "state": "open"} | more
    empty = dict.fromkeys(("description", "owner_id", "created_at"))
    return Circle(index=index, circle_id=f"c{index}", theme=(), num_members=0, **empty, **given)


CIRCLES = [circle(0), circle(1, scene=None, state="proposed", name="茶")]
PICKED = [Picked(0, CIRCLES[0], 0.123456, "live"), Picked(1, CIRCLES[1], -1.0, "explore", explored=True)]


@pytest.mark.parametrize("picked", [PICKED, PICKED[:1], []])
@pytest.mark.parametrize("explains", [True, False])
def test_parts_are_the_json_of_the_whole(picked, explains):
    few = np.zeros(len(CIRCLES), np.int64)
    shelf = Shelf(CIRCLES, few == 0, few.astype(np.int8), few, {})
    reasons = REASONS[: len(picked)] if explains else []
    parts = spelt_of(picked, [[orjson.dumps(why)] for why in reasons], shelf)
    assert b"".join(parts) == orjson.dumps(items_of(picked, reasons))


def test_what_is_kept_takes_no_more_than_it_is_long():
    assert kept_json(0.5) == b"0.5"
    assert kept_json({"a": [1]}).__sizeof__() < 60
