"""The machine's clock is set, back and forth, while people read and pay."""

import os
import time

import libfaketime
import pytest

from embeddings.registry import Registry
from graph.home import Home
from tests.flow.faults import ROUNDS, Load, key_of, log, running, until, versions_are_whole

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
READERS = ("u2", "u61")
PATH = f"/v1/users/{READERS[0]}/circles"
KEY_H = 24  # hours after which one of the keys ends


def steps(luck):
    """Hours from everybody else's clock, one after the other; some end the key and some do not."""
    fixed = [-2, 3 * KEY_H]
    return fixed if ROUNDS == 1 else [*fixed, luck.randrange(-720, 0), luck.randrange(KEY_H, 1440), 0]


def faked(file):
    """An environment whose wall clock is what the file says; clocks that only count on are left alone."""
    _, names = libfaketime.get_reload_information()
    preload = {
        name: value for name, value in names.items() if name.startswith(("LD_", "DONT", "FAKETIME_NO"))
    }
    return preload | {"FAKETIME_TIMESTAMP_FILE": str(file)}


def step(file, offset):
    """Set the clock of all who look at the file, at once."""
    beside = file.with_suffix(".new")
    beside.write_text(offset)
    os.replace(beside, file)


def swap_version(house):
    """Serve the other one of two versions; returns its name."""
    registry = Registry(Home(house.home).versions)
    (other,) = {m["version"] for m in registry.list()} - {registry.current().name}
    registry.set_current(other)
    return other


def wait_for_version(server, key, name):
    until(lambda: server.ask("GET", PATH, key)[2]["version"] == name, f"{name} is served")


def test_a_clock_that_is_set_loses_nothing_and_new_versions_are_taken_up(published, tmp_path, luck):
    house, clock = published, tmp_path / "clock"
    house.run("train", "--quick")
    key, short = key_of(house), key_of(house, "service", "--expires", f"{KEY_H}h")
    step(clock, "+0")
    with running(house, environment=faked(clock)) as server, Load(server, key, READERS) as load:
        for hours in steps(luck):
            load.goes_on()
            time.sleep(luck.random())
            step(clock, f"{hours:+d}h")
            name = swap_version(house)
            wait_for_version(server, key, name)
            assert server.ask("GET", PATH, short)[0] == (401 if hours >= KEY_H else 200)
            load.goes_on()
        load.stop()
        load.settle()
        assert {status for _, status in load.answers} == {200}
    assert versions_are_whole(house.home) == 2
    log.info("%s at %d", dict(load.answers), time.time())
