"""A backup holds what it should, fits together, and shows any change of a byte."""

import shutil
import threading
import time
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import settings as sampled
from hypothesis import strategies as st

from api.backup.files import SUMS, problems, read_manifest
from api.service_db import ServiceDb
from graph.errors import InputError, StoreConflict
from graph.home import Home
from graph.stores.open import open_store
from tests.api.backup.conftest import silent


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_graph_log_version_service_policy_and_key_are_in_it(back_up, settings):
    made = names(back_up())
    version = (settings.home / "versions" / "current").read_text().split()[0]
    wanted = {
        "circles.db",
        "service.db",
        "policy.toml",
        "pseudonym.key",
        "log/manifest.json",
        "versions/current",
    }
    assert wanted | {f"versions/{version}/manifest.json", f"versions/{version}/lists.npy", SUMS} <= made
    assert any(name.startswith("log/segments/") and name.endswith(".parquet") for name in made)


def test_the_key_is_left_out_unless_it_is_asked_for(back_up):
    backup = back_up(with_key=False)
    assert "pseudonym.key" not in names(backup)
    assert read_manifest(backup)["key"]["included"] is False


def test_it_is_readable_by_its_owner_only(back_up):
    backup = back_up()
    assert backup.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in backup.rglob("*")} == {0}


def test_a_backup_is_never_written_over(back_up):
    back_up()
    with pytest.raises(InputError, match="never written over"):
        back_up()


def test_files_that_did_not_change_are_shared_with_an_earlier_backup(back_up, tmp_path):
    one = back_up("one")
    two = back_up("two", previous=one)
    shared = [name for name in names(two) if (one / name).stat().st_ino == (two / name).stat().st_ino]
    assert "circles.db" in shared
    assert len([name for name in shared if "versions/" in name]) > 30
    shutil.rmtree(one)
    assert problems(two, silent) == []


def test_what_was_damaged_in_an_earlier_backup_is_not_shared(back_up):
    one = back_up("one")
    content = (one / "circles.db").read_bytes()
    (one / "circles.db").write_bytes(bytes([content[0] ^ 1]) + content[1:])
    (one / "policy.toml").unlink()
    assert problems(back_up("two", previous=one), silent) == []


def test_it_waits_for_a_load_and_then_says_who_holds_it(back_up, settings):
    with Home(settings.home).lock("load"), pytest.raises(StoreConflict, match="another load is running"):
        back_up(wait_s=0.3)
    assert not list(settings.home.parent.glob(".backup*"))
    assert problems(back_up(), silent) == []


def test_what_was_acknowledged_before_it_began_is_in_it(back_up, settings):
    written, stop = [], threading.Event()

    def write():
        with closing(open_store(f"sqlite:///{settings.home / 'circles.db'}")) as store:
            while not stop.is_set():
                store.add_event(f"w{len(written)}", "click", 0, 0, None, len(written))
                written.append(None)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until = time.monotonic() + 30
        while len(written) < 10:
            assert time.monotonic() < until
        before = len(written)
        backup = back_up()
    finally:
        stop.set()
        writer.join()
    with closing(open_store(f"sqlite:///{backup / 'circles.db'}")) as store:
        assert len([e for e in dict(store.export())["events"]["event_id"] if e[0] == "w"]) >= before
        assert store.check() == []


def test_the_copy_of_the_service_database_opens(back_up):
    with closing(ServiceDb(back_up() / "service.db")) as db:
        assert db.read("erasures.all") == []


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A backup by hand, small enough to flip every bit of it."""
    from api.backup.files import Collector

    folder = tmp_path_factory.mktemp("small")
    collector = Collector(folder, None, silent)
    collector.text("a.txt", "tea")
    collector.text("b/c.txt", "coffee")
    collector.finish({"format": 1})
    return folder


@sampled(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_changed_bit_is_found(small, data):
    path = small / data.draw(st.sampled_from(sorted(names(small))))
    content = path.read_bytes()
    place, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
    path.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
    try:
        assert problems(small, silent)
    except InputError:
        pass
    finally:
        path.write_bytes(content)
    assert problems(small, silent) == []


def test_a_missing_and_a_strange_file_are_named(back_up):
    backup = back_up()
    (backup / "policy.toml").unlink()
    (backup / "extra").write_text("x")
    assert problems(backup, silent) == ["policy.toml: missing", "extra: is not part of the backup"]


@pytest.mark.parametrize("line", ["", "0" * 64 + "  ../x\n", "short  a\n"])
def test_what_is_no_backup_is_refused(tmp_path, line):
    (tmp_path / SUMS).write_text(line)
    with pytest.raises(InputError, match="is not a"):
        problems(tmp_path, silent)
