"""Erasures of real processes: at once for every worker however large the store is."""

import time
from contextlib import closing

import numpy as np
import pytest

from graph.edges import LAYOUTS, UserEdges
from graph.home import Home
from graph.stores.open import open_store
from tests.flow.faults import key_of, log, request, running, until
from tests.flow.test_freshness import pinned

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
CROWD, EACH = 100_000, 60  # people and payments of each: a store of 220 MB, swept in seconds
SOON_S = 2.5  # a request waits a second for the store, and the machine is shared


def enlarge(house):
    """Many people more in the store; returns how long it takes to sweep."""
    with closing(open_store(Home(house.home).store_address("sqlite:///circles.db"))) as store:
        users = store.intern("User", [f"{number:032x}" for number in range(CROWD)])
        edges = np.zeros(CROWD * EACH, dtype=LAYOUTS["paid"])
        edges["payments"] = edges["days"] = 1
        edges["first_at"] = edges["last_at"] = np.arange(len(edges)) % 2**30
        store.set_edges("paid", UserEdges(users, np.arange(CROWD + 1) * EACH, edges))
        began = time.monotonic()
        store.sweep()
        return time.monotonic() - began


def test_a_large_store_makes_nobody_wait_who_wants_to_be_erased(published):
    sweep_s, key = enlarge(published), key_of(published)
    with running(published) as server, pinned(server) as workers:
        one, other = workers.values()
        jobs, took = [], []
        for user in ("u60", "u62", "u64", "u66"):
            began = time.monotonic()
            status, _, job = request(one, "DELETE", f"/v1/users/{user}", key)
            took.append(time.monotonic() - began)
            jobs.append(job["job_id"])
            answers = [request(worker, "GET", f"/v1/users/{user}/circles", key)[0] for worker in (other, one)]
            assert (status, answers) == (202, [404, 404])
            time.sleep(sweep_s / 2)  # so that some come while the store is swept

        def all_done():
            return all(server.ask("GET", f"/v1/jobs/{job}", key)[2]["state"] == "done" for job in jobs)

        until(all_done, "all are erased")
    log.info("sweeping takes %.1f s, asking for an erasure %s", sweep_s, [f"{s:.2f}" for s in took])
    assert max(took) < SOON_S
