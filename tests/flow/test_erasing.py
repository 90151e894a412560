"""Erasures of real processes: at once however large the store is, and ended however often they are killed."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np
import orjson
import pytest

from api.erasure_receipts import problem_of, public_keys
from api.service_db import ServiceDb
from api.traces import files_with
from graph.edges import LAYOUTS, UserEdges
from graph.home import Home
from graph.settings import PROJECT
from graph.stores.open import open_store
from loaders.pseudonyms import Pseudonyms
from tests import dying
from tests.flow.faults import key_of, log, request, running, until
from tests.flow.test_freshness import pinned

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]
CROWD, EACH = 100_000, 60  # people and payments of each: a store of 220 MB, swept in seconds
ALL_S = 600  # a dozen jobs, each a process, two at once
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

        until(all_done, "all are erased", ALL_S)
    log.info("sweeping takes %.1f s, asking for an erasure %s", sweep_s, [f"{s:.2f}" for s in took])
    assert max(took) < SOON_S


def pseudonyms_of(house, users):
    return Pseudonyms(Home(house.home).key_file.read_text().strip().encode()).of_many(users)


def traces(house, users):
    """Files in which the pseudonym of one of some people still stands."""
    needles = [form for user in pseudonyms_of(house, users) for form in (user.encode(), bytes.fromhex(user))]
    return [str(path) for path in files_with(needles, [p for p in house.home.rglob("*") if p.is_file()])]


def unfinished(house):
    """Erasures and their jobs that are not done."""
    with closing(ServiceDb(Home(house.home).service_db)) as db:
        return [*db.read("erasures.all"), *db.read("erasures.progress", ("",)), *db.read("jobs.unfinished")]


def results(house):
    """What ended jobs of erasures gave."""
    with closing(ServiceDb(Home(house.home).service_db)) as db:
        rows = db._connection.execute("select result from jobs where kind = 'forget'").fetchall()
    return [orjson.loads(result) for (result,) in rows if result]


def die_erasing(house, user, where, is_done):
    """`circles forget` in a process that is killed at one point."""
    words = [where, "after" if is_done else "before", "forget", user, "--yes"]
    process = subprocess.run(
        [sys.executable, "-m", "tests.dying", *words],
        env=house.environment() | {"PYTHONPATH": str(PROJECT)},
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, (where, process.stdout, process.stderr)


def test_killed_at_any_step_an_erasure_is_ended_by_the_next_service_and_nothing_is_left(published, luck):
    """A person for each step, in an order of each round's own."""
    users = luck.sample([f"u{number}" for number in range(10, 80)], len(dying.ERASURE))
    for user, (where, is_done) in zip(users, luck.sample(dying.ERASURE, len(users)), strict=True):
        die_erasing(published, user, where, is_done)
    key = key_of(published)
    with running(published) as server:
        assert {server.ask("GET", f"/v1/users/{user}/circles", key)[0] for user in users} == {404}
        until(lambda: not unfinished(published), "all are erased", ALL_S)
        assert server.ask("GET", "/v1/users/u2/circles", key)[0] == 200
    assert traces(published, users) == []
    receipts = [result["receipt"] for result in results(published) if "receipt" in result]
    assert [problem_of(receipt, public_keys(published.home)) for receipt in receipts] == [None] * len(
        receipts
    )


@contextmanager
def jobs_killed(house, luck):
    """Whatever works on a job is killed again and again."""
    stop = threading.Event()

    def kill():
        while not stop.wait(luck.uniform(0.2, 1.5)):
            for path in house.home.glob("job-*.lock"):
                with suppress(ValueError, OSError):
                    pid = int(path.read_text())
                    if path.stem.removeprefix("job-").encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        yield
    finally:
        stop.set()
        killer.join()


def status_of(server, user, key):
    """What the service says of somebody, once a worker listens again."""

    def ask():
        with suppress(OSError, http.client.HTTPException):
            return server.ask("GET", f"/v1/users/{user}", key)[0]

    return until(ask, "somebody answers")


def test_who_was_told_that_they_are_erased_is_whoever_is_killed(published, luck):
    """Workers and jobs are killed while people ask to be erased."""
    key, told = key_of(published), []
    users = luck.sample([f"u{number}" for number in range(10, 80)], 4)
    with running(published) as server:
        with jobs_killed(published, luck):
            for user in users:
                with suppress(OSError, http.client.HTTPException):
                    told += [user] * (server.ask("DELETE", f"/v1/users/{user}", key)[0] == 202)
                server.kill_worker(luck)
                assert [status_of(server, each, key) for each in told] == [404] * len(told)
        server.kill()
        server.start()
        server.wait()
        until(lambda: not unfinished(published), "all are erased", ALL_S)
    assert len(told) >= 1
    assert traces(published, told) == []
    receipts = [result["receipt"] for result in results(published) if "receipt" in result]
    log.info("%d erased, interrupted %s times", len(told), [receipt["interruptions"] for receipt in receipts])
    assert [problem_of(receipt, public_keys(published.home)) for receipt in receipts] == [None] * len(
        receipts
    )
