"""Records in journals: kept by one write, found by any process, moved once, whole or not at all."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import journal as module
from api.journal import Journal


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path / "kept", lambda path: None)
    yield made
    made.close()


def moved(journal, *paths):
    """All that is moved now."""
    found = []
    journal.move(found.extend, *paths)
    return found


def test_what_was_kept_is_found_by_another_process_and_moved_once(journal, tmp_path):
    other = Journal(tmp_path / "kept", lambda path: None)
    journal.append(b"one 1")
    other.append(b"two 2")
    assert (other.find(b"one "), journal.find(b"two "), journal.find(b"ne ")) == (b"one 1", b"two 2", None)
    assert sorted(moved(other)) == [b"one 1", b"two 2"]
    assert (moved(journal), list((tmp_path / "kept").iterdir())) == ([], [])


def test_whoever_writes_goes_on_when_another_process_moved_the_file(journal, tmp_path):
    other = Journal(tmp_path / "kept", lambda path: None)
    journal.append(b"one")
    assert moved(other) == [b"one"]
    journal.append(b"two")
    assert moved(other) == [b"two"]


def test_what_cannot_be_moved_stays(journal):
    journal.append(b"one")

    def refuse(records):
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        journal.move(refuse)
    assert moved(journal) == [b"one"]


@settings(max_examples=30)
@given(records=st.lists(st.binary(min_size=1), min_size=1, max_size=5), data=st.data())
def test_a_file_cut_anywhere_gives_the_whole_records_before(tmp_path_factory, records, data):
    journal = Journal(tmp_path_factory.mktemp("cut"), lambda path: None)
    for record in records:
        journal.append(record)
    journal.close()
    (path,) = journal._paths()
    whole = path.read_bytes()
    end = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:end])
    sizes = [module._FRAME.size + len(record) for record in records]
    kept = sum(sum(sizes[: i + 1]) <= end for i in range(len(records)))
    assert moved(journal) == records[:kept]


def test_a_full_file_is_given_away_and_threads_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST", 10)
    full, found = [], []
    journal = Journal(tmp_path / "kept", full.append)

    def write(name):
        for number in range(25):
            journal.append(b"%d %d" % (name, number))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.move(found.extend, *full)
    journal.move(found.extend)
    assert sorted(found) == sorted(b"%d %d" % (name, number) for name in range(4) for number in range(25))
    assert len(full) <= 10
