"""Many processes and threads at once, processes that are killed, and forks."""

import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import closing

import numpy as np

from graph.edges import PAID, UserEdges
from graph.settings import PROJECT
from graph.stores.open import open_store

NUM_ROUNDS = 5
NUM_USERS = 4_000


def start(script, *arguments):
    """Run a script of its own in a new process, its answers on a pipe."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )


def finish(process):
    with process:
        answer = process.stdout.read()
    assert process.returncode == 0
    return answer


JOIN_AND_LEAVE = """
    import sys
    from graph.stores.open import open_store
    store, first = open_store(sys.argv[1]), int(sys.argv[2])
    for number in range(first, first + 60):
        assert store.join(number, 0, 10)
        if number % 3 == 0:
            assert store.leave(number, 0, 20)
"""


def test_four_processes_joining_and_leaving_at_once_lose_nothing(store):
    store.intern("User", [f"u{i}" for i in range(240)])
    store.intern("Circle", ["c"])
    for process in [start(JOIN_AND_LEAVE, store.address, first) for first in (0, 60, 120, 180)]:
        finish(process)
    assert store.circle_members(0).tolist() == [i for i in range(240) if i % 3]
    assert len(store.memberships()["user"]) == 240
    assert store.seq() - store.changes(0, 1)[0].seq == 240 + 80
    assert store.check() == []


INTERN = """
    import sys
    from graph.stores.open import open_store
    store = open_store(sys.argv[1])
    print(store.intern("User", [f"u{i}" for i in range(3000)]).tolist())
"""


def test_processes_that_meet_the_same_new_ids_agree_on_their_indices(address):
    answers = {finish(process) for process in [start(INTERN, address) for _ in range(3)]}
    assert len(answers) == 1
    with closing(open_store(address)) as store:
        assert store.ids("User", range(3000)) == [f"u{i}" for i in range(3000)]


JOIN_UNTIL_KILLED = """
    import sys
    from graph.stores.open import open_store
    store = open_store(sys.argv[1])
    for number in range(int(sys.argv[2]), 1_000_000):
        store.add_event(f"e{number}", "join", number, 0, None, number)
        print(number)
"""


def test_a_killed_process_loses_nothing_that_it_acknowledged(store):
    store.intern("User", [f"u{i}" for i in range(100_000)])
    store.intern("Circle", ["c"])
    luck, next_one = random.Random(7), 0
    for _ in range(NUM_ROUNDS):
        process = start(JOIN_UNTIL_KILLED, store.address, next_one)
        process.stdout.readline()  # it has begun
        time.sleep(luck.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        acknowledged = int(rest[-1]) if rest else next_one
        members = store.circle_members(0).tolist()
        assert members == list(range(len(members)))
        assert acknowledged < len(members) <= acknowledged + 2  # one more may have been on its way
        assert store.check() == []
        next_one = len(members)


def small_load(store, seed=1):
    """What a load does: nodes, catalogue, edges, and an entry when all is done."""
    from graph.stores.base import Load

    users = store.intern("User", [f"u{i}" for i in range(NUM_USERS)])
    store.upsert("Merchant", {"id": [f"m{i}" for i in range(50)], "name": [f"shop {i}" for i in range(50)]})
    edges = np.zeros(3 * NUM_USERS, dtype=PAID)
    edges["merchant"] = np.tile([0, seed, 40], NUM_USERS)
    edges["payments"] = edges["days"] = 1
    for part in np.array_split(users, 20):
        offsets = np.arange(len(part) + 1) * 3
        store.set_edges("paid", UserEdges(part, offsets, edges[part[0] * 3 : part[-1] * 3 + 3]))
    store.put_load(Load("load", "folder", "f", "done", 1, "{}"))


LOAD = """
    import importlib.util, sys
    from graph.stores.open import open_store
    spec = importlib.util.spec_from_file_location("processes", sys.argv[2])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    store = open_store(sys.argv[1])
    print("begun")
    module.small_load(store)
"""


def graph_of(store):
    tables = dict(store.export())
    return {name: tables[name] for name in ("users", "merchants", "paid", "loads")}


def test_a_load_killed_at_any_moment_and_repeated_gives_the_same_graph(new_address):
    with closing(open_store(new_address())) as store:
        began = time.monotonic()
        small_load(store)
        length_s, expected = time.monotonic() - began, graph_of(store)
    luck = random.Random(11)
    for _ in range(NUM_ROUNDS):
        with closing(open_store(new_address())) as store:
            process = start(LOAD, store.address, __file__)
            process.stdout.readline()
            time.sleep(luck.uniform(0.0, length_s))
            process.send_signal(signal.SIGKILL)
            with process:
                assert store.check() == []
            small_load(store)
            assert graph_of(store) == expected


def test_threads_share_a_store(store):
    store.intern("User", [f"u{i}" for i in range(160)])
    store.intern("Circle", ["c"])
    failures = []

    def work(first):
        try:
            for number in range(first, first + 20):
                assert store.join(number, 0, 10)
                assert number in store.circle_members(0)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must fail with it
            failures.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 160, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.circle_members(0).tolist() == list(range(160))


FORK = """
    import os, sys
    from graph.stores.open import open_store
    store = open_store(sys.argv[1])
    store.intern("User", [f"u{i}" for i in range(90)])
    store.intern("Circle", ["c"])
    children = []
    for first in (0, 30):
        child = os.fork()
        if child == 0:
            for number in range(first, first + 30):
                store.join(number, 0, 10)
            os._exit(0 if store.user("u0") else 1)
        children.append(child)
    for number in range(60, 90):
        store.join(number, 0, 10)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    store.close()
"""


def test_a_store_opened_before_a_fork_works_in_parent_and_children(address):
    finish(start(FORK, address))
    with closing(open_store(address)) as store:
        assert store.circle_members(0).tolist() == list(range(90))
        assert store.check() == []
