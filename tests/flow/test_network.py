"""The network between the service and its store is cut: nobody is told, packets get lost."""

import time
from dataclasses import replace

import pytest

from graph.stores.neo4j.address import target_of
from tests.flow.faults import FROZEN_S, ROUNDS, Load, is_left_alone, is_used_again, key_of, log, running
from tests.wires import wire_to

CUT_S = 0.0 if ROUNDS == 1 else FROZEN_S  # at least
pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j"), pytest.mark.slow]


def test_a_store_behind_a_network_that_is_cut_is_left_alone_and_used_again(on_neo4j, luck):
    place = target_of(on_neo4j.store).uri.partition("://")[2]
    with wire_to(int(place.partition(":")[2])) as wire:
        house = replace(on_neo4j, store=on_neo4j.store.replace(place, f"{wire.host}:{wire.port}"))
        key = key_of(house)
        with running(house) as service, Load(service, key, ("u2", "u61")) as load:
            load.goes_on()
            time.sleep(luck.random())
            soon_s, end = load.soon_s(), time.monotonic() + CUT_S
            wire.cut()
            is_left_alone(service, key, "u2", soon_s)
            time.sleep(max(0.0, end - time.monotonic()))
            wire.mend()
            is_used_again(service, key, "u2", load)
    log.info("%s; slowest: %s; %s", wire.kind, dict(load.slowest), dict(load.answers))
    assert load.slowest["read"] < soon_s
    assert {status for kind, status in load.answers if kind == "read"} == {200}
