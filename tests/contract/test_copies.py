"""A copy of a store in use is the store, and any kind of store can be filled from it."""

import threading
from contextlib import closing

import pytest

from graph.errors import StoreConflict, StoreMismatch
from graph.stores.copies import copy_store
from graph.stores.neo4j.filling import fill
from graph.stores.open import open_store
from tests.lives import live


def silent(stage, done, total):
    pass


@pytest.fixture
def lived(store):
    return live(store)


def test_the_store_that_is_copied_has_a_row_in_every_table(lived):
    empty = [name for name, columns in lived.export() if not next(iter(columns.values()))]
    assert empty == []


def test_a_copy_holds_every_row(lived, tmp_path):
    copy_store(lived, tmp_path / "copy.db", silent)
    with closing(open_store(f"sqlite:///{tmp_path / 'copy.db'}")) as copy:
        assert dict(copy.export()) == dict(lived.export())
        assert copy.stats() == lived.stats()
        assert copy.check() == lived.check()
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_a_copy_is_of_one_moment_while_others_write(lived, tmp_path):
    written, stop = [], threading.Event()

    def write():
        while not stop.is_set():
            at = len(written)
            lived.add_event(f"w{at}", "click", 0, 0, None, at)
            written.append(at)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 20:
            assert writer.is_alive()
        before = len(written)
        copy_store(lived, tmp_path / "copy.db", silent)
    finally:
        stop.set()
        writer.join()
    with closing(open_store(f"sqlite:///{tmp_path / 'copy.db'}")) as copy:
        kept = sorted(int(name[1:]) for name in dict(copy.export())["events"]["event_id"] if name[0] == "w")
        assert copy.check() == lived.check()
    assert kept == list(range(len(kept)))  # none is missing in between
    assert before <= len(kept) <= len(written)


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
def test_an_empty_server_is_filled_and_a_full_one_is_left_as_it_is(empty_neo4j, tmp_path):
    address = empty_neo4j()
    with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as source:
        live(source)
        fill(source, address, tmp_path / "files", silent)
        with closing(open_store(address)) as filled:
            assert dict(filled.export()) == dict(source.export())
            assert filled.check() == source.check()
            assert filled.join(4, 0, 99)  # it goes on as any other
        with pytest.raises(StoreConflict, match="holds a graph already"):
            fill(source, address, tmp_path / "files", silent)


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
def test_a_server_filled_by_half_is_no_store_and_filling_starts_over(empty_neo4j, tmp_path):
    address = empty_neo4j()

    def cut_off(stage, done, total):
        if stage == "filling DECIDED":
            raise KeyboardInterrupt

    with closing(open_store(f"sqlite:///{tmp_path / 'graph.db'}")) as source:
        live(source)
        with pytest.raises(KeyboardInterrupt):
            fill(source, address, tmp_path / "files", cut_off)
        with pytest.raises(StoreMismatch):
            open_store(address)
        fill(source, address, tmp_path / "files", silent)
        with closing(open_store(address)) as filled:
            assert dict(filled.export()) == dict(source.export())
