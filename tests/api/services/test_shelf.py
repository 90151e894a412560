"""Which circles may be recommended at all: those that have waited, and that are about nothing risky."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from api.services.shelf import Shelves, published_shelf
from graph.stores.base import Circle, ThemeTarget

NOW, DAY_S = 1_790_000_000, 86_400


def circle(index, **about):
    values = {"name": f"Circle {index}", "description": None, "created_at": None, "theme": (), **about}
    return Circle(index, f"c{index}", owner_id=None, scene=None, state="open", num_members=0, **values)


class Store:
    """Circles and a number of their last change."""

    def __init__(self, *circles):
        self.found, self.seq = list(circles), 1

    def circles(self):
        return self.found

    def circles_seq(self):
        return self.seq


def served(num_circles):
    version = SimpleNamespace(name="v", circle_store_index=np.arange(num_circles))
    return SimpleNamespace(version=version)


def shown(policy, *circles, now=NOW):
    return Shelves().live(served(len(circles)), Store(*circles), policy, now).recommendable.tolist()


def test_a_new_circle_waits_until_its_moment_and_not_longer(policy):
    shelves, store = Shelves(), Store(circle(0, created_at=NOW - 20 * DAY_S), circle(1))
    states = [
        shelves.live(served(2), store, policy, now).recommendable.tolist()
        for now in (NOW, NOW + DAY_S - 1, NOW + DAY_S)
    ]
    assert states == [[False, True], [False, True], [True, True]]


@pytest.mark.parametrize(
    "about",
    [{"name": "Casino night"}, {"description": "网贷 互助"}, {"words": ("sugar daddies",)},
     {"theme": (ThemeTarget("category", "LOTTERY"),)}],
)  # fmt: skip
def test_a_circle_about_something_risky_is_never_shown(policy, about):
    assert shown(policy, circle(0, **about), circle(1)) == [False, True]


def test_a_shelf_is_made_anew_only_when_a_circle_changed(policy):
    shelves, store = Shelves(), Store(circle(0))
    first = shelves.live(served(1), store, policy, NOW)
    assert shelves.live(served(1), store, policy, NOW + 9) is first
    assert shelves.live(served(1), store, policy, NOW + 9, 1) is first
    store.seq = 2
    assert shelves.live(served(1), store, policy, NOW + 9, 1) is first  # as of a moment before the change
    assert shelves.live(served(1), store, policy, NOW + 9, 2) is not first


def test_a_new_circle_is_in_no_list_neither_live_nor_published(service):
    store = service.context.store.get()
    assert "climbers" in service.circles("u61")
    store.upsert("Circle", {"id": ["climbers"], "created_at": [int(time.time()) - 20 * DAY_S]})
    assert "climbers" not in service.circles("u61")
    store.upsert("Circle", {"id": ["climbers"], "created_at": [int(time.time()) - 22 * DAY_S]})
    assert "climbers" in service.circles("u61")


def test_while_the_store_is_away_a_new_circle_waits_too(service):
    found = service.context.versions.current()
    found.version.manifest["waiting"] = {"bakers": NOW}
    later = [published_shelf(found, service.context.policy, NOW + days * DAY_S) for days in (20, 21)]
    row = found.version.circles.find("bakers")
    assert [bool(shelf.recommendable[row]) for shelf in later] == [False, True]


def test_threads_that_need_a_new_shelf_wait_for_the_one_that_makes_it(policy):
    shelves, store, read = Shelves(), Store(circle(0)), []
    enough = threading.Barrier(4)
    store.circles = lambda: (read.append(1), time.sleep(0.05), store.found)[-1]

    def ask(_):
        enough.wait()
        return shelves.live(served(1), store, policy, NOW)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(4)))
    assert len(read) == 1
    assert all(shelf is found[0] for shelf in found)
