"""Versions come, go back and are damaged while people read: no request fails, no answer mixes two."""

import os
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from http.client import HTTPException

import pytest

from embeddings.lists import key_of as list_key
from embeddings.registry import Registry
from graph.home import Home
from graph.settings import PROJECT
from tests.flow.faults import (
    ROUNDS,
    Load,
    in_background,
    key_of,
    log,
    running,
    until,
    versions_are_whole,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
READERS = ("u2", "u61")
PUBLISHES = 5 if ROUNDS == 1 else 20

# Each version has other scores, so that an answer with parts of two would show.
PUBLISHER = """
    import sys
    import time
    from dataclasses import replace
    from pathlib import Path

    from embeddings.fit import fit
    from embeddings.publish import publish
    from graph import snapshot
    from graph.home import Home
    from graph.policy.values import read_policy
    from graph.settings import Settings

    home, seed, times = Home(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
    policy, (folder,) = read_policy(Settings().policy), home.snapshots.iterdir()
    cut = snapshot.load(folder)
    store_id = sys.argv[4]
    fitted = fit(cut, seed=seed, gnn=False)
    print("fitted", flush=True)
    for number in range(times):
        by = 1 + seed + number / 10
        weights = {name: tuple(by * w for w in values) for name, values in fitted.model.weights.items()}
        model = replace(fitted.model, weights=weights)
        time.sleep(0.5)  # workers look once a second
        print(publish(replace(fitted, model=model), cut, home.versions, policy=policy, store_id=store_id))
"""


def publisher(house, seed, times):
    """A process that publishes versions, one after the other."""
    store_id = Registry(Home(house.home).versions).current().manifest["store_id"]
    command = [
        sys.executable,
        "-u",
        "-c",
        textwrap.dedent(PUBLISHER),
        house.home,
        str(seed),
        str(times),
        store_id,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)


def test_two_publishers_and_roll_backs_under_load_fail_and_mix_nothing(published, luck):
    house = published
    key, operator = key_of(house), key_of(house, "operator")
    with running(house) as server, Load(server, key, READERS, num_writers=1) as load:
        load.goes_on()
        rivals = [publisher(house, seed, PUBLISHES) for seed in (1, 2)]
        rolled = 0
        while any(rival.poll() is None for rival in rivals):
            served = Registry(Home(house.home).versions).current_name()
            status, _, _ = server.ask("POST", f"/v1/models/{served}:rollback", operator)
            assert status in (200, 409)  # 409: another was published meanwhile, or it is the first one
            rolled += status == 200
            load.goes_on() if luck.random() < 0.3 else None
        names = [name for rival in rivals for name in rival.communicate()[0].split() if name != "fitted"]
        last = Registry(Home(house.home).versions).current_name()
        until(lambda: (last, READERS[0]) in load.lists, "the last version is taken up")
        load.stop()
        load.settle()
    assert len(names) == 2 * PUBLISHES
    assert versions_are_whole(house.home) == 1 + len(names)
    assert {kind for kind, number in load.answers.items() if number} == {("read", 200), ("write", 200)}
    shown = {str(items) for (_, user), items in load.lists.items() if user == READERS[0]}
    assert len(shown) == len({version for version, _ in load.lists}) > 2
    log.info("%s answers, %s versions seen, %s roll-backs", load.answers.total(), len(shown), rolled)


def test_somebody_erased_while_a_version_is_made_is_in_none(published, luck):
    house = published
    key = key_of(house)
    with running(house) as server, Load(server, key, READERS, num_writers=1) as load:
        training = in_background(house, "train", "--no-gnn")
        until(lambda: (house.home / "train.lock").stat().st_size and training.poll() is None, "it trains")
        time.sleep(luck.uniform(0, 2))
        status, _, job = server.ask("DELETE", "/v1/users/u5", key)
        assert status == 202
        assert server.ask("GET", "/v1/users/u5/circles", key)[0] == 404
        assert training.wait(timeout=120) == 0
        until(
            lambda: server.ask("GET", f"/v1/jobs/{job['job_id']}", key)[2]["state"] == "done", "it is erased"
        )
    assert load.problems == []
    assert {status for _, status in load.answers} == {200}
    pseudonym = list_key(_pseudonym(house, "u5"))
    for folder in Registry(Home(house.home).versions).folders():
        assert pseudonym not in (folder / "lists.npy").read_bytes()
    assert versions_are_whole(house.home) == 2


def _pseudonym(house, user):
    from loaders.pseudonyms import Pseudonyms

    return Pseudonyms(Home(house.home).key_file.read_text().strip().encode()).of(user)


def test_a_served_file_that_is_cut_off_costs_a_worker_and_nothing_else(published, luck):
    """Reading what a mapped file has lost ends a process; the next one falls back to the version before."""
    house = published
    before = Registry(Home(house.home).versions).current_name()
    house.run("train", "--no-gnn")
    served = Registry(Home(house.home).versions).current()
    key = key_of(house)
    with running(house) as server, Load(server, key, READERS, num_writers=1) as load:
        load.goes_on()
        os.truncate(served.folder / "lists.npy", luck.randrange(4096))

        def falls_back() -> bool:
            """Lists that a worker made before it gives again; what was lost is read for others."""
            for other in ("u3", "u5"):
                with suppress(OSError, HTTPException):
                    server.ask("GET", f"/v1/users/{other}/circles?limit={luck.randint(1, 9)}", key)
            return (before, READERS[0]) in load.lists

        until(falls_back, "the version before is served")
        load.goes_on()
        note = until(lambda: server.ask("GET", "/readyz", "")[2]["notes"], "it says so")
        assert "answers come from one before it" in note[0]
        load.stop()
        load.settle()
